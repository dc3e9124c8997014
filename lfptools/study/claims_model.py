"""What a study claims: a measured number and what it must be."""

import math

from pydantic import Field, model_validator

from lfptools.report.numbers import text
from lfptools.study.variants import Variant

_EXPECTATIONS = ("equals", "less_than", "greater_than", "between")


class Claim(Variant):
    """A statement, the number that it is about, and exactly one expectation, in the measure's unit."""

    statement: str | None = Field(None, description="by default made from the measure and its parameters")
    source: str = Field(min_length=1, description="where the expected number comes from")
    equals: float | None = Field(None, description="the number expected, with one of the tolerances")
    tolerance_abs: float | None = Field(None, ge=0.0, description="in the measure's unit")
    tolerance_rel: float | None = Field(None, ge=0.0, description="as a fraction of equals")
    less_than: float | None = Field(None, description="the number must be smaller")
    greater_than: float | None = Field(None, description="the number must be larger")
    between: tuple[float, float] | None = Field(None, description="lowest and highest, both allowed")

    @model_validator(mode="after")
    def _one_expectation(self) -> "Claim":
        given = [name for name in _EXPECTATIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"a claim needs exactly one of {', '.join(_EXPECTATIONS)}; got {given or 'none'}")
        tolerances = [name for name in ("tolerance_abs", "tolerance_rel") if getattr(self, name) is not None]
        if (self.equals is not None) != (len(tolerances) == 1):
            raise ValueError("'equals' needs exactly one of tolerance_abs and tolerance_rel; the others take none")
        if self.between is not None and not self.between[0] <= self.between[1]:
            raise ValueError(f"between must be [lowest, highest], got {list(self.between)}")
        return self

    @property
    def tolerance(self) -> float | None:
        """Absolute, in the measure's unit; None for an inequality."""
        if self.equals is None:
            return None
        return self.tolerance_abs if self.tolerance_abs is not None else self.tolerance_rel * abs(self.equals)

    @property
    def expected(self) -> str:
        """In words: ``= 58.33 ± 0.05``; digits down to a tenth of the tolerance."""
        if self.equals is not None:
            shown = (
                f"{text(100 * self.tolerance_rel)} %" if self.tolerance_rel is not None else text(self.tolerance_abs)
            )
            return f"= {text(self.equals, self.tolerance)} ± {shown}"
        if self.less_than is not None:
            return f"< {text(self.less_than)}"
        if self.greater_than is not None:
            return f"> {text(self.greater_than)}"
        return f"{text(self.between[0])} … {text(self.between[1])}"

    def met(self, got: float) -> bool:
        """Whether a measured number is what is claimed."""
        if not math.isfinite(got):
            return False
        if self.equals is not None:
            return abs(got - self.equals) <= self.tolerance
        if self.less_than is not None:
            return got < self.less_than
        if self.greater_than is not None:
            return got > self.greater_than
        return self.between[0] <= got <= self.between[1]

"""What a figure may ask of the number that it stands on: does it converge, and how uncertain is it."""

from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag, create_model, model_validator

from lfptools.analysis.registry import MEASURES
from lfptools.config.parameters import Parameters
from lfptools.study.sweep import Distribution
from lfptools.study.variants import Variant, variants

KINDS = ("convergence", "uncertainty")
"""What a figure may ask, by the keys of its block."""

Positive = Annotated[float, Field(gt=0.0)]


class Refinement(Parameters):
    """How a setting is refined: a number is divided by ``factor`` at each level, a count multiplied by it.

    A count is what the study's schema has as a whole number (``number_of_points``, ``segments``). ``factor: 0.5``
    makes a number larger at each level, where that is finer.
    """

    factor: float = Field(2.0, gt=0.0, description="from level to level; a bare number means this")
    levels: int = Field(2, ge=1, le=10, description="how many finer settings; two have an order")
    values: list[Positive] | None = Field(
        None, min_length=1, description="the finer settings themselves, coarsest first, instead; a bare list means this"
    )

    @model_validator(mode="after")
    def _one_way(self) -> "Refinement":
        if self.factor == 1.0:
            raise ValueError("a factor of 1 refines nothing")
        if self.values is not None and self.model_fields_set & {"factor", "levels"}:
            raise ValueError("a refinement has either 'values' or 'factor' and 'levels'")
        return self


def _form(value: object) -> str:
    if isinstance(value, list | tuple):
        return "values"
    return "factor" if isinstance(value, int | float) and not isinstance(value, bool) else "refinement"


AnyRefinement = Annotated[
    Annotated[Refinement, Tag("refinement")]
    | Annotated[list[Positive], Field(min_length=1), Tag("values")]
    | Annotated[float, Field(gt=0.0), Tag("factor")],
    Discriminator(_form),
]


def refinement(given: AnyRefinement) -> Refinement:
    """A refinement from its short forms."""
    if isinstance(given, Refinement):
        return given
    return Refinement(values=list(given)) if isinstance(given, list | tuple) else Refinement(factor=given)


class Of(Variant):
    """A measure and its parameters."""

    suffix: ClassVar[str] = "_of"


class Convergence(Parameters):
    """How far a number is from what it would be at finer settings; each key is refined by itself.

    ``of`` is a measure with its parameters, as a claim has it; its experiment and case are the figure's unless it says
    others.
    """

    over: dict[str, AnyRefinement] = Field(
        min_length=1, description="dotted key of the experiment to how it is refined: run.dt_ms: 2"
    )
    tolerance_abs: float | None = Field(
        None, ge=0.0, description="largest error of the study's number, in the measure's unit; the verdict heeds it"
    )
    tolerance_rel: float | None = Field(None, ge=0.0, description="the same as a fraction of the number")

    @model_validator(mode="after")
    def _legal(self) -> "Convergence":
        if self.tolerance_abs is not None and self.tolerance_rel is not None:
            raise ValueError("give tolerance_abs or tolerance_rel, not both")
        for key, given in self.over.items():
            try:
                refinement(given)
            except ValueError as error:
                raise ValueError(f"{key}: a factor of 1 refines nothing") from error
        return self

    def tolerance(self, number: float) -> float | None:
        """Absolute, for the study's number."""
        return self.tolerance_abs if self.tolerance_rel is None else self.tolerance_rel * abs(number)


class Uncertainty(Parameters):
    """A number's distribution when keys are uncertain, and Sobol' indices: which key its variance comes from.

    ``of`` is a measure with its parameters, as a claim has it; its experiment and case are the figure's unless it says
    others. ``number * (keys + 2)`` further points are computed (Saltelli et al. 2010), by SALib (extra ``all``).
    """

    keys: dict[str, Distribution] = Field(
        min_length=1, description="dotted key of the experiment to {low, high} or {mean, std}; they are independent"
    )
    number: int = Field(64, ge=8, le=65536, description="of base points, a power of 2")
    seed: int = Field(0, ge=0, description="of the points, not of the simulations")
    band: bool = Field(False, description="draw where 95 % of the figure's curves lie (figure kinds that draw curves)")

    @model_validator(mode="after")
    def _balanced(self) -> "Uncertainty":
        if self.number & (self.number - 1):
            lower = 1 << (self.number.bit_length() - 1)
            raise ValueError(f"number must be a power of 2: {lower} or {2 * lower}, got {self.number}")
        return self


@cache
def variation_fields() -> dict[str, Any]:
    """The keys ``convergence`` and ``uncertainty`` of a figure, as :func:`pydantic.create_model` takes them."""
    of = (variants(MEASURES, "measure", base=Of), Field(description="a measure and its parameters"))
    found = {}
    for name, base in zip(KINDS, (Convergence, Uncertainty), strict=True):
        model = create_model(f"{base.__name__}OfMeasure", __base__=base, __doc__=base.__doc__, of=of)
        found[name] = (model | None, Field(None, description="of a number that it stands on: docs/checks.md"))
    return found

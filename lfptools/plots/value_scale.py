"""Which colours stand for which values of a cell's segments: the range, linear or not, and the colour map."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.config.parameters import Parameters
from lfptools.plots.potential_scale import colour_bar, symmetric_norm
from lfptools.plots.style import DIVERGING, SEQUENTIAL, label, plain

if TYPE_CHECKING:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colorbar import Colorbar
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

BAR_WIDTH_MM = 2.8
NO_VALUE = "#D5D5D5"


class ScaleChoice(Parameters):
    """How values become colours."""

    colours: Literal["auto", "sequential", "diverging"] = Field(
        "auto", description="diverging about zero where values have both signs and are no membrane potentials"
    )
    limits: tuple[float, float] | None = Field(
        None, description="[lowest, highest] of the colours; by default of the data"
    )
    linear_fraction: float = Field(
        1.0, gt=0.0, le=1.0, description="of the limit, below which diverging colours are linear, beyond it logarithmic"
    )

    @model_validator(mode="after")
    def _ordered(self) -> "ScaleChoice":
        if self.limits is not None and not self.limits[0] < self.limits[1]:
            raise ValueError(f"limits must be [lowest, highest], got {list(self.limits)}")
        if self.linear_fraction < 1.0 and self.colours == "sequential":
            raise ValueError("linear_fraction belongs to diverging colours")
        return self


@dataclass(frozen=True, eq=False)
class ValueScale:
    """A norm and a colour map; ``extend`` says at which ends values lie beyond."""

    norm: "Normalize"
    map: str
    extend: Literal["neither", "min", "max", "both"]
    linear_fraction: float

    @property
    def diverging(self) -> bool:
        """Whether colours fade to white at zero."""
        return self.map == DIVERGING

    @classmethod
    def of(cls, values: np.ndarray, units: str, choice: ScaleChoice) -> "ValueScale":
        """The scale for values (NaN left out) as it was chosen; diverging colours are symmetric about zero."""
        from matplotlib.colors import Normalize

        finite = values[np.isfinite(values)]
        low, high = float(finite.min()), float(finite.max())
        both = low < 0.0 < high and units not in ("V", "mV")
        diverging = choice.colours == "diverging" or (
            choice.colours == "auto" and (both or choice.linear_fraction < 1.0)
        )
        lowest, highest = choice.limits or (low, high)
        if diverging:
            limit = max(abs(lowest), abs(highest)) or 1.0
            lowest, highest = -limit, limit
            norm, colours = symmetric_norm(limit, choice.linear_fraction), DIVERGING
        else:
            if highest == lowest:
                lowest, highest = lowest - 0.5 * (abs(lowest) or 1.0), highest + 0.5 * (abs(highest) or 1.0)
            norm, colours = Normalize(lowest, highest), SEQUENTIAL
        beyond = (low < lowest, high > highest)
        extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[beyond]
        return cls(norm, colours, extend, choice.linear_fraction if diverging else 1.0)

    def colours(self, values: np.ndarray) -> np.ndarray:
        """RGBA (n, 4) in 0 … 1; grey where there is no value."""
        from matplotlib import colormaps
        from matplotlib.colors import to_rgba

        found = colormaps[self.map](self.norm(np.where(np.isfinite(values), values, 0.0)))
        found[~np.isfinite(values)] = to_rgba(NO_VALUE)
        return found

    def mappable(self) -> "ScalarMappable":
        """What a colour bar is made of."""
        from matplotlib.cm import ScalarMappable

        return ScalarMappable(self.norm, self.map)

    def bar(self, figure: "Figure", name: str, units: str, length_mm: float, axes, across_mm: float) -> "Colorbar":
        """A colour bar with name and unit, to the right of axes that are ``length_mm`` high and ``across_mm`` wide."""
        width = BAR_WIDTH_MM / across_mm
        where = {"ax": axes, "fraction": width, "aspect": length_mm / BAR_WIDTH_MM, "pad": width}
        if self.linear_fraction < 1.0:
            return colour_bar(
                figure, self.mappable(), self.norm.vmax, self.linear_fraction, units, self.extend == "both",
                length_mm=length_mm, name=plain(name), **where,
            )  # fmt: skip
        bar = figure.colorbar(self.mappable(), extend=self.extend, **where)
        bar.set_label(label(plain(name), units))
        return bar

    def words(self) -> str:
        """What a caption says of the scale."""
        if not self.diverging:
            return "linear scale"
        if self.linear_fraction >= 1.0:
            return "blue is negative, linear scale"
        return f"blue is negative, logarithmic scale outside its innermost {100 * self.linear_fraction:g} %"

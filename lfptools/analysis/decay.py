"""How waveforms change with distance: along rays, shanks or any other contacts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.extrema import Unit
from lfptools.analysis.measure import CaseSelector, measure
from lfptools.analysis.selection import Window, array, row_dim, window_mask
from lfptools.analysis.waveforms import WIDTH_FRACTION, Quantity, peak, peak_to_peak, phase_width
from lfptools.config.parameters import Parameters
from lfptools.errors import MeasureError, unknown_name
from lfptools.units import factor

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults

_SAME = 1e-6  # of a distance: contacts of different shanks that are as far away
_NEAR = 0.01  # of a distance: contacts that are meant by it


class Along(Window):
    """Waveforms of a signal against distance; where several shanks are chosen, their mean at each distance."""

    signal: str = Field(description="at contacts")
    shanks: tuple[str, ...] | None = Field(
        None, min_length=1, description="those of the probe whose mean is taken (rays are shanks); by default all"
    )
    center_um: tuple[float, float, float] = Field((0.0, 0.0, 0.0), description="where distances are counted from")


class OfWaveforms(Parameters):
    """Which number of a waveform."""

    quantity: Quantity = Field(
        "peak_to_peak", description="peak: farthest from the first sample in the window, with its sign; width: of the "
        "phase that has this peak"
    )  # fmt: skip
    fraction: float = Field(WIDTH_FRACTION, gt=0.0, lt=1.0, description="of the peak, at which widths are taken")


class WaveformAtParameters(OfWaveforms, Along, CaseSelector):
    """One number of the waveforms at one distance."""

    distance_um: float = Field(gt=0.0, description="within 1 % of that of a contact")
    unit: Unit = Field("uV", description="of the number; widths are in ms")


class DecayParameters(Along, CaseSelector):
    """The exponent n of amplitudes that fall as 1/rⁿ, between two distances."""

    between_um: tuple[float, float] = Field(description="[nearest, farthest], both included")
    quantity: Quantity = Field("peak_to_peak", description="peak: its magnitude")

    @model_validator(mode="after")
    def _amplitudes_between(self) -> "DecayParameters":
        if self.quantity == "width":
            raise ValueError("quantity: the exponent of decay is that of an amplitude: peak_to_peak or peak")
        if not 0.0 < self.between_um[0] < self.between_um[1]:
            raise ValueError(f"between_um must be two distances > 0, the nearer first, got {list(self.between_um)}")
        return self


@dataclass(frozen=True, eq=False)
class DistanceCurve:
    """Values (n,) in ``units`` at distances (n,) in µm, ascending."""

    distance: np.ndarray
    values: np.ndarray
    units: str


@measure(WaveformAtParameters, unit=lambda p: "ms" if p.quantity == "width" else p.unit)
def waveform_at(case: "CaseResults", p: WaveformAtParameters) -> float:
    """Amplitude or width of the waveforms at a distance, mean over shanks.

    Raises
    ------
    MeasureError
        As :func:`against_distance`; if no contact is there.
    """
    curve = against_distance(case, p, p.quantity, None if p.quantity == "width" else p.unit, p.fraction)
    i = int(np.abs(curve.distance - p.distance_um).argmin())
    if abs(curve.distance[i] - p.distance_um) > _NEAR * p.distance_um:
        raise MeasureError(
            f"signal {p.signal!r} has no contact {p.distance_um:g} um away; the nearest is {curve.distance[i]:.6g} um"
        )
    return float(curve.values[i])


@measure(DecayParameters, unit="1")
def decay_exponent(case: "CaseResults", p: DecayParameters) -> float:
    """n of the least-squares line log A = c − n log r through the amplitudes A between two distances.

    Raises
    ------
    MeasureError
        As :func:`against_distance`; if there are fewer than two distances, or an amplitude is 0.
    """
    return fitted_exponent(against_distance(case, p, p.quantity), p.between_um, f"signal {p.signal!r}")


def fitted_exponent(curve: DistanceCurve, between_um: tuple[float, float], what: str = "the curve") -> float:
    """See :func:`decay_exponent`."""
    low, high = between_um[0] * (1 - _SAME), between_um[1] * (1 + _SAME)
    inside = (curve.distance >= low) & (curve.distance <= high)
    if inside.sum() < 2:
        raise MeasureError(
            f"{what} has {int(inside.sum())} distances between {between_um[0]:g} and {between_um[1]:g} um: an exponent "
            f"needs two; they reach from {curve.distance[0]:g} to {curve.distance[-1]:g} um"
        )
    amplitude = np.abs(curve.values[inside])
    if not (amplitude > 0.0).all():
        raise MeasureError(f"{what} is zero between {between_um[0]:g} and {between_um[1]:g} um: it has no exponent")
    return -float(np.polyfit(np.log(curve.distance[inside]), np.log(amplitude), 1)[0])


def against_distance(
    case: "CaseResults", p: Along, quantity: Quantity, unit: str | None = None, fraction: float = WIDTH_FRACTION
) -> DistanceCurve:
    """A number of the waveforms at every distance, mean over the chosen shanks.

    Raises
    ------
    MeasureError
        If the signal has no contacts, no such shank, shanks whose contacts are not equally far, another unit, or a
        phase that the window cuts.
    """
    data = array(case, None, p.signal)
    if row_dim(data) != "contact":
        raise MeasureError(f"signal {p.signal!r} of case {case.label!r} has no contacts, its rows are {row_dim(data)}s")
    t = np.asarray(data["t"].values, dtype=float)
    inside = window_mask(t, p.window_ms)
    positions = np.column_stack([data[f"contact_{axis}"].values for axis in "xyz"])
    distance = np.linalg.norm(positions - np.array(p.center_um), axis=1)
    waves = data.transpose("contact", "t").values[:, inside]
    numbers = _numbers(quantity, t[inside], waves, fraction)
    rows = [rows[np.argsort(distance[rows], kind="stable")] for rows in _shanks(data, p)]
    far = distance[rows[0]]
    for other in rows[1:]:
        if other.size != far.size or not np.allclose(distance[other], far, rtol=_SAME, atol=0.0):
            raise MeasureError(
                f"signal {p.signal!r}: a mean over shanks needs contacts equally far from {list(p.center_um)} um on "
                f"each; choose one of them, or use a probe of kind rays"
            )
    mean = np.mean([numbers[one] for one in rows], axis=0)
    if np.isnan(mean).any():
        at = float(far[np.isnan(mean)][0])
        raise MeasureError(
            f"signal {p.signal!r} of case {case.label!r}: the window cuts the phase {at:g} um away, it has no width"
        )
    own = "ms" if quantity == "width" else str(data.attrs.get("units", "1"))
    try:
        return DistanceCurve(far, mean * factor(own, unit or own), unit or own)
    except ValueError as error:
        raise MeasureError(f"signal {p.signal!r}: {error}") from error


def _numbers(quantity: Quantity, t: np.ndarray, waves: np.ndarray, fraction: float) -> np.ndarray:
    if quantity == "width":
        return phase_width(t, waves, fraction)
    return peak_to_peak(waves) if quantity == "peak_to_peak" else peak(waves)


def _shanks(data, p: Along) -> list[np.ndarray]:
    """The contacts of each chosen shank; all contacts are one shank where they have none."""
    if "contact_shank" not in data.coords:
        if p.shanks is not None:
            raise MeasureError(f"signal {p.signal!r}: its probe has no shanks, so none can be chosen")
        return [np.arange(data.sizes["contact"])]
    names = [str(name) for name in data["contact_shank"].values]
    for name in p.shanks or ():
        if name not in names:
            raise MeasureError(unknown_name("shank", name, dict.fromkeys(names), f"signal {p.signal!r}"))
    chosen = p.shanks or tuple(dict.fromkeys(names))
    return [np.flatnonzero([name == one for name in names]) for one in chosen]

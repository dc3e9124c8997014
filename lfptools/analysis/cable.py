"""Passive cells at one frequency: what a sinusoidal current does, from the matrix of the cable equation.

(Y − Ĝ) V = I, with Y = A (g + iωc) the admittance of each segment's membrane, Ĝ the axial conductances between segments
and I injected currents: no time step. A second way to what a simulation of a passive cell gives. With backward Euler's
step Δt, iω is (1 − exp(−iωΔt)) / Δt, and the matrix gives what such a simulation gives to the last digit.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.analysis.measure import CaseSelector, measure
from lfptools.errors import MeasureError

if TYPE_CHECKING:
    from lfptools.geometry.segments import Segments
    from lfptools.io.results import CaseResults

_TO_US = 1e-2  # S/cm² times µm² in µS
_TO_US_PER_S = 1e-8  # µF/cm² times µm² times 1/s in µS
_DEFAULT_CM = 1.0  # µF/cm², NEURON's

Quantity = Literal["soma_current", "dipole", "soma_potential"]


@dataclass(frozen=True, eq=False)
class PassiveCable:
    """A passive cell in the frequency domain.

    Parameters
    ----------
    segments : Segments
        With axial resistances.
    conductance : float
        Of the membrane, S/cm².
    capacitance : float
        Of the membrane, µF/cm².
    time_step_ms : float
        Of backward Euler; 0: none, the equation itself.
    """

    segments: "Segments"
    conductance: float
    capacitance: float
    time_step_ms: float = 0.0

    @cached_property
    def axial(self):
        """Shape (n, n), µS: Ĝ, sparse; see :attr:`lfptools.geometry.axial.AxialTree.membrane`."""
        from lfptools.geometry.axial import AxialTree

        return AxialTree.of(self.segments).membrane

    def admittance(self, frequency_Hz: float) -> np.ndarray:
        """Shape (n,), µS: of each segment's membrane."""
        rate = 2j * np.pi * frequency_Hz
        if self.time_step_ms:
            step_s = 1e-3 * self.time_step_ms
            rate = -np.expm1(-rate * step_s) / step_s
        own = _TO_US * self.conductance + _TO_US_PER_S * rate * self.capacitance
        return self.segments.area * own

    def potentials(self, injected: np.ndarray, frequency_Hz: float) -> np.ndarray:
        """Complex amplitudes (n, k) in mV of the membrane potential for injected currents (n, k) in nA."""
        from scipy.sparse import csc_array, diags_array
        from scipy.sparse.linalg import splu

        matrix = csc_array(diags_array(self.admittance(frequency_Hz)) - self.axial)
        return splu(matrix).solve(np.ascontiguousarray(injected, dtype=complex))

    def transfer(self, quantity: Quantity, frequency_Hz: float) -> np.ndarray:
        """Complex amplitude (n,) of a quantity per nA injected in each segment, the injected current counted as inward.

        ``soma_current``: the net membrane current of segment 0; ``dipole``: Σ z × net current, in nA·µm;
        ``soma_potential``: the membrane potential of segment 0, in mV. One solution gives all: the matrix is symmetric,
        so what an injection anywhere does to a weighted sum is what the weights, injected, do there.
        """
        n = len(self.segments)
        y = self.admittance(frequency_Hz)
        if quantity == "soma_potential":
            weights, direct = np.eye(n, 1)[:, 0], np.zeros(n)
        elif quantity == "soma_current":
            weights, direct = y * np.eye(n, 1)[:, 0], np.eye(n, 1)[:, 0]
        else:
            z = self.segments.midpoints[:, 2]
            weights, direct = y * z, z
        return self.potentials(weights[:, None], frequency_Hz)[:, 0] - direct


def passive_cable(case: "CaseResults", time_step_ms: float = 0.0) -> PassiveCable:
    """The cable of a case whose membrane is passive and the same everywhere.

    Raises
    ------
    MeasureError
        If its cell has mechanisms besides, no leak, or comes from a model of its own.
    """
    from lfptools.io.geometry import segments_from_dataset

    cell = case.config.get("cell", {})
    if not cell.get("passive") or cell.get("membrane") or cell.get("hoc_model"):
        raise MeasureError(
            f"case {case.label!r}: the cable's matrix is that of cells with cell.passive and no mechanisms besides"
        )
    capacitance = cell.get("cm_uF_per_cm2") or _DEFAULT_CM
    segments = segments_from_dataset(case.geometry)
    return PassiveCable(segments, cell["passive"]["g_pas_S_per_cm2"], capacitance, time_step_ms)


class CableExponentParameters(CaseSelector):
    """Which quantity, and the band of the fit."""

    quantity: Quantity = Field(description="of the cell")
    band_Hz: tuple[float, float] = Field(description="[lowest, highest] of the fit")
    time_step_ms: float = Field(0.0, ge=0, description="of a simulation by backward Euler; 0: of the cable equation")
    frequencies: int = Field(21, ge=3, le=1000, description="how many, evenly spaced on a logarithmic scale")

    @model_validator(mode="after")
    def _ordered(self) -> "CableExponentParameters":
        if not 0 < self.band_Hz[0] < self.band_Hz[1]:
            raise ValueError(f"band_Hz must be [lowest, highest] > 0, got {list(self.band_Hz)}")
        if self.time_step_ms and self.band_Hz[1] > 500.0 / self.time_step_ms:
            raise ValueError(
                f"steps of {self.time_step_ms:g} ms hold frequencies up to {500.0 / self.time_step_ms:g} Hz, "
                f"band_Hz goes up to {self.band_Hz[1]:g}"
            )
        return self


@measure(CableExponentParameters, unit="1")
def cable_exponent(case: "CaseResults", p: CableExponentParameters) -> float:
    """n of the power spectrum 1/fⁿ of a passive cell under independent white currents, their variance as the area.

    The spectrum is Σ A |H(f)|² over all segments, with H the cable's transfer to the quantity: Pettersen et al. 2014,
    PLoS Comput Biol 10:e1003928.
    """
    cable = passive_cable(case, p.time_step_ms)
    f = np.geomspace(*p.band_Hz, p.frequencies)
    power = [float((cable.segments.area * np.abs(cable.transfer(p.quantity, one)) ** 2).sum()) for one in f]
    return -float(np.polyfit(np.log(f), np.log(power), 1)[0])


class CableDipoleParameters(CaseSelector):
    """Where a unit current goes in, and how fast it varies."""

    section: str = Field(description="exact name of the section")
    fraction: float = Field(0.5, ge=0.0, le=1.0, description="of the way along it")
    frequency_Hz: float = Field(ge=0, description="of the current")


@measure(CableDipoleParameters, unit="um")
def cable_dipole(case: "CaseResults", p: CableDipoleParameters) -> float:
    """|Σ z × net current| per unit of a sinusoidal current into one segment of a passive cell (Lindén et al. 2010)."""
    cable = passive_cable(case)
    idx = cable.segments.at(p.section, p.fraction)
    return float(abs(cable.transfer("dipole", p.frequency_Hz)[idx]))

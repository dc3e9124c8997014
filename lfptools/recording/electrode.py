"""The electrode and the input of its amplifier as a filter of first order."""

import numpy as np
import xarray as xr
from pydantic import Field

from lfptools.config.parameters import Parameters
from lfptools.errors import DatasetError
from lfptools.recording.step import interval_ms, of_values, step
from lfptools.schema.labels import quantity_of

_MOHM_PF = 1e-3  # ms


class ElectrodeFilterParameters(Parameters):
    """An electrode's resistance, and what lies between it and ground: cable and amplifier."""

    resistance_Mohm: float = Field(gt=0, description="of the electrode, in series")
    shunt_capacitance_pF: float = Field(ge=0, description="from the electrode to ground: cable and amplifier")
    input_resistance_Mohm: float | None = Field(None, gt=0, description="of the amplifier to ground; none: infinite")

    @property
    def gain(self) -> float:
        """Of a constant potential: 1 with an infinite input resistance."""
        return (
            1.0 if self.input_resistance_Mohm is None else 1 / (1 + self.resistance_Mohm / self.input_resistance_Mohm)
        )

    @property
    def time_constant_ms(self) -> float:
        """The shunt capacitance times the resistances in parallel."""
        return self.gain * self.resistance_Mohm * self.shunt_capacitance_pF * _MOHM_PF


@step(ElectrodeFilterParameters, over="times")
def electrode_filter(signal: xr.Dataset, p: ElectrodeFilterParameters) -> xr.Dataset:
    """What an amplifier sees through a resistive electrode with a shunt: a divider and a low pass of first order.

    .. math:: \\tau \\dot v = G u - v, \\quad H(f) = \\frac{G}{1 + 2 \\pi i f \\tau}, \\quad
        G = \\frac{R_{in}}{R_e + R_{in}}, \\quad \\tau = \\frac{R_e R_{in}}{R_e + R_{in}} C

    solved exactly for a potential that is linear between samples, from the steady state of the first one.

    Raises
    ------
    DatasetError
        If the signal is no potential, or its samples are not evenly spaced.

    References
    ----------
    Robinson (1968), Proc IEEE 56:1065, https://doi.org/10.1109/PROC.1968.6458
    Nelson et al. (2008), J Neurosci Methods 169:141, https://doi.org/10.1016/j.jneumeth.2007.12.010
    """
    from scipy.signal import lfilter

    if quantity_of(signal) != "potential":
        raise DatasetError(f"electrode_filter is for potentials, this signal is a {quantity_of(signal)}")
    x = interval_ms(signal, "electrode_filter") / p.time_constant_ms if p.time_constant_ms else np.inf
    decay = np.exp(-x)
    mean = -np.expm1(-x) / x if np.isfinite(x) else 0.0  # of the decay over a step
    b, a = p.gain * np.array([1 - mean, mean - decay]), np.array([1.0, -decay])

    def filtered(values: np.ndarray) -> np.ndarray:
        return lfilter(b, a, values, axis=1, zi=(p.gain - b[0]) * values[:, :1])[0]

    return of_values(signal, filtered)

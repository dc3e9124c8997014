"""Current source density as the second derivative of the potential along a line."""

import numpy as np
import xarray as xr
from pydantic import Field

from lfptools.analysis.depths import depths, estimate, even_distance
from lfptools.analysis.labelled import analysis
from lfptools.config.parameters import Parameters


class SecondDerivativeParameters(Parameters):
    """The medium, and what is done at the ends."""

    conductivity_S_per_m: float = Field(0.3, gt=0, description="of the tissue")
    ends: bool = Field(
        False, description="estimates at the first and last contact too, as if the potential went on unchanged (Vaknin)"
    )


def _fits(data: xr.DataArray, p: SecondDerivativeParameters) -> None:
    even_distance(depths(data, "csd_second_derivative", 2 if p.ends else 3), "csd_second_derivative")


@analysis(SecondDerivativeParameters, _fits)
def csd_second_derivative(data: xr.DataArray, p: SecondDerivativeParameters) -> xr.Dataset:
    """−σ (φ(z−h) − 2 φ(z) + φ(z+h)) / h²: what planes of infinite extent would need (Nicholson & Freeman 1975).

    With ``ends`` the potential beyond the ends is that at the ends (Vaknin et al. 1988, J Neurosci Methods 24:131);
    without it there are no estimates there.
    """
    along = depths(data, "csd_second_derivative", 2)
    h = even_distance(along, "csd_second_derivative")
    values = np.asarray(data.values, dtype=float)
    if p.ends:
        values = np.concatenate([values[:1], values, values[-1:]])
    found = -p.conductivity_S_per_m * (values[:-2] - 2.0 * values[1:-1] + values[2:]) / h**2
    return estimate(data, along if p.ends else along[1:-1], found)

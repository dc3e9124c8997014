"""Kernel current source density, through elephant."""

from types import ModuleType

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from lfptools.analysis.depths import depths, estimate
from lfptools.analysis.labelled import analysis
from lfptools.config.parameters import Parameters
from lfptools.errors import ConfigError

_MM = 1e-3  # of µm
_TO_NA_PER_UM3 = 1e-6  # of uA/mm³


class KernelParameters(Parameters):
    """The medium, the sources' extent, and the basis."""

    radius_um: float = Field(gt=0, description="how far the sources reach around the line of contacts")
    conductivity_S_per_m: float = Field(0.3, gt=0, description="of the tissue")
    basis_um: float | None = Field(None, gt=0, description="width of a basis source; by default the contacts' distance")
    sources: int = Field(300, ge=2, description="number of basis sources")
    regularisation: float = Field(0.0, ge=0, description="lambda of the ridge regression")
    points_per_contact: int = Field(5, ge=1, le=100, description="estimates for each distance between contacts")

    @model_validator(mode="after")
    def _elephant_is_there(self) -> "KernelParameters":
        elephant()
        return self


def elephant() -> ModuleType:
    """The module that computes it.

    Raises
    ------
    ConfigError
        If it is not installed.
    """
    try:
        from elephant import current_source_density
    except ImportError as error:
        raise ConfigError(f"csd_kernel needs elephant ({error}): pip install lfptools[all]") from error
    return current_source_density


def _fits(data: xr.DataArray, p: KernelParameters) -> None:
    depths(data, "csd_kernel", 3)


@analysis(KernelParameters, _fits)
def csd_kernel(data: xr.DataArray, p: KernelParameters) -> xr.Dataset:
    """Kernel CSD in one dimension, by elephant: many basis sources, regularised (Potworowski et al. 2012)."""
    import neo
    import quantities as pq

    along = depths(data, "csd_kernel", 3)
    t = np.asarray(data["t"].values, dtype=float)
    dt = float(t[1] - t[0]) if t.size > 1 else 1.0  # each sample is estimated by itself: the rate is but a label
    lfp = neo.AnalogSignal(np.asarray(data.values, dtype=float).T, units="mV", sampling_period=dt * pq.ms)
    span = float(along[-1] - along[0])
    step = span / (along.size - 1)
    count = (along.size - 1) * p.points_per_contact + 1
    found = elephant().estimate_csd(
        lfp, coordinates=(along[:, None] * _MM) * pq.mm, method="KCSD1D", process_estimate=False,
        h=p.radius_um * _MM, sigma=p.conductivity_S_per_m, R_init=(p.basis_um or step) * _MM, n_src_init=p.sources,
        lambd=p.regularisation, xmin=float(along[0]) * _MM, xmax=float(along[-1]) * _MM,
        gdx=span * _MM / (count + 0.5),  # of which elephant makes the largest whole number of points, ends included
    )  # fmt: skip
    values = found.rescale("uA/mm**3").magnitude.T * _TO_NA_PER_UM3
    places = np.asarray(found.annotations["x_coords"], dtype=float).ravel() / _MM
    return estimate(data, places, values)

"""Inverse current source density: sources of a stated shape around a line of contacts, solved for from the potential.

Pettersen, Devor, Ulbert, Dale & Einevoll 2006, J Neurosci Methods 154:116. Sources are discs or cylinders of radius R
about the line; a source density c at distance u along the line contributes c f(u) du to the potential on the line, with
f(u) = (√(u² + R²) − |u|) / 2σ. With µm, nA/µm³ and S/m it is in mV.
"""

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from lfptools.analysis.depths import depths, estimate
from lfptools.analysis.labelled import analysis
from lfptools.config.parameters import Parameters

_POINTS = 48  # of the quadrature between two contacts; the integrand is smooth there


class InverseParameters(Parameters):
    """The medium and the sources' extent."""

    radius_um: float = Field(gt=0, description="R: how far the sources reach around the line of contacts")
    conductivity_S_per_m: float = Field(0.3, gt=0, description="of the tissue")
    top_conductivity_S_per_m: float | None = Field(
        None, ge=0, description="of what lies beyond a plane before the first contact; by default tissue"
    )
    top_distance_um: float | None = Field(None, ge=0, description="from that plane to the first contact")

    @model_validator(mode="after")
    def _a_plane(self) -> "InverseParameters":
        if (self.top_conductivity_S_per_m is None) != (self.top_distance_um is None):
            raise ValueError("top_conductivity_S_per_m and top_distance_um belong together")
        return self

    @property
    def image(self) -> tuple[float, float]:
        """Weight of the images in the plane, (σ − σ_top)/(σ + σ_top), and the plane's place along the line."""
        if self.top_conductivity_S_per_m is None:
            return 0.0, 0.0
        other = self.top_conductivity_S_per_m
        weight = (self.conductivity_S_per_m - other) / (self.conductivity_S_per_m + other)
        return weight, -float(self.top_distance_um)


class SplineParameters(InverseParameters):
    """The medium, the sources' extent, and where the spline is evaluated."""

    points_per_contact: int = Field(5, ge=1, le=100, description="estimates for each distance between contacts")


def disc(u: np.ndarray, radius: float) -> np.ndarray:
    """√(u² + R²) − |u| without cancellation."""
    return radius**2 / (np.sqrt(u * u + radius**2) + np.abs(u))


def disc_integral(u: np.ndarray, radius: float) -> np.ndarray:
    """Its integral from 0 to u: k(u) = ½ (u √(u² + R²) + R² asinh(u/R) − u |u|)."""
    return 0.5 * (u * disc(u, radius) + radius**2 * np.arcsinh(u / radius))


def borders(along: np.ndarray) -> np.ndarray:
    """Half-way between contacts; the outer slabs are as thick beyond the contact as before it."""
    middle = 0.5 * (along[1:] + along[:-1])
    return np.concatenate([[2 * along[0] - middle[0]], middle, [2 * along[-1] - middle[-1]]])


def delta_matrix(along: np.ndarray, p: InverseParameters) -> np.ndarray:
    """Potential (mV) at each contact per density (nA/µm³) of slabs, each all in a disc."""
    weight, plane = p.image
    u = along[:, None] - along
    mirrored = along[:, None] - (2 * plane - along)
    found = disc(u, p.radius_um) + (weight * disc(mirrored, p.radius_um) if weight else 0.0)
    return np.diff(borders(along)) * found / (2.0 * p.conductivity_S_per_m)


def step_matrix(along: np.ndarray, p: InverseParameters) -> np.ndarray:
    """The same for a density that is constant from half-way to half-way between contacts."""
    weight, plane = p.image
    edges = borders(along)

    def slabs(places: np.ndarray) -> np.ndarray:
        integral = disc_integral(along[:, None] - places, p.radius_um)
        return np.abs(np.diff(integral, axis=1))

    found = slabs(edges) + (weight * slabs(2 * plane - edges) if weight else 0.0)
    return found / (2.0 * p.conductivity_S_per_m)


def spline(along: np.ndarray):
    """Natural cubic splines, one for each contact: 1 there, 0 at all others and one step beyond the ends."""
    from scipy.interpolate import CubicSpline

    nodes = np.concatenate([[2 * along[0] - along[1]], along, [2 * along[-1] - along[-2]]])
    values = np.zeros((nodes.size, along.size))
    values[1:-1] = np.eye(along.size)
    return nodes, CubicSpline(nodes, values, bc_type="natural")


def spline_matrix(along: np.ndarray, p: InverseParameters) -> np.ndarray:
    """The same for a density that is a natural cubic spline through its values at the contacts."""
    weight, plane = p.image
    nodes, curves = spline(along)
    unit, weights = np.polynomial.legendre.leggauss(_POINTS)
    half = 0.5 * np.diff(nodes)
    places = (0.5 * (nodes[1:] + nodes[:-1])[:, None] + half[:, None] * unit).ravel()
    density = (half[:, None] * weights).ravel()[:, None] * curves(places)
    kernel = disc(along[:, None] - places, p.radius_um)
    if weight:
        kernel = kernel + weight * disc(along[:, None] - (2 * plane - places), p.radius_um)
    return kernel @ density / (2.0 * p.conductivity_S_per_m)


def _fits(data: xr.DataArray, p: InverseParameters) -> None:
    depths(data, "an inverse CSD", 3)


def _solved(data: xr.DataArray, matrix: np.ndarray) -> tuple[np.ndarray, float]:
    return np.linalg.solve(matrix, np.asarray(data.values, dtype=float)), float(np.linalg.cond(matrix))


@analysis(InverseParameters, _fits)
def csd_delta(data: xr.DataArray, p: InverseParameters) -> xr.Dataset:
    """δ-source inverse CSD: thin discs in the planes of the contacts. The attribute ``condition_number`` is F's."""
    along = depths(data, "csd_delta", 3)
    found, condition = _solved(data, delta_matrix(along, p))
    return estimate(data, along, found, condition_number=condition)


@analysis(InverseParameters, _fits)
def csd_step(data: xr.DataArray, p: InverseParameters) -> xr.Dataset:
    """Step inverse CSD: a density that is constant from half-way to half-way between contacts."""
    along = depths(data, "csd_step", 3)
    found, condition = _solved(data, step_matrix(along, p))
    return estimate(data, along, found, condition_number=condition)


@analysis(SplineParameters, _fits)
def csd_spline(data: xr.DataArray, p: SplineParameters) -> xr.Dataset:
    """Spline inverse CSD: a natural cubic spline through densities at the contacts, zero one step beyond the ends."""
    along = depths(data, "csd_spline", 3)
    found, condition = _solved(data, spline_matrix(along, p))
    fine = np.interp(
        np.arange(p.points_per_contact * (along.size - 1) + 1) / p.points_per_contact, np.arange(along.size), along
    )
    return estimate(data, fine, spline(along)[1](fine) @ found, condition_number=condition)

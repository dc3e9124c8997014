"""Studies whose data are analytic functions, written to real files and read back as results."""

from pathlib import Path

import numpy as np
import xarray as xr

from lfptools.geometry.segments import Segments
from lfptools.io.geometry import geometry_dataset
from lfptools.io.netcdf import write_dataset
from lfptools.io.results import CaseResults, StudyResults
from lfptools.units import attrs

SEGMENTS, LENGTH = 40, 4000.0
"""An unbranched axon along z, in µm."""


def text(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


def axon() -> Segments:
    edges = np.linspace(0.0, LENGTH, SEGMENTS + 1)
    zero = np.zeros((SEGMENTS, 2))
    step = LENGTH / SEGMENTS
    points = np.column_stack((np.zeros((5, 2)), np.linspace(0, LENGTH, 5), [40.0, 20, 20, 20, 20]))
    return Segments(
        x=zero, y=zero, z=np.column_stack((edges[:-1], edges[1:])), d=np.full(SEGMENTS, 20.0),
        area=np.full(SEGMENTS, np.pi * 20 * step), length=np.full(SEGMENTS, step), section=np.zeros(SEGMENTS, int),
        section_x=(np.arange(SEGMENTS) + 0.5) / SEGMENTS, section_names=("axon[0]",),
        section_parent=np.array([-1]), section_parent_x=np.array([np.nan]), points=(points,),
    )  # fmt: skip


def bump(t: np.ndarray, at: np.ndarray, height: float = 100.0, width: float = 0.4) -> np.ndarray:
    return height * np.exp(-(((t - at) / width) ** 2))


def run_dataset(t: np.ndarray, *, sites: tuple[str, ...] = (), **variables: np.ndarray) -> xr.Dataset:
    """A run with the given variables; ``v`` is recorded at ``sites``."""
    segments = axon()
    geometry = geometry_dataset(segments)
    coords: dict = {"t": ("t", t, attrs("t"))}
    data: dict = {"net_current": ("t", np.zeros(t.size), attrs("net_current"))}
    rows = {"membrane_current": "segment", "membrane_potential": "segment", "synapse_current": "synapse",
            "electrode_current": "electrode", "net_current": None, "soma_potential": None}  # fmt: skip
    for name, values in variables.items():
        if name == "v":
            coords["v_site_id"] = ("v_site", text(*sites), {"long_name": "segment"})
            data["v"] = (("v_site", "t"), values, attrs("membrane_potential"))
            continue
        dims = ("t",) if rows[name] is None else (rows[name], "t")
        data[name] = (dims, values, attrs(name))
        if rows[name] == "segment":
            coords |= {n: geometry[n].variable for n in ("segment_id", "section", "section_x", "x", "y", "z")}
        elif rows[name]:
            ids = text(*(f"{rows[name]} {i}" for i in range(len(values))))
            coords[f"{rows[name]}_id"] = (rows[name], ids, {"long_name": "id"})
            coords[f"{rows[name]}_segment"] = (rows[name], np.arange(len(values)) * 3 + 30, {"long_name": "segment"})
    about = {"dt_ms": float(t[1] - t[0]), "t_start_ms": float(t[0]), "t_stop_ms": float(t[-1]), "variable_dt": 0}
    return xr.Dataset(data, coords, about)


def potential_dataset(x: np.ndarray, y: np.ndarray, z: np.ndarray, t: np.ndarray, values: np.ndarray) -> xr.Dataset:
    coords = {"t": ("t", t, attrs("t")), "contact_id": ("contact", text(*map(str, range(len(x)))), {"long_name": "id"})}
    for axis, place in zip("xyz", (x, y, z), strict=True):
        coords[f"contact_{axis}"] = ("contact", np.asarray(place, float), attrs(axis))
    about = {"model": "line", "parameters": "{}", "clamped_pairs": 0}
    return xr.Dataset({"potential": (("contact", "t"), values, attrs("potential"))}, coords, about)


def dipole_dataset(t: np.ndarray, values: np.ndarray) -> xr.Dataset:
    coords = {"t": ("t", t, attrs("t")), "component_id": ("component", text("x", "y", "z"), {"long_name": "id"})}
    about = {"model": "dipole", "parameters": "{}", "clamped_pairs": 0}
    data = {"current_dipole_moment": (("component", "t"), values, attrs("current_dipole_moment"))}
    return xr.Dataset(data, coords, about)


def case(
    folder: Path, label: str, run: xr.Dataset, values: dict | None = None, experiment: str = "main",
    config: dict | None = None, analyses: dict | None = None, **signals: xr.Dataset,
) -> CaseResults:  # fmt: skip
    """Write the case's files and return what a study reads."""
    stem = folder / f"{experiment}-{label}".replace("/", "_")
    datasets = {"geometry": geometry_dataset(axon()), "run": run}
    paths: dict = {}
    for kind, dataset in datasets.items():
        paths[kind] = stem.with_name(f"{stem.name}-{kind}.nc")
        write_dataset(dataset, paths[kind], kind)
    paths["signal"] = {}
    for name, dataset in signals.items():
        paths["signal"][name] = stem.with_name(f"{stem.name}-{name}.nc")
        write_dataset(dataset, paths["signal"][name], "signal")
    paths["analysis"] = {}
    for name, dataset in (analyses or {}).items():
        paths["analysis"][name] = stem.with_name(f"{stem.name}-{name}.nc")
        write_dataset(dataset, paths["analysis"][name], "analysis")
    return CaseResults(f"{experiment}-{label}-0123", experiment, label, values or {}, config or {}, paths)


def study(*cases: CaseResults, config: dict | None = None) -> StudyResults:
    return StudyResults("analytic", "An analytic study", config or {"question": "Does it measure?"}, tuple(cases))

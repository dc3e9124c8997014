"""Coordinates and attributes of a run's dataset."""

from collections.abc import Sequence

import numpy as np

from lfptools.geometry.segments import Segments
from lfptools.simulation.state import RunSettings
from lfptools.units import attrs


def segment_coords(segments: Segments) -> dict[str, tuple]:
    """Ids, sections, midpoints and sizes along the dimension ``segment``."""
    x, y, z = segments.midpoints.T
    names = np.asarray(segments.section_names, dtype=object)[segments.section]
    return {
        "segment_id": ("segment", np.asarray(segments.ids, dtype=object), {"long_name": "segment"}),
        "section": ("segment", names, {"long_name": "section of the segment"}),
        "section_x": ("segment", segments.section_x, attrs("section_x")),
        "x": ("segment", x, attrs("x")),
        "y": ("segment", y, attrs("y")),
        "z": ("segment", z, attrs("z")),
        "area": ("segment", segments.area, attrs("area")),
        "diameter": ("segment", segments.d, attrs("diameter")),
        "length": ("segment", segments.length, attrs("length")),
    }


def placed_coords(dim: str, placed: Sequence, segments: Segments) -> dict[str, tuple]:
    """Ids, segments and positions along the dimension of synapses, electrodes or places."""
    where = [one.idx for one in placed]
    at = [segments.ids[idx] for idx in where]
    ids = [one.name or f"{one.kind}[{k}] at {at[k]}" for k, one in enumerate(placed)]
    x, y, z = segments.midpoints[where].T
    return {
        f"{dim}_id": (dim, np.asarray(ids, dtype=object), {"long_name": dim}),
        f"{dim}_at": (dim, np.asarray(at, dtype=object), {"long_name": "segment"}),
        f"{dim}_segment": (dim, np.array(where, dtype=np.int64), {"long_name": "segment index"}),
        f"{dim}_x": (dim, x, attrs("x")),
        f"{dim}_y": (dim, y, attrs("y")),
        f"{dim}_z": (dim, z, attrs("z")),
    }


def site_coords(name: str, where: Sequence[int], segments: Segments) -> dict[str, tuple]:
    """Ids and positions along the dimension of a recorded variable's sites."""
    dim = f"{name}_site"
    x, y, z = segments.midpoints[list(where)].T
    ids = np.asarray([segments.ids[idx] for idx in where], dtype=object)
    return {
        f"{dim}_id": (dim, ids, {"long_name": "segment"}),
        f"{dim}_x": (dim, x, attrs("x")),
        f"{dim}_y": (dim, y, attrs("y")),
        f"{dim}_z": (dim, z, attrs("z")),
    }


def dataset_attrs(settings: RunSettings) -> dict[str, object]:
    """How the run was made."""
    made: dict[str, object] = {
        "kind": "run",
        "engine": settings.engine,
        "t_start_ms": settings.t_start,
        "t_stop_ms": settings.t_stop,
        "dt_ms": settings.dt,
        "v_init_mV": settings.v_init,
        "second_order": settings.second_order,
        "variable_dt": int(settings.variable_step is not None),
    }
    if settings.celsius is not None:
        made["celsius_degC"] = settings.celsius
    return made

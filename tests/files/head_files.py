"""Small files of the layouts that head models have, made by the tests that read them."""

from pathlib import Path

import h5py
import numpy as np

from lfptools.geometry.contacts import Contacts
from lfptools.geometry.surfaces import Surfaces
from lfptools.io.vertex_lead_field import write_vertex_lead_field

CORTEX_MM, SCALP_MM = 60.0, 90.0


def on_sphere(rng: np.random.Generator, n: int) -> np.ndarray:
    """Shape (n, 3): unit vectors."""
    directions = rng.normal(size=(n, 3))
    return directions / np.linalg.norm(directions, axis=1)[:, None]


def new_york_head(path: Path, vertices: int = 50, electrodes: int = 7, **changes: object) -> Path:
    """A file of the New York head's layout: a spherical cortex, electrodes E0, E1, …, random lead fields.

    ``changes``: name of a dataset of ``sa`` to other values, or None to leave it out.
    """
    rng = np.random.default_rng(0)
    cortex, scalp = on_sphere(rng, vertices), on_sphere(rng, electrodes)
    if "cortex75K/V_fem" not in changes:
        matrix = rng.normal(size=(3, vertices, electrodes))
        along = np.einsum("kve,vk->ve", matrix, cortex)
        changes = {"cortex75K/V_fem": matrix, "cortex75K/V_fem_normal": along, **changes}
    content = {
        "cortex75K/vc": CORTEX_MM * cortex.T, "cortex75K/normals": cortex.T,
        "cortex75K/V_fem_normal": np.zeros((vertices, electrodes)),
        "locs_3D": np.vstack((SCALP_MM * scalp.T, scalp.T)), "clab_electrodes": [f"E{i}" for i in range(electrodes)],
        **changes,
    }  # fmt: skip
    with h5py.File(path, "w") as file:
        for name, values in content.items():
            if name != "clab_electrodes" and values is not None:
                file[f"sa/{name}"] = values
        if content["clab_electrodes"] is not None:
            names = content["clab_electrodes"]
            cells = file.create_dataset("sa/clab_electrodes", (len(names), 1), dtype=h5py.ref_dtype)
            for i, text in enumerate(names):
                file[f"#refs#/{i}"] = np.array([[ord(letter)] for letter in text], dtype="u2")
                cells[i, 0] = file[f"#refs#/{i}"].ref
    return path


def vertex_lead_field(path: Path, units: str = "V A-1 m-1", vertices: int = 20, sensors: int = 4) -> Path:
    """A vertex lead field with normals at vertices and sensors, and random numbers."""
    rng = np.random.default_rng(1)
    cortex, scalp = on_sphere(rng, vertices), on_sphere(rng, sensors)
    contacts = Contacts(
        *(SCALP_MM * 1e3 * scalp.T), tuple(f"S{i}" for i in range(sensors)),
        surfaces=Surfaces.make("point", scalp, sensors),
    )  # fmt: skip
    matrix = rng.normal(size=(sensors, vertices, 3))
    write_vertex_lead_field(
        path, matrix, CORTEX_MM * cortex, contacts, units=units, length_units="mm", normals=2.0 * cortex
    )
    return path

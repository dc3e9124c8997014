"""What a forward model needs that the defaults of its parameters and contacts anywhere do not give it.

A model that works with ``Parameters()`` and contacts within 200 µm of the cell needs no entry.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from head_files import CORTEX_MM, new_york_head, vertex_lead_field

from lfptools.geometry.contacts import Contacts
from lfptools.io.grid_lead_field import write_grid_lead_field


def near(rng: np.random.Generator, n: int) -> Contacts:
    """Contacts in and around the cell."""
    ids = [chr(97 + i) for i in range(n)] if n <= 26 else None
    return Contacts.from_positions(*rng.uniform(-200, 200, (3, n)), ids)


@dataclass(frozen=True)
class Arrangement:
    """``parameters`` of the model, given a folder for files that it needs, and ``contacts(rng, n)`` that suit it.

    ``insulators``: conductivities that may be 0, of media that the sources do not lie in.
    """

    parameters: Callable[[Path], dict] = field(default=lambda folder: {})
    contacts: Callable[[np.random.Generator, int], Contacts] = near
    insulators: frozenset[str] = frozenset()


def far(rng: np.random.Generator, n: int) -> Contacts:
    """Contacts a millimetre or two away from the origin."""
    direction = rng.normal(size=(3, n))
    return Contacts.from_positions(*(rng.uniform(1000, 2000, n) * direction / np.linalg.norm(direction, axis=0)))


def within(radius: float) -> Callable[[np.random.Generator, int], Contacts]:
    """Contacts anywhere in a sphere around the origin."""

    def contacts(rng: np.random.Generator, n: int) -> Contacts:
        direction = rng.normal(size=(3, n))
        return Contacts.from_positions(*(radius * rng.uniform(size=n) * direction / np.linalg.norm(direction, axis=0)))

    return contacts


PLACED = {"dipole_position_um": (10.0, -20.0, 30.0), "rotate_rad": {"x": 0.4, "y": -1.2, "z": 2.5}}


def grid_lead_field(path: Path) -> Path:
    """A file with the potential of two point electrodes on a coarse grid."""
    axis, rng = np.linspace(-260, 260, 14), np.random.default_rng(3)
    contacts = Contacts.from_positions(*rng.uniform(300, 400, (3, 2)))
    x = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    values = [1 / (4 * np.pi * 0.3 * np.linalg.norm(x - one, axis=-1)) for one in contacts.positions]
    write_grid_lead_field(path, np.stack(values), (axis, axis, axis), contacts, units="mV nA-1")
    return path


def at_vertex(file: Path) -> dict:
    """Parameters of a model with a file, whose vertices are on a sphere: far from any, so far ones count."""
    return {**PLACED, "file": str(file), "dipole_position_um": (0.0, 0.0, CORTEX_MM * 1e3), "farthest_um": 1e5}


ARRANGEMENTS: dict[str, Arrangement] = {
    "infinite_dipole": Arrangement(lambda folder: PLACED, far),
    "one_sphere": Arrangement(lambda folder: {"radius_um": 330.0}, within(600.0)),
    "spheres": Arrangement(lambda folder: {**PLACED, "dipole_position_um": (10e3, -20e3, 70e3)}, within(90e3)),
    "meg_infinite": Arrangement(lambda folder: {**PLACED, "component": "radial"}, far),
    "meg_sphere": Arrangement(lambda folder: PLACED, far),
    "new_york_head": Arrangement(lambda folder: at_vertex(new_york_head(folder / "sa_nyhead.mat"))),
    "vertex_lead_field": Arrangement(lambda folder: at_vertex(vertex_lead_field(folder / "head.nc", "T A-1 m-1"))),
    "sampled": Arrangement(lambda folder: {"file": str(grid_lead_field(folder / "grid.nc")), "number_of_points": 2}),
    "mea": Arrangement(
        lambda folder: {"slice_bottom_um": -300, "slice_thickness_um": 600, "conductivity_glass_S_per_m": 0.1},
        insulators=frozenset({"conductivity_saline_S_per_m", "conductivity_glass_S_per_m"}),
    ),
    "laminar_csd": Arrangement(lambda folder: {"z_um": [-260, -120, -3.5, 40, 230], "radius_um": 400}),
    "volumetric_csd": Arrangement(
        lambda folder: {
            "x_um": {"start_um": -250, "stop_um": 250, "width_um": 50}, "y_um": [-250, -11, 250],
            "z_um": {"start_um": -300, "stop_um": 300, "width_um": 0.3},
        }
    ),
}  # fmt: skip

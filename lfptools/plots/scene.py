"""What pictures of cells show: segments, where synapses and electrodes sit on them, contacts around them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lfptools.errors import GeometryError
from lfptools.geometry.cell_geometry import CellGeometry
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import Segments

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults


@dataclass(frozen=True, eq=False)
class Scene:
    """A cell and what is marked around it.

    Parameters
    ----------
    segments : Segments
        Of the cell.
    placed : mapping of str to numpy.ndarray
        ``"synapse"``, ``"electrode"`` to the indices of the segments on which they sit; either may be missing.
    contacts : numpy.ndarray, optional
        Shape (k, 3), µm.
    """

    segments: Segments
    placed: Mapping[str, np.ndarray] = field(default_factory=dict)
    contacts: np.ndarray | None = None

    @property
    def marks(self) -> dict[str, np.ndarray]:
        """``"synapse"``, ``"electrode"``, ``"contact"`` to positions (k, 3), µm, as far as there are any."""
        found = {name: self.segments.midpoints[idx] for name, idx in self.placed.items() if len(idx)}
        return found | ({} if self.contacts is None else {"contact": self.contacts})

    @classmethod
    def of(cls, cell: Any, marks: bool = True, contacts: Any = None) -> "Scene":
        """What a script shows.

        Parameters
        ----------
        cell : Scene, Cell, Segments, xarray.Dataset of kind ``geometry``, or anything with x, y, z (n, 2) and d (n,)
            A :class:`~lfptools.Cell` brings its synapses and electrodes.
        marks : bool
            Whether these are marked.
        contacts : Contacts, predictor, xarray.Dataset or DataArray with ``contact_x`` …, or array (k, 3), optional
            Contacts that are marked, µm.

        Raises
        ------
        GeometryError
            If it is none of these.
        """
        if isinstance(cell, Scene):
            return cell
        placed = {}
        for name, attribute in (("synapse", "synidx"), ("electrode", "pointprocess_idx")) if marks else ():
            placed[name] = np.unique(np.asarray(getattr(cell, attribute, ()), dtype=np.int64))
        return cls(_segments(cell), placed, None if contacts is None else contact_positions(contacts))

    @classmethod
    def of_case(cls, case: "CaseResults", marks: bool = True, signals: Sequence[str] = ()) -> "Scene":
        """What a study shows: a case's cell, what was placed on it, the contacts of signals."""
        from lfptools.io.geometry import segments_from_dataset

        placed = {}
        for name in ("synapse", "electrode") if marks else ():
            if f"{name}_segment" in case.run.variables:
                placed[name] = np.unique(case.run[f"{name}_segment"].values.astype(np.int64))
        positions = [contact_positions(case.signal(name)) for name in signals]
        contacts = np.unique(np.concatenate(positions), axis=0) if positions else None
        return cls(segments_from_dataset(case.geometry), placed, contacts)


def contact_positions(contacts: Any) -> np.ndarray:
    """Shape (k, 3), µm, of contacts given in one of several ways; see :meth:`Scene.of`.

    Raises
    ------
    GeometryError
        If they have no positions.
    """
    names = [f"contact_{axis}" for axis in "xyz"]
    if isinstance(contacts, Contacts):
        return contacts.positions
    if isinstance(getattr(contacts, "contacts", None), Contacts):
        return contacts.contacts.positions
    if all(name in getattr(contacts, "coords", ()) for name in names):
        return np.column_stack([contacts[name].values for name in names])
    if all(hasattr(contacts, axis) for axis in "xyz"):
        contacts = np.column_stack([np.ravel(getattr(contacts, axis)) for axis in "xyz"])
    if not isinstance(contacts, np.ndarray | list | tuple):
        raise GeometryError(
            f"contacts must be positions (k, 3) in µm, Contacts, a predictor, or data with contact_x, contact_y and "
            f"contact_z; got {type(contacts).__name__}"
        )
    positions = np.asarray(contacts, dtype=float)
    if positions.ndim != 2 or positions.shape[1] != 3 or not np.isfinite(positions).all():
        raise GeometryError(f"contacts must be finite positions of shape (k, 3) in µm, got shape {positions.shape}")
    return positions


def _segments(cell: Any) -> Segments:
    if isinstance(cell, Segments):
        return cell
    if isinstance(getattr(cell, "segments", None), Segments):
        return cell.segments
    if "section_name" in getattr(cell, "coords", ()):
        from lfptools.io.geometry import segments_from_dataset

        return segments_from_dataset(cell)
    if isinstance(cell, CellGeometry) or all(hasattr(cell, name) for name in ("x", "y", "z", "d")):
        checked = CellGeometry.of(cell)
        return Segments.from_arrays(checked.x, checked.y, checked.z, checked.d)
    raise GeometryError(
        f"a picture of a cell needs a Cell, Segments, a dataset of kind geometry, or x, y, z (n, 2) and d (n,); got "
        f"{type(cell).__name__}"
    )

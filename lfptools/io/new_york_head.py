"""The file of the New York head: a MATLAB 7.3 (HDF5) file with lead fields by finite elements.

MATLAB's dimensions are reversed in it: V_fem is (component, vertex, electrode). Positions are in mm. V_fem is the
electric field in V/m per mA that flows between an electrode and the reference, and so, by reciprocity, the potential in
V per mA·m of dipole moment.
"""

from pathlib import Path
from typing import Final

import h5py
import numpy as np

from lfptools.errors import DatasetError, GeometryError
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.surfaces import Surfaces
from lfptools.io.vertex_lead_field import VertexLeadField
from lfptools.units import factor

FILE_NAME: Final = "sa_nyhead.mat"
UNITS: Final = "V mA-1 m-1"
_MM: Final = 1000.0  # µm
DATASETS: Final = {
    "sa/cortex75K/vc": "vertices of the cortex (3, vertices), mm",
    "sa/cortex75K/normals": "their normals (3, vertices)",
    "sa/cortex75K/V_fem": "lead field (3, vertices, electrodes)",
    "sa/cortex75K/V_fem_normal": "lead field along the normals (vertices, electrodes)",
    "sa/locs_3D": "positions and normals of the electrodes (6, electrodes), mm",
    "sa/clab_electrodes": "names of the electrodes",
}
"""What is read, and its shape as HDF5 has it."""


def head_file(path: Path | str | None = None) -> Path:
    """The file's path; by default :data:`FILE_NAME` in the working directory.

    Raises
    ------
    DatasetError
        If there is no such file: says what it is and where it comes from.
    """
    found = Path(FILE_NAME if path is None else path).expanduser()
    if not found.is_file():
        raise DatasetError(
            f"there is no file {found.absolute()}. The New York head (Huang, Parra & Haufe 2016, NeuroImage 140:150, "
            f"https://doi.org/10.1016/j.neuroimage.2015.12.019) is one file, {FILE_NAME}, of about 700 MB, which its "
            "authors offer on the pages of the Parra lab under their own licence. It is not downloaded for you: get it "
            "there and give its path"
        )
    return found


def open_new_york_head(path: Path | str | None = None) -> VertexLeadField:
    """Vertices, electrodes and lead field; of the lead field only the vertices that are asked for are read.

    Parameters
    ----------
    path : path, optional
        See :func:`head_file`.

    Raises
    ------
    DatasetError
        If the file is not there, is no HDF5 file, lacks one of :data:`DATASETS`, or their shapes do not fit.
    """
    path = head_file(path)
    try:
        with h5py.File(path, "r") as file:
            _check(path, file)
            positions = file["sa/cortex75K/vc"][:].T.astype(float) * _MM
            normals = file["sa/cortex75K/normals"][:].T.astype(float)
            places = file["sa/locs_3D"][:].T.astype(float)
            names = tuple(_text(file, reference) for reference in file["sa/clab_electrodes"][:].ravel())
    except OSError as error:
        raise DatasetError(f"{path} is truncated, or no MATLAB 7.3 (HDF5) file: {error}") from error
    try:
        surfaces = Surfaces.make("point", places[:, 3:], len(names))
        electrodes = Contacts(*(places[:, :3].T * _MM), names, surfaces=surfaces)
    except GeometryError as error:
        raise DatasetError(f"{path}: electrodes: {error}") from error
    bad = np.flatnonzero(~np.isfinite(positions).all(axis=1) | ~(np.abs(normals).sum(axis=1) > 0))
    if bad.size:
        raise DatasetError(f"{path}: vertices without position or normal: indices {bad[:10].tolist()}")
    normals /= np.sqrt((normals * normals).sum(axis=1, keepdims=True))
    scale = factor(UNITS, "mV nA-1 um-1")

    def read(vertex: int) -> np.ndarray:
        with h5py.File(path, "r") as again:
            return again["sa/cortex75K/V_fem"][:, vertex, :].T.astype(float) * scale

    return VertexLeadField(path, positions, normals, electrodes, "potential", read)


def _check(path: Path, file: h5py.File) -> None:
    missing = [name for name in DATASETS if not isinstance(file.get(name), h5py.Dataset)]
    if missing:
        held = ", ".join(file.get("sa", file).keys()) or "nothing"
        raise DatasetError(
            f"{path} is not the New York head: it lacks {'; '.join(f'{name}, {DATASETS[name]}' for name in missing)}. "
            f"It holds {held}"
        )
    shapes = {name: file[name].shape for name in DATASETS}
    vertices, electrodes = shapes["sa/cortex75K/vc"][-1], shapes["sa/locs_3D"][-1]
    wanted = {
        "sa/cortex75K/vc": (3, vertices), "sa/cortex75K/normals": (3, vertices),
        "sa/cortex75K/V_fem": (3, vertices, electrodes), "sa/cortex75K/V_fem_normal": (vertices, electrodes),
        "sa/locs_3D": (6, electrodes),
    }  # fmt: skip
    wrong = [f"{name} {shapes[name]} instead of {shape}" for name, shape in wanted.items() if shapes[name] != shape]
    names = file["sa/clab_electrodes"]
    if names.size != electrodes or h5py.check_ref_dtype(names.dtype) is not h5py.Reference:
        wrong.append(f"sa/clab_electrodes {names.dtype} {names.shape} instead of {electrodes} references to text")
    if wrong:
        raise DatasetError(f"{path} is not the New York head: {'; '.join(wrong)}")


def _text(file: h5py.File, reference: h5py.Reference) -> str:
    return "".join(chr(code) for code in np.asarray(file[reference]).ravel())

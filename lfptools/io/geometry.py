"""Segments as a dataset of kind ``geometry``, and back without losing a bit."""

import numpy as np
import xarray as xr

from lfptools.errors import DatasetError
from lfptools.geometry.segments import Segments
from lfptools.schema.kinds import check
from lfptools.units import attrs

_ROOT_PARENT_X = -1.0


def geometry_dataset(segments: Segments) -> xr.Dataset:
    """Segments, topology and 3-D points as a dataset of kind ``geometry``.

    A root section has ``section_parent`` and ``section_parent_x`` −1. Axial resistances are written where they are
    known.

    Raises
    ------
    DatasetError
        If section names repeat, so that segment ids would not be distinct.
    """
    x, y, z = segments.midpoints.T
    names = np.asarray(segments.section_names, dtype=object)
    coords = {
        "segment_id": ("segment", np.asarray(segments.ids, dtype=object), {"long_name": "segment"}),
        "section": ("segment", names[segments.section], {"long_name": "section of the segment"}),
        "section_x": ("segment", segments.section_x, attrs("section_x")),
        "x": ("segment", x, attrs("x")),
        "y": ("segment", y, attrs("y")),
        "z": ("segment", z, attrs("z")),
        "section_name": ("cell_section", names, {"long_name": "section"}),
    }
    data = {}
    for axis in "xyz":
        for k, end in enumerate(("start", "end")):
            values = np.asarray(getattr(segments, axis), dtype=float)[:, k]
            data[f"{axis}_{end}"] = ("segment", values, {"units": "um", "long_name": f"{axis} of the segment's {end}"})
    for name, values in (("diameter", segments.d), ("area", segments.area), ("length", segments.length)):
        data[name] = ("segment", np.asarray(values, dtype=float), attrs(name))
    data |= _sections(segments) | _axial(segments) | _points(segments)
    dataset = xr.Dataset(data, coords, {"kind": "geometry"})
    check(dataset, "geometry")
    return dataset


def _sections(segments: Segments) -> dict[str, tuple]:
    parent = np.asarray(segments.section_parent, dtype=np.int64)
    parent_x = np.where(parent < 0, _ROOT_PARENT_X, np.asarray(segments.section_parent_x, dtype=float))
    return {
        "section_parent": ("cell_section", parent, {"long_name": "index of the parent section, -1 at a root"}),
        "section_parent_x": (
            "cell_section",
            parent_x,
            {"units": "1", "long_name": "normalised position on the parent, -1 at a root"},
        ),
        "section_reversed": (
            "cell_section",
            segments.section_reversed.astype(np.int64),
            {"long_name": "1 where the section hangs on its parent with its 1 end, else 0"},
        ),
    }


def _axial(segments: Segments) -> dict[str, tuple]:
    resistances = {"axial_resistance": "segment", "far_resistance": "cell_section"}
    if all(np.isnan(getattr(segments, name)).all() for name in resistances):
        return {}
    return {name: (dim, np.array(getattr(segments, name)), attrs(name)) for name, dim in resistances.items()}


def _points(segments: Segments) -> dict[str, tuple]:
    points = np.concatenate([np.asarray(p, dtype=float).reshape(-1, 4) for p in segments.points])
    owner = np.repeat(np.arange(len(segments.points)), [len(p) for p in segments.points]).astype(np.int64)
    columns = {
        f"point_{name}": ("point", points[:, k].copy(), {"units": "um", "long_name": f"{name} of the 3-D point"})
        for k, name in enumerate(("x", "y", "z", "diameter"))
    }
    return columns | {"point_section": ("point", owner, {"long_name": "index of the section of the 3-D point"})}


def segments_from_dataset(dataset: xr.Dataset) -> Segments:
    """The segments that a dataset of kind ``geometry`` describes.

    Raises
    ------
    DatasetError
        If it is not of that kind.
    """
    check(dataset, "geometry")

    def read(name: str) -> np.ndarray:
        return np.array(dataset[name].values)

    names = tuple(str(name) for name in dataset["section_name"].values)
    index = {name: i for i, name in enumerate(names)}
    foreign = sorted({str(name) for name in dataset["section"].values} - set(index))
    if foreign:
        raise DatasetError(f"geometry: segments of sections {foreign[:5]} that section_name does not list")
    optional = {name: read(name) for name in ("axial_resistance", "far_resistance") if name in dataset}
    if "section_reversed" in dataset:
        optional["section_reversed"] = read("section_reversed") == 1
    points = np.column_stack([read(f"point_{name}") for name in ("x", "y", "z", "diameter")])
    owner, parent = read("point_section"), read("section_parent")
    return Segments(
        **{axis: np.column_stack((read(f"{axis}_start"), read(f"{axis}_end"))) for axis in "xyz"},
        d=read("diameter"), area=read("area"), length=read("length"), section_x=read("section_x"),
        section=np.array([index[str(name)] for name in dataset["section"].values], dtype=np.int64),
        section_names=names, section_parent=parent,
        section_parent_x=np.where(parent < 0, np.nan, read("section_parent_x")),
        points=tuple(points[owner == i] for i in range(len(names))), **optional,
    )  # fmt: skip

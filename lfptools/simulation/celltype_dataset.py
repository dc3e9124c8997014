"""Sections as a dataset of kind ``cell_type``, and back without losing a bit."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr

from lfptools.schema.kinds import check
from lfptools.simulation.copying import Membrane, SectionData, ion_variables
from lfptools.simulation.mechanisms import mechanism_text
from lfptools.simulation.names import variable_attrs
from lfptools.units import attrs

_NO_PARENT_X = -1.0
_NO_STYLE = -1


def cell_type_dataset(names: Sequence[str], data: Sequence[SectionData], about: Mapping[str, object]) -> xr.Dataset:
    """Sections of one tree as a dataset.

    Parameters
    ----------
    names : sequence of str
        One a section, distinct.
    data : sequence of SectionData
        In the same order; their mechanisms are loaded in this process.
    about : mapping
        Attributes of the kind.

    Raises
    ------
    DatasetError
        If the kind does not allow them.
    """
    variables = {**_sections(data), **_segments(data), **_points(data), **_mechanisms(data)}
    nseg = [one.membrane.nseg for one in data]
    section = np.repeat(np.asarray(names, dtype=object), nseg)
    section_x = np.concatenate([(np.arange(n) + 0.5) / n for n in nseg])
    ids = [f"{name}({x:.9g})" for name, x in zip(section, section_x, strict=True)]
    coords = {
        "section_name": ("cell_section", np.asarray(names, dtype=object), {"long_name": "section"}),
        "segment_id": ("segment", np.asarray(ids, dtype=object), {"long_name": "segment"}),
        "section": ("segment", section, {"long_name": "section of the segment"}),
        "section_x": ("segment", section_x, attrs("section_x")),
    }
    mechanisms = _names_of(data)
    if mechanisms:
        coords["mechanism_id"] = ("mechanism", np.asarray(mechanisms, dtype=object), {"long_name": "mechanism or ion"})
    dataset = xr.Dataset(variables, coords, {"kind": "cell_type", **about})
    check(dataset, "cell_type")
    return dataset


def sections_of_dataset(dataset: xr.Dataset) -> list[SectionData]:
    """Sections from a dataset; its mechanisms must be loaded in this process."""
    own = _segments_of_sections(dataset)
    points = _points_of_sections(dataset)
    membranes = list(_membranes(dataset, own))

    def read(name: str) -> list:
        return dataset[name].values.tolist()

    columns = (
        read(f"section_{what}") for what in ("parent", "parent_x", "end", "rank", "rallbranch", "length")
    )  # fmt: skip
    diameter = dataset["diameter"].values
    return [
        SectionData(*column, points=points[k], diameters=diameter[own[k]], membrane=membranes[k])
        for k, column in enumerate(zip(*columns, strict=True))
    ]


def mechanism_hash(name: str) -> str:
    """Hash of the mod file that a mechanism of this process was compiled from; "" where NEURON has no text of it."""
    text = mechanism_text(name)
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


# --- to a dataset -----------------------------------------------------------------------------------------------------


def _sections(data: Sequence[SectionData]) -> dict[str, tuple]:
    def column(name: str, dtype: type, text: str, **more: object) -> tuple:
        return "cell_section", np.array([getattr(one, name) for one in data], dtype=dtype), {"long_name": text, **more}

    parent_x = np.array([one.parent_x if one.parent >= 0 else _NO_PARENT_X for one in data])
    Ra = np.array([one.membrane.Ra for one in data])
    return {
        "section_parent": column("parent", np.int64, "index of the parent section, -1 at a root"),
        "section_parent_x": (
            "cell_section",
            parent_x,
            {"units": "1", "long_name": "normalised position on the parent, -1 at a root"},
        ),
        "section_end": column("end", np.int64, "the section's end that hangs on its parent"),
        "section_rank": column("rank", np.int64, "place among all that hang on the parent, as they were connected"),
        "section_rallbranch": column("rallbranch", float, "NEURON's rallbranch", units="1"),
        "section_length": column("length", float, "length of the section", units="um"),
        "section_axial_resistivity": ("cell_section", Ra, attrs("axial_resistivity")),
    }


def _segments(data: Sequence[SectionData]) -> dict[str, tuple]:
    return {
        "diameter": ("segment", np.concatenate([one.diameters for one in data]), attrs("diameter")),
        "capacitance": ("segment", np.concatenate([one.membrane.cm for one in data]), attrs("capacitance")),
    }


def _points(data: Sequence[SectionData]) -> dict[str, tuple]:
    points = np.concatenate([one.points for one in data])
    if not len(points):
        return {}
    owner = np.repeat(np.arange(len(data)), [len(one.points) for one in data]).astype(np.int64)
    columns = {
        f"point_{name}": ("point", points[:, k].copy(), {"units": "um", "long_name": f"{name} of the 3-D point"})
        for k, name in enumerate(("x", "y", "z", "diameter"))
    }
    return columns | {"point_section": ("point", owner, {"long_name": "index of the section of the 3-D point"})}


def _names_of(data: Sequence[SectionData]) -> list[str]:
    return list(dict.fromkeys(name for one in data for name in one.membrane.mechanisms))


def _mechanisms(data: Sequence[SectionData]) -> dict[str, tuple]:
    names = _names_of(data)
    if not names:
        return {}
    inserted = np.array([[name in one.membrane.mechanisms for one in data] for name in names], dtype=np.int64)
    styles = [[one.membrane.styles.get(name, _NO_STYLE) for one in data] for name in names]
    sources = np.array([mechanism_hash(name) for name in names], dtype=object)
    rows = ("mechanism", "cell_section")
    return {
        "mechanism_inserted": (rows, inserted, {"long_name": "1 where the section has the mechanism"}),
        "mechanism_ion_style": (rows, np.array(styles), {"long_name": "NEURON's ion_style, -1 where there is none"}),
        "mechanism_source": ("mechanism", sources, {"long_name": "SHA-256 of the mod file"}),
        **{name: found for mechanism in names for name, found in _parameters(mechanism, data)},
    }


def _parameters(mechanism: str, data: Sequence[SectionData]) -> Iterator[tuple[str, tuple]]:
    """Values per segment of a mechanism's parameters (of an ion: its potential and concentrations), NaN elsewhere."""
    found: dict[str, list[np.ndarray]] = {}
    for k, one in enumerate(data):
        if mechanism in one.membrane.mechanisms:
            for name, values in _values(mechanism, one.membrane).items():
                found.setdefault(name, [None] * len(data))[k] = values
    for name, columns in found.items():
        shape = next(values.shape[1:] for values in columns if values is not None)
        whole = [
            np.full((one.membrane.nseg, *shape), np.nan) if values is None else values
            for one, values in zip(data, columns, strict=True)
        ]
        dims = ("segment", f"{name}_index") if shape else ("segment",)
        yield name, (dims, np.concatenate(whole), {**variable_attrs(name), "mechanism": mechanism})


def _values(mechanism: str, membrane: Membrane) -> dict[str, np.ndarray]:
    if mechanism not in membrane.styles:
        return membrane.parameters(mechanism)
    return {name: np.array(membrane.ions[name]) for name in ion_variables(mechanism)}


# --- and back ---------------------------------------------------------------------------------------------------------


def _segments_of_sections(dataset: xr.Dataset) -> list[np.ndarray]:
    section = dataset["section"].values
    return [np.flatnonzero(section == name) for name in dataset["section_name"].values]


def _points_of_sections(dataset: xr.Dataset) -> list[np.ndarray]:
    if "point_section" not in dataset:
        return [np.empty((0, 4))] * dataset.sizes["cell_section"]
    points = np.column_stack([dataset[f"point_{name}"].values for name in ("x", "y", "z", "diameter")])
    owner = dataset["point_section"].values
    return [points[owner == k] for k in range(dataset.sizes["cell_section"])]


def _membranes(dataset: xr.Dataset, own: Sequence[np.ndarray]) -> Iterator[Membrane]:
    Ra, cm = dataset["section_axial_resistivity"].values, dataset["capacitance"].values
    names = [str(name) for name in dataset["mechanism_id"].values] if "mechanism_id" in dataset.coords else []
    of_mechanism: dict[str, dict[str, np.ndarray]] = {name: {} for name in names}
    for name, variable in dataset.data_vars.items():
        if "mechanism" in variable.attrs:
            of_mechanism[variable.attrs["mechanism"]][str(name)] = variable.values
    inserted = dataset["mechanism_inserted"].values if names else np.empty((0, len(own)))
    style = dataset["mechanism_ion_style"].values if names else inserted
    for k, segments in enumerate(own):
        here = [(name, i) for i, name in enumerate(names) if inserted[i, k]]
        styles = {name: int(style[i, k]) for name, i in here if style[i, k] != _NO_STYLE}
        parameters = {
            name: {} if name in styles else {one: values[segments] for one, values in of_mechanism[name].items()}
            for name, _ in here
        }
        ions = {
            one: values[segments].tolist() for name in styles for one, values in of_mechanism[name].items()
        }  # fmt: skip
        yield Membrane.from_parameters(float(Ra[k]), cm[segments].tolist(), styles, parameters, ions)

"""What the values of each kind of dataset must obey. Each function yields what is wrong, in words."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lfptools.units import unit


def labels(dataset: xr.Dataset) -> Iterator[str]:
    """Ids are distinct and not empty."""
    for name in (*(name for name in dataset.coords if str(name).endswith("_id")), "section_name"):
        if name not in dataset.coords:
            continue
        values = [str(value) for value in dataset[name].values.ravel()]
        if "" in values:
            yield f"variable {name!r}: expected ids, got an empty one at index {values.index('')}"
        if len(set(values)) != len(values):
            repeated = sorted({value for value in values if values.count(value) > 1})[:5]
            yield f"variable {name!r}: expected distinct ids, got repeated {repeated}"


def finite_coordinates(dataset: xr.Dataset) -> Iterator[str]:
    """No coordinate holds NaN or infinities."""
    for name, variable in dataset.coords.items():
        if variable.dtype.kind == "f":
            yield from _finite(str(name), variable.values)


def every_dimension_is_not_empty(dataset: xr.Dataset) -> Iterator[str]:
    """A dimension of length 0 holds nothing, and NetCDF would make it unlimited."""
    for dim, size in dataset.sizes.items():
        if size == 0:
            yield f"dimension {dim!r}: expected at least one entry, got none"


def holds_data(dataset: xr.Dataset) -> Iterator[str]:
    """There is something in it."""
    if not dataset.data_vars:
        yield "expected at least one data variable, got none"


def times(dataset: xr.Dataset) -> Iterator[str]:
    """t does not go back; with a fixed step it goes on."""
    t = dataset["t"].values
    steps = np.diff(t)
    variable = dataset.attrs.get("variable_dt", 1)
    if variable not in (0, 1):
        yield f"attribute 'variable_dt': expected 0 or 1, got {variable!r}"
    wrong = np.flatnonzero(steps < 0) if variable else np.flatnonzero(steps <= 0)
    if wrong.size:
        k = int(wrong[0])
        order = "nondecreasing" if variable else "strictly increasing (fixed step)"
        yield f"variable 't': expected {order}, got {t[k]} then {t[k + 1]} ms at index {k + 1}"


def geometry(dataset: xr.Dataset) -> Iterator[str]:
    """Positive sizes, indices in range, a tree."""
    for name in dataset.data_vars:
        if dataset[name].dtype.kind == "f":
            yield from _finite(str(name), dataset[name].values)
    for name in ("diameter", "length"):
        yield from _positive(name, dataset[name].values)
    yield from _at_least("area", dataset["area"].values, 0.0)
    yield from _tree(dataset)


def cell_type(dataset: xr.Dataset) -> Iterator[str]:
    """Positive sizes, indices in range, a tree; a parameter has a value wherever its mechanism is."""
    core = [str(name) for name in dataset.data_vars if "mechanism" not in dataset[name].attrs]
    for name in core:
        if dataset[name].dtype.kind == "f":
            yield from _finite(name, dataset[name].values)
    for name in ("diameter", "section_length", "section_axial_resistivity"):
        yield from _positive(name, dataset[name].values)
    yield from _at_least("capacitance", dataset["capacitance"].values, 0.0)
    yield from _index("section_end", dataset["section_end"].values, 0, 2)
    yield from _tree(dataset)
    if "mechanism" not in dataset.sizes:
        return
    inserted = dataset["mechanism_inserted"].values
    yield from _index("mechanism_inserted", inserted.ravel(), 0, 2)
    index = {name: k for k, name in enumerate(dataset["section_name"].values.tolist())}
    own = np.array([index.get(name, -1) for name in dataset["section"].values.tolist()])
    mechanisms = dataset["mechanism_id"].values.tolist()
    for name in sorted(set(map(str, dataset.data_vars)) - set(core)):
        has = inserted[mechanisms.index(dataset[name].attrs["mechanism"])][own] == 1
        yield from _finite(str(name), dataset[name].values[has])


def _tree(dataset: xr.Dataset) -> Iterator[str]:
    """Segments of sections, sections that hang on each other without a cycle, points of sections."""
    yield from _between("section_x", dataset["section_x"].values, 0.0, 1.0)
    for name in ("axial_resistance", "far_resistance"):
        if name in dataset:
            yield from _positive(name, dataset[name].values)
    sections = dataset.sizes["cell_section"]
    if "section_reversed" in dataset:
        yield from _index("section_reversed", dataset["section_reversed"].values, 0, 2)
    yield from _index("section_parent", dataset["section_parent"].values, -1, sections)
    if "point_section" in dataset:
        yield from _index("point_section", dataset["point_section"].values, 0, sections)
    parent = dataset["section_parent"].values
    root = parent < 0
    yield from _between("section_parent_x", dataset["section_parent_x"].values[~root], 0.0, 1.0)
    depth, at = 0, np.arange(sections)
    while (at >= 0).any() and depth <= sections and not (parent >= sections).any():
        at, depth = np.where(at >= 0, parent[at], -1), depth + 1
    if depth > sections:
        yield "variable 'section_parent': expected a tree, got a cycle"
    known = set(dataset["section_name"].values.tolist())
    foreign = sorted({str(name) for name in dataset["section"].values.tolist()} - known)
    if foreign:
        yield f"variable 'section': expected names of section_name, got {foreign[:5]}"


def placed(dataset: xr.Dataset) -> Iterator[str]:
    """Synapses and electrodes sit on segments that exist."""
    count = dataset.sizes.get("segment", np.iinfo(np.int64).max)
    for name in ("synapse_segment", "electrode_segment"):
        if name in dataset.coords:
            yield from _index(name, dataset[name].values, 0, count)


def clamped_pairs(dataset: xr.Dataset) -> Iterator[str]:
    """How many contacts were too close to a segment is known."""
    count = dataset.attrs["clamped_pairs"]
    if not isinstance(count, int | np.integer) or count < 0:
        yield f"attribute 'clamped_pairs': expected a count >= 0, got {count!r}"


def lead_field(dataset: xr.Dataset) -> Iterator[str]:
    """One matrix, with units; where its entries are listed, each has its place."""
    names = [str(name) for name in dataset.data_vars]
    listed = "entry" in dataset.dims
    wanted = ["lead_field", "row_index", "segment_index"] if listed else ["lead_field"]
    if sorted(names) != wanted:
        yield f"expected the data variables {wanted}, got {names}"
    elif listed:
        rows = dataset.attrs["rows"]
        yield from _index("row_index", dataset["row_index"].values, 0, dataset.sizes[rows])
        yield from _index("segment_index", dataset["segment_index"].values, 0, dataset.sizes["segment"])


def vertex_lead_field(dataset: xr.Dataset) -> Iterator[str]:
    """A potential or a magnetic field per dipole moment, along x, y and z."""
    matrices = {"potential": "potential_dipole_lead_field", "magnetic_field": "magnetic_dipole_lead_field"}
    quantity, units = dataset.attrs["quantity"], dataset["lead_field"].attrs.get("units")
    if quantity not in matrices:
        yield f"attribute 'quantity': expected one of {sorted(matrices)}, got {quantity!r}"
    elif units != unit(matrices[quantity]):
        yield f"variable 'lead_field': expected units {unit(matrices[quantity])!r}, got {units!r}"
    if [str(name) for name in dataset["component_id"].values] != ["x", "y", "z"]:
        yield f"variable 'component_id': expected x, y, z, got {dataset['component_id'].values.tolist()}"


def grid(dataset: xr.Dataset) -> Iterator[str]:
    """Axes increase, and potentials are finite."""
    for name in "xyz":
        steps = np.diff(dataset[name].values)
        if steps.size == 0 or (steps <= 0).any():
            yield f"variable {name!r}: expected at least two numbers that increase"
    yield from _finite("lead_field", dataset["lead_field"].values)


def signal(dataset: xr.Dataset) -> Iterator[str]:
    """One quantity."""
    if len(dataset.data_vars) != 1:
        yield f"expected one data variable, got {[str(name) for name in dataset.data_vars]}"


def _finite(name: str, values: np.ndarray) -> Iterator[str]:
    bad = np.argwhere(~np.isfinite(values))
    if bad.size:
        index = tuple(int(k) for k in bad[0])
        yield f"variable {name!r}: expected finite numbers, got {values[index]} at index {list(index)}"


def _positive(name: str, values: np.ndarray) -> Iterator[str]:
    bad = np.flatnonzero(values <= 0)
    if bad.size:
        yield f"variable {name!r}: expected numbers > 0, got {values[bad[0]]} at index {bad[0]}"


def _at_least(name: str, values: np.ndarray, low: float) -> Iterator[str]:
    yield from _between(name, values, low, np.inf)


def _between(name: str, values: np.ndarray, low: float, high: float) -> Iterator[str]:
    bad = np.flatnonzero((values < low) | (values > high))
    if bad.size:
        yield f"variable {name!r}: expected numbers in {low:g}..{high:g}, got {values[bad[0]]} at index {bad[0]}"


def _index(name: str, values: np.ndarray, low: int, count: int) -> Iterator[str]:
    bad = np.flatnonzero((values < low) | (values >= count))
    if bad.size:
        yield f"variable {name!r}: expected indices in {low}..{count - 1}, got {values[bad[0]]} at index {bad[0]}"

"""The kinds of datasets: dimensions, types, units of their variables, as a table and a check.

``geometry``, ``cell_type``, ``lead_field``, ``run`` and ``signal`` are closed: a variable that the table does not name,
and that no free pattern of the kind allows, is an error. ``figure_data`` and ``analysis`` are open: any variable
with units.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import xarray as xr

from lfptools.errors import DatasetError, unknown_name
from lfptools.schema import invariants
from lfptools.schema.labels import is_row_label
from lfptools.units import QUANTITIES


@dataclass(frozen=True)
class Variable:
    """What one variable of a kind must be.

    Parameters
    ----------
    dims : tuple of str
        Dimensions, in order.
    dtype : str
        ``"float"`` (float64), ``"int"`` (int64) or ``"str"``.
    units : str, optional
        What its ``units`` attribute must be; None for labels and indices.
    required : bool
        Whether the kind needs it (where its first dimension exists, see :class:`Kind`).
    """

    dims: tuple[str, ...]
    dtype: str = "float"
    units: str | None = None
    required: bool = True


@dataclass(frozen=True)
class Free:
    """Variables under names of their own that a kind allows.

    Parameters
    ----------
    says : str
        The pattern in words, for messages.
    matches : callable
        ``(name, variable, dataset) -> bool``.
    """

    says: str
    matches: Callable[[str, xr.DataArray, xr.Dataset], bool]


@dataclass(frozen=True)
class Kind:
    """A kind of dataset.

    Parameters
    ----------
    coords, data : mapping of str to Variable
        What it holds. A coordinate is required only where its dimension exists.
    free : tuple of Free
        What else it may hold.
    attrs : tuple of str
        Attributes that it must carry.
    invariants : tuple of callable
        ``(dataset) -> iterable of str``: what is wrong with the values, as ``"variable 'x': expected …, got …"``.
    open : bool
        Any variable is allowed.
    """

    coords: Mapping[str, Variable]
    data: Mapping[str, Variable]
    free: tuple[Free, ...] = ()
    attrs: tuple[str, ...] = ()
    invariants: tuple[Callable, ...] = ()
    open: bool = False
    variables: Mapping[str, Variable] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "variables", {**self.coords, **self.data})


_UM = QUANTITIES["x"][0]


def _segment_coords(*, required: bool) -> dict[str, Variable]:
    """Labels of the dimension ``segment``: always the id; the others where the kind is about segments."""
    return {
        "segment_id": Variable(("segment",), "str"),
        "section": Variable(("segment",), "str", required=required),
        "section_x": Variable(("segment",), units="1", required=required),
        **{axis: Variable(("segment",), units=_UM, required=required) for axis in "xyz"},
    }


def _point_coords(dim: str) -> dict[str, Variable]:
    return {f"{dim}_id": Variable((dim,), "str")} | {
        f"{dim}_{axis}": Variable((dim,), units=_UM, required=dim == "contact") for axis in "xyz"
    }


def _placed_coords(dim: str) -> dict[str, Variable]:
    return {
        f"{dim}_id": Variable((dim,), "str"),
        f"{dim}_at": Variable((dim,), "str", required=False),
        f"{dim}_segment": Variable((dim,), "int", required=False),
    }


def _quantity(name: str, dims: tuple[str, ...], required: bool = False) -> Variable:
    return Variable(dims, units=QUANTITIES[name][0], required=required)


def _is_row_label(name: str, variable: xr.DataArray, dataset: xr.Dataset) -> bool:
    return name in dataset.coords and variable.ndim == 1 and is_row_label(name, str(variable.dims[0]))


def _has_rows(variable: xr.DataArray, dataset: xr.Dataset, other: str) -> bool:
    return variable.ndim == 2 and variable.dims[1] == other and f"{variable.dims[0]}_id" in dataset.coords


def _is_recorded(name: str, variable: xr.DataArray, dataset: xr.Dataset) -> bool:
    return _has_rows(variable, dataset, "t") and variable.dims[0] in (f"{name}_site", "segment")


def _is_signal(name: str, variable: xr.DataArray, dataset: xr.Dataset) -> bool:
    dim = str(variable.dims[0]) if variable.ndim else ""
    return _has_rows(variable, dataset, "t") and (dim.endswith(("contact", "component", "bin")) or name in QUANTITIES)


def _is_lead_field(name: str, variable: xr.DataArray, dataset: xr.Dataset) -> bool:
    if variable.dims == ("entry",):
        return name == "lead_field" and f"{dataset.attrs.get('rows')}_id" in dataset.coords
    return name == "lead_field" and _has_rows(variable, dataset, "segment")


def _is_quantity_over_t(name: str, variable: xr.DataArray, dataset: xr.Dataset) -> bool:
    return name in QUANTITIES and _has_rows(variable, dataset, "t")


def _is_parameter(name: str, variable: xr.DataArray, dataset: xr.Dataset) -> bool:
    return variable.dims in (("segment",), ("segment", f"{name}_index")) and variable.attrs.get("mechanism") in (
        dataset["mechanism_id"].values.tolist() if "mechanism_id" in dataset.coords else ()
    )


_T = {"t": Variable(("t",), units="ms")}
_ROW_LABELS = Free("labels <dim>_id, <dim>_x, <dim>_radius, … of a dimension of rows", _is_row_label)
_LABELS = (invariants.labels, invariants.finite_coordinates, invariants.every_dimension_is_not_empty)

KINDS: Final[dict[str, Kind]] = {
    "geometry": Kind(
        coords={**_segment_coords(required=True), "section_name": Variable(("cell_section",), "str")},
        data={
            **{f"{axis}_{end}": Variable(("segment",), units=_UM) for axis in "xyz" for end in ("start", "end")},
            **{name: _quantity(name, ("segment",), required=True) for name in ("diameter", "area", "length")},
            "section_parent": Variable(("cell_section",), "int"),
            "section_parent_x": Variable(("cell_section",), units="1"),
            "section_reversed": Variable(("cell_section",), "int", required=False),
            "axial_resistance": _quantity("axial_resistance", ("segment",)),
            "far_resistance": _quantity("far_resistance", ("cell_section",)),
            **{f"point_{what}": Variable(("point",), units=_UM) for what in ("x", "y", "z", "diameter")},
            "point_section": Variable(("point",), "int"),
        },
        invariants=(*_LABELS, invariants.geometry),
    ),
    "cell_type": Kind(
        coords={
            "segment_id": Variable(("segment",), "str"),
            "section": Variable(("segment",), "str"),
            "section_x": Variable(("segment",), units="1"),
            "section_name": Variable(("cell_section",), "str"),
            "mechanism_id": Variable(("mechanism",), "str"),
        },
        data={
            "diameter": _quantity("diameter", ("segment",), required=True),
            "capacitance": _quantity("capacitance", ("segment",), required=True),
            **{f"section_{what}": Variable(("cell_section",), "int") for what in ("parent", "end", "rank")},
            "section_parent_x": Variable(("cell_section",), units="1"),
            "section_rallbranch": Variable(("cell_section",), units="1"),
            "section_length": Variable(("cell_section",), units=_UM),
            "section_axial_resistivity": Variable(("cell_section",), units=QUANTITIES["axial_resistivity"][0]),
            **{
                f"point_{what}": Variable(("point",), units=_UM, required=False) for what in ("x", "y", "z", "diameter")
            },
            "point_section": Variable(("point",), "int", required=False),
            "mechanism_inserted": Variable(("mechanism", "cell_section"), "int", required=False),
            "mechanism_ion_style": Variable(("mechanism", "cell_section"), "int", required=False),
            "mechanism_source": Variable(("mechanism",), "str", required=False),
        },
        free=(
            Free("a parameter (segment) or (segment, <parameter>_index) with the attribute 'mechanism'", _is_parameter),
        ),
        attrs=(
            "model",
            "celsius_degC",
            "v_init_mV",
            "globals",
            "own_run",
            "extracellular_layers",
            "point_processes",
            "left_out",
            "verification",
        ),
        invariants=(*_LABELS, invariants.cell_type),
    ),
    "lead_field": Kind(
        coords={
            **_segment_coords(required=False),
            **_point_coords("contact"),
            "component_id": Variable(("component",), "str"),
        },
        data={name: Variable(("entry",), "int", required=False) for name in ("row_index", "segment_index")},
        free=(
            Free(
                "lead_field(rows, segment), or lead_field(entry) with row_index and segment_index; labels <rows>_id",
                _is_lead_field,
            ),
            _ROW_LABELS,
        ),
        attrs=("model", "parameters", "quantity", "clamped_pairs"),
        invariants=(*_LABELS, invariants.lead_field, invariants.clamped_pairs),
    ),
    "run": Kind(
        coords={
            **_T,
            **_segment_coords(required=False),
            **{name: _quantity(name, ("segment",)) for name in ("area", "diameter", "length")},
            **_point_coords("contact"),
            "component_id": Variable(("component",), "str"),
            **_placed_coords("synapse"),
            **_placed_coords("electrode"),
            **_placed_coords("place"),
            "electrode_stands_for": Variable(("electrode",), "str", required=False),
        },
        data={
            "net_current": _quantity("net_current", ("t",), required=True),
            "soma_potential": _quantity("soma_potential", ("t",)),
            "membrane_current": _quantity("membrane_current", ("segment", "t")),
            "membrane_potential": _quantity("membrane_potential", ("segment", "t")),
            "surface_potential": _quantity("surface_potential", ("segment", "t")),
            "synapse_current": _quantity("synapse_current", ("synapse", "t")),
            "synapse_potential": _quantity("synapse_potential", ("synapse", "t")),
            "electrode_current": _quantity("electrode_current", ("electrode", "t")),
            "electrode_potential": _quantity("electrode_potential", ("electrode", "t")),
            "place_potential": _quantity("place_potential", ("place", "t")),
        },
        free=(
            Free("a recorded <name>(<name>_site, t) with labels <name>_site_id, or <name>(segment, t)", _is_recorded),
            Free("a signal (contact or component, t)", _is_signal),
            _ROW_LABELS,
        ),
        attrs=("variable_dt", "dt_ms", "t_start_ms", "t_stop_ms"),
        invariants=(*_LABELS, invariants.times, invariants.placed),
    ),
    "signal": Kind(
        coords={**_T, **_point_coords("contact"), "component_id": Variable(("component",), "str")},
        data={},
        free=(
            Free("one quantity of lfptools.units (rows, t), with labels <rows>_id", _is_quantity_over_t),
            _ROW_LABELS,
        ),
        attrs=("model", "parameters", "clamped_pairs"),
        invariants=(*_LABELS, invariants.times, invariants.signal, invariants.clamped_pairs),
    ),
    "analysis": Kind(
        coords={},
        data={},
        open=True,
        attrs=("analysis", "of", "parameters"),
        invariants=(*_LABELS, invariants.holds_data),
    ),
    "vertex_lead_field": Kind(
        coords={
            **_point_coords("contact"),
            **{f"vertex_{axis}": Variable(("vertex",), units=_UM) for axis in "xyz"},
            "component_id": Variable(("component",), "str"),
        },
        data={"lead_field": Variable(("contact", "vertex", "component"))},
        free=(_ROW_LABELS,),
        attrs=("quantity",),
        invariants=(*_LABELS, invariants.vertex_lead_field),
    ),
    "grid_lead_field": Kind(
        coords={**_point_coords("contact"), **{axis: Variable((axis,), units=_UM) for axis in "xyz"}},
        data={"lead_field": Variable(("contact", "x", "y", "z"), units=QUANTITIES["potential_lead_field"][0])},
        free=(_ROW_LABELS,),
        invariants=(*_LABELS, invariants.grid),
    ),
    "figure_data": Kind(
        coords={}, data={}, open=True, invariants=(invariants.every_dimension_is_not_empty, invariants.holds_data)
    ),
}

_DTYPES: Final = {"float": "f8", "int": "i8"}


def kind_of(name: object) -> Kind:
    """The kind of this name.

    Raises
    ------
    DatasetError
        For an unknown name; says the nearest.
    """
    if name not in KINDS:
        raise DatasetError(unknown_name("kind of dataset", name, KINDS))
    return KINDS[str(name)]


def check(dataset: xr.Dataset, kind: str) -> None:
    """Check names, dimensions, types, units, attributes and labels of a dataset; its data over t are not read.

    Raises
    ------
    DatasetError
        Names the kind, the variable, what was expected and what came.
    """
    rules = kind_of(kind)
    faults = [
        *_missing(dataset, rules),
        *(fault for name in dataset.variables for fault in _variable_faults(str(name), dataset, rules)),
    ]
    if not faults:
        faults = [fault for invariant in rules.invariants for fault in invariant(dataset)]
    if faults:
        more = f" (and {len(faults) - 1} more faults)" if len(faults) > 1 else ""
        raise DatasetError(f"dataset of kind {kind!r}: {faults[0]}{more}")


def _missing(dataset: xr.Dataset, rules: Kind) -> list[str]:
    faults = []
    for name, variable in rules.variables.items():
        wanted = variable.required and (name in rules.data or variable.dims[0] in dataset.dims)
        if name == "t" or wanted:
            if name not in dataset.variables:
                faults.append(f"variable {name!r} is missing; expected {variable.dtype} {variable.dims}")
            elif (name in rules.coords) != (name in dataset.coords):
                place = "a coordinate" if name in rules.coords else "a data variable"
                faults.append(f"variable {name!r}: expected {place}, got the other")
    faults += [
        f"attribute {name!r} is missing; got {sorted(map(str, dataset.attrs))}"
        for name in rules.attrs
        if name not in dataset.attrs
    ]
    return faults


def _variable_faults(name: str, dataset: xr.Dataset, rules: Kind) -> list[str]:
    variable = dataset[name]
    wanted = rules.variables.get(name)
    if wanted is None:
        if rules.open or any(free.matches(name, variable, dataset) for free in rules.free):
            return _free_faults(name, variable, rules)
        legal = "; ".join(free.says for free in rules.free)
        return [
            f"{unknown_name('variable', name, rules.variables)} Its dimensions are {variable.dims}."
            + (f" Also legal: {legal}." if legal else "")
        ]
    faults = []
    if variable.dims != wanted.dims:
        faults.append(f"variable {name!r}: expected dimensions {wanted.dims}, got {variable.dims}")
    right = is_text(variable) if wanted.dtype == "str" else variable.dtype == _DTYPES[wanted.dtype]
    if not right:
        faults.append(f"variable {name!r}: expected {_DTYPES.get(wanted.dtype, 'text')}, got {variable.dtype}")
    if wanted.units is not None and variable.attrs.get("units") != wanted.units:
        faults.append(f"variable {name!r}: expected units {wanted.units!r}, got {variable.attrs.get('units')!r}")
    return faults


def _free_faults(name: str, variable: xr.DataArray, rules: Kind) -> list[str]:
    if is_text(variable):
        return []
    faults = []
    if variable.dtype not in ("f8", "i8"):
        faults.append(f"variable {name!r}: expected f8, i8 or text, got {variable.dtype}")
    if not isinstance(variable.attrs.get("units"), str):
        faults.append(f"variable {name!r}: expected an attribute 'units', got {variable.attrs.get('units')!r}")
    elif not rules.open and name in QUANTITIES and variable.attrs["units"] != QUANTITIES[name][0]:
        faults.append(f"variable {name!r}: expected units {QUANTITIES[name][0]!r}, got {variable.attrs['units']!r}")
    return faults


def may_hold_nan(name: str, dims: tuple[str, ...], kind: str) -> bool:
    """Whether a data variable may hold NaN: what not every segment, synapse or electrode has, or a figure's."""
    rules = kind_of(kind)
    recorded = name not in rules.variables and dims[0] == "segment"
    return rules.open or recorded or dims[0] in ("synapse", "electrode")


def is_text(variable: xr.DataArray) -> bool:
    """Whether a variable holds strings."""
    if variable.dtype.kind in "UT":
        return True
    return variable.dtype.kind == "O" and all(isinstance(value, str) for value in variable.values.ravel())

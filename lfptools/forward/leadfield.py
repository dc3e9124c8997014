"""The lead field as a labelled dataset of kind ``lead_field``."""

import numpy as np
import xarray as xr

from lfptools.errors import GeometryError
from lfptools.forward.model import ForwardModel
from lfptools.geometry.segments import Segments
from lfptools.io.lead_field import matrix_variables
from lfptools.schema.kinds import check
from lfptools.schema.labels import row_label_attrs
from lfptools.units import attrs


def lead_field_dataset(model: ForwardModel, segments: Segments | None = None) -> xr.Dataset:
    """The lead field of a model, with the names of contacts and segments.

    Parameters
    ----------
    model : ForwardModel
        With its cell.
    segments : Segments, optional
        Where the segments' ids come from. By default from the model's cell: ``cell`` itself or ``cell.segments``; a
        cell of plain arrays gets ``"segment[0]"``, ``"segment[1]"``, ….

    Returns
    -------
    xarray.Dataset
        Variable ``lead_field`` (rows, segment), or its entries that are not zero (:mod:`lfptools.io.lead_field`);
        labels of the rows, ids and middles of the segments; attributes ``model``, ``parameters`` (JSON), ``quantity``
        (of the signal that it yields), ``rows`` (their dimension), ``clamped_pairs`` and ``depends_on_origin`` (1 where
        currents that do not sum to zero give a signal that depends on the origin of the coordinates).

    Raises
    ------
    CellError, GeometryError
        As :meth:`ForwardModel.get_transformation_matrix`, and if ``segments`` are not as many as the cell's.
    """
    matrix = model.get_row_matrix()
    ids = segment_ids(model, segments)
    if len(ids) != matrix.shape[1]:
        raise GeometryError(f"the model's cell has {matrix.shape[1]} segments, but {len(ids)} segment ids were given")
    rows = model.row_dim
    coords = {"segment_id": ("segment", np.asarray(ids, dtype=object), {"long_name": "segment"})}
    middles = zip("xyz", model.geometry().midpoints.T, strict=True)
    coords |= {axis: ("segment", np.ascontiguousarray(values), attrs(axis)) for axis, values in middles}
    coords |= row_labels(model)
    dataset = xr.Dataset(
        matrix_variables(matrix, rows, attrs(model.matrix_quantity)),
        coords,
        {
            "kind": "lead_field",
            "model": model.model,
            "parameters": model.parameters.portable().model_dump_json(),
            "quantity": model.quantity,
            "rows": rows,
            "clamped_pairs": int(model.clamped_pairs or 0),
            "depends_on_origin": int(model.depends_on_origin),
        },
    )
    check(dataset, "lead_field")
    return dataset


def row_labels(model: ForwardModel) -> dict[str, tuple[str, np.ndarray, dict[str, object]]]:
    """Labels of the rows as coordinates: variable name to dimension, values, attributes."""
    found = {}
    for name, values in model.row_coords.items():
        array = np.asarray(values, dtype=object if isinstance(values[0], str) else float)
        found[name] = (model.row_dim, array, row_label_attrs(name, model.row_dim))
    return found


def segment_ids(model: ForwardModel, segments: Segments | None = None) -> tuple[str, ...]:
    """Ids of the segments that the columns belong to."""
    for owner in (segments, getattr(model.cell, "segments", None), model.cell):
        if isinstance(owner, Segments):
            return owner.ids
    return tuple(f"segment[{i}]" for i in range(len(model.cell.d)))

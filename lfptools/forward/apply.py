"""Lead field times currents: the signal, all at once or block by block from a file."""

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import xarray as xr

from lfptools.errors import DatasetError, LfptoolsWarning
from lfptools.io.lead_field import matrix_of, row_dim
from lfptools.io.product import blocked_product
from lfptools.io.stream import RunWriter, iter_blocks
from lfptools.provenance.record import Provenance
from lfptools.schema.kinds import check
from lfptools.units import attrs

BALANCE = 1e-6  # of the currents' absolute sum: what a sum of zero may be off by
SAME_PLACE = 1e-6  # µm


class Sink(Protocol):
    """Takes a signal in pieces along t, as :class:`lfptools.io.stream.RunWriter` does."""

    def append(self, values: Mapping[str, np.ndarray], t: np.ndarray) -> None:
        """Each variable (rows, k), and ``t`` (k,) in ms."""


def apply_lead_field(lead_field: xr.Dataset, run: xr.Dataset) -> xr.Dataset:
    """The signal of a run's membrane currents, of kind ``signal``.

    Parameters
    ----------
    lead_field : xarray.Dataset
        Of kind ``lead_field``.
    run : xarray.Dataset
        Of kind ``run``, with ``membrane_current`` (segment, t) in nA; may be lazy.

    Returns
    -------
    xarray.Dataset
        One variable, named by its quantity, (contact or component, t). The same bits as the lead field applied while
        NEURON runs.

    Raises
    ------
    DatasetError
        If the run holds no membrane currents or NaN among them, or the segments are not the same in the same order.

    Warns
    -----
    LfptoolsWarning
        If the signal is a dipole moment, or made from one, and the currents do not sum to zero: it depends on the
        origin of the coordinates.
    """
    signal = signal_template(lead_field)
    quantity, rows = lead_field.attrs["quantity"], row_dim(lead_field)
    values = np.empty((lead_field.sizes[rows], run.sizes["t"]))
    for where, block in signal_blocks(lead_field, run):
        values[:, where] = block
    t = ("t", np.asarray(run["t"].values, dtype=float), attrs("t"))
    signal = signal.assign_coords(t=t).assign({quantity: ((rows, "t"), values, attrs(quantity))})
    check(signal, "signal")
    return signal


def stream_lead_field(lead_field: xr.Dataset, run: xr.Dataset, sink: Sink) -> None:
    """As :func:`apply_lead_field`, block by block into ``sink``: memory does not grow with the run's length."""
    quantity, t = lead_field.attrs["quantity"], run["t"]
    for where, values in signal_blocks(lead_field, run):
        sink.append({quantity: values}, t=np.asarray(t[where].values, dtype=float))


def write_signal(
    lead_field: xr.Dataset, run: xr.Dataset, path: Path | str, provenance: Provenance | None = None
) -> None:
    """Write the signal of a run to a file, as :func:`stream_lead_field`; nothing is left behind by an error."""
    quantity, rows = lead_field.attrs["quantity"], row_dim(lead_field)
    variables = {quantity: ((rows, "t"), attrs(quantity))}
    _join(lead_field, run)
    with RunWriter(path, "signal", signal_template(lead_field), variables, run.sizes["t"], provenance) as writer:
        stream_lead_field(lead_field, run, writer)


def signal_template(lead_field: xr.Dataset) -> xr.Dataset:
    """A signal dataset without times: row coordinates and attributes."""
    rows = row_dim(lead_field)
    coords = {name: c for name, c in lead_field.coords.items() if c.dims == (rows,)}
    kept = {name: lead_field.attrs[name] for name in ("model", "parameters", "clamped_pairs")}
    return xr.Dataset(coords=coords, attrs={"kind": "signal", **kept})


def signal_blocks(lead_field: xr.Dataset, run: xr.Dataset) -> Iterator[tuple[slice, np.ndarray]]:
    """Where along t, and the signal (rows, k) there, in blocks of constant length (the last one shorter).

    Errors and warnings as :func:`apply_lead_field`.
    """
    _join(lead_field, run)
    matrix = matrix_of(lead_field)
    monopole = total = 0.0
    for where, currents in iter_blocks(run, "membrane_current"):
        if not np.isfinite(currents).all():
            segment, sample = np.argwhere(~np.isfinite(currents))[0]
            raise DatasetError(
                f"membrane_current is {currents[segment, sample]} in segment "
                f"{run['segment_id'].values[segment]} at sample {where.start + sample}: the run did not stay finite"
            )
        monopole = max(monopole, float(np.abs(currents.sum(axis=0)).max()))
        total = max(total, float(np.abs(currents).sum(axis=0).max()))
        yield where, blocked_product(matrix, currents)
    if lead_field.attrs.get("depends_on_origin") and monopole > BALANCE * total:
        warnings.warn(
            f"membrane currents sum to up to {monopole:.3g} nA (an electrode injects current): the "
            f"{lead_field.attrs['quantity'].replace('_', ' ')} of model {lead_field.attrs['model']!r}, which knows "
            "them as a dipole, then depends on where the origin of the cell's coordinates is",
            LfptoolsWarning,
            stacklevel=3,
        )


def _join(lead_field: xr.Dataset, run: xr.Dataset) -> None:
    if "membrane_current" not in run:
        raise DatasetError(
            "a lead field needs membrane_current (segment, t), and this run holds "
            f"{', '.join(map(str, run.data_vars)) or 'nothing'}; keep currents (run: {{keep: currents}}, rec_imem=True)"
        )
    for name, dataset in (("lead field", lead_field), ("run", run)):
        if "segment_id" not in dataset.coords:
            raise DatasetError(f"the {name} has no segment_id: its segments cannot be matched")
    ours, theirs = (tuple(map(str, d["segment_id"].values)) for d in (lead_field, run))
    if ours == theirs:
        _same_place(lead_field, run)
        return
    if sorted(ours) == sorted(theirs):
        raise DatasetError("lead field and run have the same segments in another order: both must come from one build")
    lost, unknown = sorted(set(theirs) - set(ours)), sorted(set(ours) - set(theirs))
    raise DatasetError(
        f"lead field ({len(ours)} segments) and run ({len(theirs)}) are not of the same cell: "
        f"{len(lost)} segments only in the run {lost[:5]}, {len(unknown)} only in the lead field {unknown[:5]}"
    )


def _same_place(lead_field: xr.Dataset, run: xr.Dataset) -> None:
    if not all(axis in dataset.coords for dataset in (lead_field, run) for axis in "xyz"):
        return
    ours, theirs = (np.array([d[axis].values for axis in "xyz"], dtype=float) for d in (lead_field, run))
    moved = np.flatnonzero(np.abs(ours - theirs).max(axis=0) > SAME_PLACE)
    if moved.size:
        first = moved[0]
        raise DatasetError(
            f"{moved.size} segments lie elsewhere in the run than in the lead field, the first "
            f"{run['segment_id'].values[first]} at {theirs[:, first].tolist()} and {ours[:, first].tolist()} µm: "
            "compute the lead field of the cell where it is now"
        )

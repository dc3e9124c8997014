"""Lead field times currents: the signal, all at once or block by block from a file."""

import warnings
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import xarray as xr

from lfptools.errors import DatasetError, LfptoolsWarning
from lfptools.io.product import BLOCK, blocked_product
from lfptools.units import attrs

BALANCE = 1e-6  # of the currents' absolute sum: what a sum of zero may be off by


class Sink(Protocol):
    """Takes a signal in pieces along t (``lfptools.io.stream.RunWriter``, a list …)."""

    def append(self, t: np.ndarray, **blocks: np.ndarray) -> None:
        """``t`` (k,) in ms and each variable (rows, k)."""


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
        If the run holds no membrane currents, or the segments are not the same in the same order.

    Warns
    -----
    LfptoolsWarning
        If the signal is a dipole moment and the currents do not sum to zero: it depends on the coordinates' origin.
    """
    signal = signal_template(lead_field)
    quantity, rows = lead_field.attrs["quantity"], lead_field["lead_field"].dims[0]
    blocks = [values for _, values in signal_blocks(lead_field, run)]
    values = np.concatenate(blocks, axis=1) if blocks else np.empty((lead_field.sizes[rows], 0))
    t = ("t", np.asarray(run["t"].values, dtype=float), attrs("t"))
    return signal.assign_coords(t=t).assign({quantity: ((rows, "t"), values, attrs(quantity))})


def stream_lead_field(lead_field: xr.Dataset, run: xr.Dataset, sink: Sink) -> None:
    """As :func:`apply_lead_field`, block by block into ``sink``: memory does not grow with the run's length."""
    quantity = lead_field.attrs["quantity"]
    for t, values in signal_blocks(lead_field, run):
        sink.append(t, **{quantity: values})


def signal_template(lead_field: xr.Dataset) -> xr.Dataset:
    """A signal dataset without times: row coordinates and attributes."""
    rows = lead_field["lead_field"].dims[0]
    coords = {name: c for name, c in lead_field.coords.items() if c.dims == (rows,)}
    kept = {name: lead_field.attrs[name] for name in ("model", "parameters", "clamped_pairs")}
    return xr.Dataset(coords=coords, attrs={"kind": "signal", **kept})


def signal_blocks(lead_field: xr.Dataset, run: xr.Dataset) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Times (k,) and signal (rows, k) in blocks of constant length, the last one shorter.

    Errors and warnings as :func:`apply_lead_field`.
    """
    _join(lead_field, run)
    matrix = np.asarray(lead_field["lead_field"].values, dtype=float)
    currents = run["membrane_current"].transpose("segment", "t")
    monopole = total = 0.0
    for first in range(0, run.sizes["t"], BLOCK):
        block = np.asarray(currents[:, first : first + BLOCK].values, dtype=float)
        monopole = max(monopole, float(np.abs(block.sum(axis=0)).max()))
        total = max(total, float(np.abs(block).sum(axis=0).max()))
        yield np.asarray(run["t"][first : first + BLOCK].values, dtype=float), blocked_product(matrix, block)
    if lead_field.attrs["quantity"] == "current_dipole_moment" and monopole > BALANCE * total:
        warnings.warn(
            f"membrane currents sum to up to {monopole:.3g} nA (an electrode injects current): the current dipole "
            "moment then depends on where the origin of the coordinates is",
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
        return
    if sorted(ours) == sorted(theirs):
        raise DatasetError("lead field and run have the same segments in another order: both must come from one build")
    lost, unknown = sorted(set(theirs) - set(ours)), sorted(set(ours) - set(theirs))
    raise DatasetError(
        f"lead field ({len(ours)} segments) and run ({len(theirs)}) are not of the same cell: "
        f"{len(lost)} segments only in the run {lost[:5]}, {len(unknown)} only in the lead field {unknown[:5]}"
    )

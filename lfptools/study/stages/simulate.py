"""Stage simulate: a cell, its inputs and its run to what NEURON records."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scipy import sparse

from lfptools.io.lead_field import matrix_of, row_dim
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.provenance.record import Provenance
from lfptools.simulation.run import simulate_to_file
from lfptools.simulation.state import VariableStep
from lfptools.study.applied import applied_file
from lfptools.study.stages.neuron_cell import add_inputs, make_cell, make_recording
from lfptools.study.stages.prescribe import prescribe

_SIGNAL = "signal_"


class StoredLeadField:
    """A lead field from its file, as a simulation applies it while it runs."""

    def __init__(self, name: str, dataset: xr.Dataset):
        self.name, self.dataset = name, dataset
        self.quantity = str(dataset.attrs["quantity"])
        self.row_dim = row_dim(dataset)
        self.depends_on_origin = bool(dataset.attrs.get("depends_on_origin"))

    @property
    def row_coords(self) -> dict[str, object]:
        """Labels of the rows."""
        return {str(k): c.values for k, c in self.dataset.coords.items() if c.dims == (self.row_dim,)}

    def get_transformation_matrix(self) -> np.ndarray:
        """Shape (rows, segments)."""
        matrix = matrix_of(self.dataset)
        return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()

    def get_row_matrix(self) -> "np.ndarray | sparse.csr_array":
        """The same, sparse where it is stored so."""
        return matrix_of(self.dataset)


def simulate(
    config: Mapping[str, Any],
    inputs: Mapping[str, Any],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance,
) -> None:
    """Run a cell, or prescribe its currents, and write what is recorded.

    With ``keep: signals`` each signal is written too, as ``<key>.<lead field>.nc``.
    """
    run = config["run"]
    if "currents" in run:
        prescribe(run, inputs["geometry"], output, provenance)
        return
    given = run.get("variable_step")
    with make_cell(config["cell"], files, run, inputs.get("cell_type")) as cell:
        add_inputs(cell, config["inputs"], config["seed"], run)
        recording = make_recording(cell, config["record"], run["keep"])
        settings = {
            "variable_step": VariableStep(**given) if given else None,
            "second_order": run["second_order"],
            "mechanism_globals": run["globals"],
            "engine": run["engine"],
        }
        if run["keep"] == "currents":
            simulate_to_file(cell, output, (), recording, provenance=provenance, **settings)
            return
        with _lead_fields(inputs["lead_fields"], cell.segments.ids) as probes:
            together = output.with_name(f".{output.name}.together.nc")
            try:
                simulate_to_file(cell, together, probes, recording, provenance=provenance, **settings)
                _separate(together, probes, output, provenance)
            finally:
                together.unlink(missing_ok=True)


@contextmanager
def _lead_fields(paths: Mapping[str, Path], segment_ids: tuple[str, ...]) -> Iterator[list[StoredLeadField]]:
    """Open lead fields; their segments must be the cell's, in the same order."""
    from lfptools.errors import DatasetError

    datasets = {f"{_SIGNAL}{key}": open_dataset(path, "lead_field") for key, path in paths.items()}
    try:
        for dataset in datasets.values():
            if tuple(map(str, dataset["segment_id"].values)) != segment_ids:
                raise DatasetError("a lead field's segments are not those of the cell that is run: build it again")
        yield [StoredLeadField(name, dataset) for name, dataset in datasets.items()]
    finally:
        for dataset in datasets.values():
            dataset.close()


def _separate(together: Path, probes: list[StoredLeadField], output: Path, provenance: Provenance) -> None:
    """A file for the run and one for each signal, from the file that was streamed."""
    with open_dataset(together, "run") as everything:
        kept = everything.drop_vars([probe.name for probe in probes])
        dims = {dim for name in kept.data_vars for dim in kept[name].dims}
        write_dataset(kept.drop_dims(set(kept.sizes) - dims), output, "run", provenance)
        for probe in probes:
            values = everything[probe.name].variable.copy(deep=False)
            values.dims = (probe.row_dim, "t")  # probes with different contacts have dimensions of their own in the run
            rows = {
                name: (probe.row_dim, coord.values, coord.attrs)
                for name, coord in probe.dataset.coords.items()
                if coord.dims == (probe.row_dim,)
            }
            attrs = {name: probe.dataset.attrs[name] for name in ("model", "parameters", "clamped_pairs")}
            signal = xr.Dataset({probe.quantity: values}, {"t": everything["t"].variable, **rows}, attrs)
            key = probe.name.removeprefix(_SIGNAL)
            write_dataset(signal, applied_file(output, key), "signal", provenance)

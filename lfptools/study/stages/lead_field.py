"""Stage lead_field: a cell's geometry, a probe and a model to the matrix from currents to a signal. No NEURON."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.config.registry import load
from lfptools.forward.leadfield import lead_field_dataset
from lfptools.forward.registry import MODELS
from lfptools.io.geometry import segments_from_dataset
from lfptools.io.netcdf import open_dataset, write_dataset
from lfptools.probes.configured import PROBE, contacts_of
from lfptools.provenance.record import Provenance


def lead_field(
    config: Mapping[str, Any],
    inputs: Mapping[str, Path],
    files: Mapping[str, Path],
    output: Path,
    provenance: Provenance,
) -> None:
    """Compute a lead field and write it."""
    with open_dataset(inputs["geometry"], "geometry") as geometry:
        segments = segments_from_dataset(geometry)
    model = load(MODELS[config["model"]])
    own, probe = dict(config["parameters"]), dict(config["probe"])
    for role, path in files.items():
        key = role.removeprefix(PROBE)
        (own if key == role else probe)[key] = str(path)
    made = model.from_parameters(model.Parameters(**own), segments, contacts_of(probe))
    write_dataset(lead_field_dataset(made, segments), output, "lead_field", provenance)

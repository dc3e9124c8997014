"""Probes of probeinterface: a JSON file, a Neuropixels part number, or one of its generators."""

import inspect
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from lfptools.config.parameters import FileName
from lfptools.errors import GeometryError, unknown_name
from lfptools.geometry.contacts import Contacts
from lfptools.io.probeinterface import contacts_from_probe, neuropixels, read_probeinterface
from lfptools.probes.kind import Placed, probe_kind

GENERATORS: Final = {
    "tetrode": "generate_tetrode",
    "linear": "generate_linear_probe",
    "multi_columns": "generate_multi_columns_probe",
    "multi_shank": "generate_multi_shank",
}
"""Name in YAML to probeinterface's function."""


class ProbeinterfaceParameters(Placed):
    """Exactly one of ``file``, ``neuropixels`` and ``generator``, and which of the contacts are taken."""

    file: FileName | None = Field(None, description="path of a JSON file of probeinterface")
    probe: int | None = Field(
        None, ge=0, description="which probe of a file that holds several, from 0; by default all"
    )
    neuropixels: str | None = Field(None, min_length=1, description="imec's part number: NP1000, NP2014, …")
    generator: Literal["tetrode", "linear", "multi_columns", "multi_shank"] | None = Field(
        None, description="one of probeinterface's generate_… functions"
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="of the generator, by probeinterface's names and in its units (µm)"
    )
    plane: Literal["xz", "xy", "yz"] = Field(
        "xz", description="where the two axes of a flat probe go: xz stands upright, facing −y; xy lies, facing z"
    )
    first: int | None = Field(None, ge=1, description="only so many contacts, in the probe's order; or contacts")
    contacts: tuple[str, ...] | None = Field(None, min_length=1, description="only these, by their ids; or first")

    @model_validator(mode="after")
    def _one_source(self) -> "ProbeinterfaceParameters":
        given = [name for name in ("file", "neuropixels", "generator") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of file, neuropixels and generator is needed, got {given or 'none'}")
        for key, of in (("probe", "file"), ("arguments", "generator")):
            if getattr(self, key) not in (None, {}) and given != [of]:
                raise ValueError(f"{key} belongs to {of}")
        if self.first is not None and self.contacts is not None:
            raise ValueError("first and contacts are two ways to choose: give one of them")
        return self


@probe_kind(ProbeinterfaceParameters)
def probeinterface(p: ProbeinterfaceParameters) -> Contacts:
    """Contacts of a probe of probeinterface, whose origin is the probe's own; nothing is downloaded.

    Returns
    -------
    Contacts
        Ids and shanks are the probe's.

    References
    ----------
    Garcia et al. (2022), Front Neuroinform 16:823056, https://doi.org/10.3389/fninf.2022.823056
    """
    if p.file is not None:
        found = read_probeinterface(p.file, p.probe, p.plane)
    elif p.neuropixels is not None:
        found = neuropixels(p.neuropixels, p.plane)
    else:
        found = _generated(p)
    if p.contacts is not None:
        return found.chosen(p.contacts)
    if p.first is not None:
        if p.first > len(found):
            raise GeometryError(f"the probe has {len(found)} contacts, got first: {p.first}")
        return found.chosen(found.ids[: p.first])
    return found


def _generated(p: ProbeinterfaceParameters) -> Contacts:
    import probeinterface as pi

    function = getattr(pi, GENERATORS[p.generator])
    legal = set(inspect.signature(function).parameters) - {"kargs"}
    if p.generator == "multi_shank":  # hands the others on
        legal |= set(inspect.signature(pi.generate_multi_columns_probe).parameters)
    for name in p.arguments:
        if name not in legal:
            raise GeometryError(unknown_name(f"argument of generator {p.generator}", name, legal))
    try:
        made = function(**p.arguments)
    except (TypeError, ValueError, AssertionError, KeyError) as error:
        raise GeometryError(f"generator {p.generator}: probeinterface refuses {p.arguments}: {error}") from error
    return contacts_from_probe(made, p.plane)

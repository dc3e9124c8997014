"""What every file says about where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lfptools.provenance.files import canonical_json


@dataclass(frozen=True)
class Provenance:
    """Where a file's numbers come from. No time, host, user, path or core count: the same case gives the same bytes.

    Parameters
    ----------
    study, case, stage : str
        Study, case id, stage of the workflow.
    config : mapping
        The case's resolved configuration.
    git_commit : str
        Commit of the checkout, or ``"unknown"``.
    git_dirty : bool or None
        Whether the tree had changes; None where it is unknown.
    source_hash : str
        Hash of the lfptools source that the stage uses.
    versions : mapping of str to str
        See :func:`lfptools.provenance.versions.versions`.
    input_hashes : mapping of str to str
        Morphology, mod files.
    seed : int, optional
        The study's seed.
    """

    study: str = ""
    case: str = ""
    stage: str = ""
    config: Mapping[str, object] = field(default_factory=dict)
    git_commit: str = "unknown"
    git_dirty: bool | None = None
    source_hash: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    input_hashes: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None

    def attrs(self) -> dict[str, str | int]:
        """As NetCDF holds it: text and integers; mappings as JSON; what is not known is left out."""
        attrs: dict[str, str | int] = {
            "study": self.study,
            "case": self.case,
            "stage": self.stage,
            "config": canonical_json(self.config),
            "git_commit": self.git_commit,
            "source_hash": self.source_hash,
            "versions": canonical_json(self.versions),
            "input_hashes": canonical_json(self.input_hashes),
        }
        if self.git_dirty is not None:
            attrs["git_dirty"] = int(self.git_dirty)
        if self.seed is not None:
            attrs["seed"] = int(self.seed)
        return {name: value for name, value in attrs.items() if value != ""}

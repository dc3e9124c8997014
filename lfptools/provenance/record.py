"""What every file says about where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lfptools.provenance.files import canonical_json


@dataclass(frozen=True)
class Provenance:
    """Where a file's numbers come from. No time, host, user, path or core count: the same case gives the same bytes.

    Parameters
    ----------
    study, case, stage : str
        Study, case id where the file belongs to a single case, stage of the workflow.
    cases : sequence of str
        Ids of all cases that the file served when it was made: what cases share is made once.
    result : str
        Key of the file among those of its stage, or the figure's name.
    config : mapping
        What decided about the file: its part of the resolved configuration.
    study_config : mapping
        The study when the file was made.
    git_commit : str
        Commit of the checkout, or ``"unknown"``.
    git_dirty : bool or None
        Whether the tree had changes; None where it is unknown.
    source_hash : str
        Hash of the lfptools source that the stage uses.
    versions : mapping of str to str
        See :func:`lfptools.provenance.versions.versions`.
    input_hashes : mapping of str to str
        Morphology, mod files: of all that the numbers come from.
    seed : int, optional
        The study's seed.
    """

    study: str = ""
    case: str = ""
    stage: str = ""
    cases: Sequence[str] = ()
    result: str = ""
    config: Mapping[str, object] = field(default_factory=dict)
    study_config: Mapping[str, object] = field(default_factory=dict)
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
            "cases": canonical_json(self.cases) if self.cases else "",
            "result": self.result,
            "config": canonical_json(self.config),
            "study_config": canonical_json(self.study_config) if self.study_config else "",
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

"""The plan of a study: the members of all its cases, the jobs that make them, and where their files lie."""

from collections.abc import Container, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from lfptools.errors import ConfigError, unknown_name
from lfptools.io.results import CaseResults, StudyResults
from lfptools.provenance.files import content_hash
from lfptools.study.applied import applied_file
from lfptools.study.buckets import Buckets
from lfptools.study.cases import Case
from lfptools.study.files import portable
from lfptools.study.gathered import GatheredCase
from lfptools.study.load import Study
from lfptools.study.members import Member, Members, all_of
from lfptools.study.sources import source
from lfptools.study.task import StudyTasks, Task
from lfptools.study.variations import Level, Variation, derived_cases, derived_gathered

STAMP_DIGITS: Final = 12
SUFFIX: Final = {"compile": ".json"}


class Plan:
    """The members of a study, their folders and files.

    Parameters
    ----------
    study : Study
        Checked.
    results : Path
        Folder that holds a folder for each study.
    batch : int, optional
        About how many members one job makes, see :class:`~lfptools.study.buckets.Buckets`; the study's own number comes
        first.
    """

    def __init__(self, study: Study, results: Path | str = "results", batch: int | None = None):
        self.study = study
        self.folder = Path(results) / study.name
        self.of_case: dict[str, dict[str, Any]] = {}
        self._stamps: dict[tuple[str, str], str] = {}
        self._cases: dict[tuple[str, str], list[str]] = {}
        members = Members(study)
        self.members = members.by_stage
        self.named = members.named
        self._add_cases(members, study.cases, study.gathered)
        own = set(self._cases)
        self._add_cases(members, derived_cases(study.variations), derived_gathered(study.variations), shared=own)
        self._buckets = Buckets(self.members, set(self._cases) - own, study.model.batch or batch)

    # --- members ------------------------------------------------------------------------------------------------------

    def _add_cases(
        self, members: Members, cases: Iterable[Case], gathered: Iterable[GatheredCase],
        shared: Container[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        """Plan cases; members that are ``shared`` go on serving the cases that they serve."""

        def serves(case: Case | GatheredCase, found: Iterable[Member]) -> None:
            for member in found:
                known = (member.stage, member.key)
                if known not in shared:
                    self._cases.setdefault(known, []).append(case.id)

        for case in cases:
            self.of_case[case.id] = members.of_case(case)
            serves(case, all_of(self.of_case[case.id]))
        for one in gathered:
            self.of_case[one.id] = made = members.of_gathered(one, self.of_case)
            serves(one, (*made["signal"].values(), *made["analysis"].values()))

    def stamp(self, member: Member) -> str:
        """Of the source and the libraries that make a member, and of those that make its inputs."""
        known = (member.stage, member.key)
        if known not in self._stamps:
            before = sorted(self.stamp(inner) for inner in member.all_inputs())
            made_by = source(member.stage, [member.config])
            self._stamps[known] = content_hash([made_by, before])[:STAMP_DIGITS]
        return self._stamps[known]

    def cases_of(self, member: Member) -> list[str]:
        """Ids of the cases that a member serves, in the order of the study; derived cases where it serves no other."""
        return self._cases[member.stage, member.key]

    def file_hashes(self, experiments: Iterable[str] | None = None) -> dict[str, str]:
        """Hashes of the files that the cells and lead fields of some experiments (None: all) are made of.

        Keyed by role (``morphology``, ``file head.nc``, …), with the file's name where several have the same.
        """
        found: dict[str, dict[str, str]] = {}
        for case in self.cases(experiments):
            made = self.of_case[case.id]
            for member in (made["build"], *made["lead_field"].values()):
                for role, known in member.config["files"].items():
                    named = member.config["cell"].get(role, "")
                    found.setdefault(role, {})[known] = named["file"] if isinstance(named, Mapping) else named
        return {
            role if len(names) == 1 else " ".join(filter(None, (role, name, known[:8]))): known
            for role, names in found.items()
            for known, name in names.items()
        }

    def cases(self, experiments: Iterable[str] | None = None) -> list[Case]:
        """The cases of some experiments, or that are gathered under such names; None: all."""
        if experiments is None:
            return list(self.study.cases)
        names = set(experiments)
        gatherings = self.study.model.gathered
        names |= {gatherings[name].experiment for name in names if name in gatherings}
        return [case for case in self.study.cases if case.experiment in names]

    def gathered(self, experiments: Iterable[str] | None = None) -> list[GatheredCase]:
        """The gathered cases of some names; None: all."""
        names = None if experiments is None else set(experiments)
        return [case for case in self.study.gathered if names is None or case.experiment in names]

    # --- folders and files --------------------------------------------------------------------------------------------

    def bucket(self, member: Member) -> str:
        """The wildcard {bucket} of a member."""
        return self._buckets.name(member)

    def directory(self, member: Member) -> Path:
        """Folder of a member's bucket: what one job makes."""
        return self.folder / member.stage / self.bucket(member)

    def path(self, member: Member) -> Path:
        """File of a member."""
        return self.directory(member) / f"{member.key}{SUFFIX.get(member.stage, '.nc')}"

    def applied_path(self, simulate: Member, lead_field: Member) -> Path:
        """File of a signal that was computed while its cell ran."""
        return applied_file(self.path(simulate), lead_field.key)

    def in_bucket(self, stage: str, bucket: str) -> list[Member]:
        """Members of a stage that one job makes.

        Raises
        ------
        ConfigError
            If there is none.
        """
        buckets = self._buckets.members[stage]
        if bucket not in buckets:
            raise ConfigError(unknown_name(f"{stage} bucket of study {self.study.name!r}", bucket, buckets))
        return buckets[bucket]

    def inputs_of(self, stage: str, bucket: str) -> list[str]:
        """Folders that a job reads."""
        return self.directories(inner for member in self.in_bucket(stage, bucket) for inner in member.all_inputs())

    def directories(self, members: Iterable[Member]) -> list[str]:
        """Folders of members, each once."""
        return list(dict.fromkeys(str(self.directory(member)) for member in members))

    def data_of(self, experiments: Iterable[str] | None = None) -> list[str]:
        """Folders of everything that figures and measures of some experiments (None: all) may read."""
        return self._data_of([*self.cases(experiments), *self.gathered(experiments)])

    def data_of_variations(self, figure: str) -> list[str]:
        """Folders of everything that is read for what a figure asks of its number."""
        asked = self.variations_of(figure)
        own = [case for one in asked for case in (*one.cases, *one.gathered)]
        return self._data_of([*own, *(case for one in asked for case in (*one.derived(), *one.derived_gathered()))])

    def _data_of(self, cases: Iterable[Case | GatheredCase]) -> list[str]:
        members: list[Member] = []
        for case in cases:
            made = self.of_case[case.id]
            if isinstance(case, Case):
                members += [made["build"], made["simulate"], *made["lead_field"].values()]
            members += [signal for signal in made["signal"].values() if isinstance(signal, Member)]
            members += made["analysis"].values()
        return self.directories(members)

    def tasks(self) -> StudyTasks:
        """What every job has to do."""
        asked = self.study.variations
        cases = [*self.study.cases, *self.study.gathered, *derived_cases(asked), *derived_gathered(asked)]
        of_label = {case.id: f"{case.experiment}: {case.label}" for case in cases}
        found = {}
        for stage, buckets in self._buckets.members.items():
            for bucket, members in buckets.items():
                found[stage, bucket] = tuple(self._task(member, of_label) for member in members)
        config = portable(self.study.config())
        return StudyTasks(self.study.name, self.folder, config, self.study.model.seed, found)

    def _task(self, member: Member, of_label: Mapping[str, str]) -> Task:
        inputs = {
            role: {key: self.path(one) for key, one in value.items()}
            if isinstance(value, Mapping)
            else self.path(value)
            for role, value in member.inputs.items()
        }
        cases = tuple(self.cases_of(member))
        labels = tuple(of_label[case] for case in cases)
        name = self.path(member).name
        return Task(member.key, self.stamp(member), name, member.config, inputs, member.files, cases, labels)

    # --- results ------------------------------------------------------------------------------------------------------

    def paths_of(self, case: Case | GatheredCase) -> dict[str, Any]:
        """Where the results of a case lie, as :class:`lfptools.io.results.CaseResults` takes them."""
        made = self.of_case[case.id]
        if isinstance(case, GatheredCase):
            return {kind: {name: self.path(one) for name, one in made[kind].items()} for kind in made}
        signals = {
            name: self.path(signal) if isinstance(signal, Member) else self.applied_path(*signal)
            for name, signal in made["signal"].items()
        }
        return {
            "geometry": self.path(made["build"]), "run": self.path(made["simulate"]),
            "lead_field": {name: self.path(member) for name, member in made["lead_field"].items()}, "signal": signals,
            "analysis": {name: self.path(member) for name, member in made["analysis"].items()},
            **{role: self.path(one) for role, one in made["build"].inputs.items() if role == "cell_type"},
        }  # fmt: skip

    @cached_property
    def results(self) -> StudyResults:
        """The study's results, opened when they are looked at."""
        return self._results(self.study.cases, self.study.cases, self.study.gathered)

    def _results(
        self, cases: Iterable[Case], called: Iterable[Case], gathered: Iterable[GatheredCase] = ()
    ) -> StudyResults:
        """Results of cases under the experiments, labels and swept values of others."""
        found = tuple(
            CaseResults(case.id, name.experiment, name.label, name.values, case.config, self.paths_of(case))
            for case, name in zip(cases, called, strict=True)
        )
        found += tuple(
            CaseResults(case.id, case.experiment, case.label, case.values, {}, self.paths_of(case), gathered=True)
            for case in gathered
        )
        return StudyResults(self.study.name, self.study.title, self.study.config(), found)

    def variations_of(self, figure: str) -> list[Variation]:
        """What a figure asks of its number."""
        return [one for one in self.study.variations if one.figure == figure]

    def varied(self, variation: Variation, level: Level | None = None) -> StudyResults:
        """Results of a variation's own cases, or of those derived from them at a level, under the same names."""
        of = variation if level is None else level
        return self._results(of.cases, variation.cases, of.gathered)

"""What has to be computed for a study: members, each a function of the members and files it is made from.

A member's key is the hash of everything that decides about it, so what two cases share is computed once, and what has
not changed is not computed again.
"""

import math
from collections import ChainMap
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from lfptools.config.parameters import names_file, plain
from lfptools.errors import ConfigError, unknown_name
from lfptools.io.results import CaseResults, StudyResults
from lfptools.probes.configured import PROBE
from lfptools.provenance.archive_files import archive_hash
from lfptools.provenance.files import content_hash, file_hash
from lfptools.study.analyses import roles_of
from lfptools.study.applied import applied_file
from lfptools.study.cases import Case
from lfptools.study.files import find, folder_hash, hoc_model_files, morphology_hash, portable
from lfptools.study.gathered import GatheredCase, makes_signal
from lfptools.study.load import Study
from lfptools.study.recordings import order
from lfptools.study.scattered import scattered
from lfptools.study.sources import source
from lfptools.study.task import StudyTasks, Task
from lfptools.study.variations import Level, Variation, derived_cases

STAGES = ("compile", "capture", "build", "lead_field", "simulate", "forward", "recording", "gather", "analysis")
KEY_DIGITS = 20
STAMP_DIGITS = 12
FEW = 16
CHEAP = frozenset({"build", "lead_field", "forward", "recording", "analysis"})
LARGEST_BATCH = 100
SUFFIX = {"compile": ".json"}


@dataclass(frozen=True, eq=False)
class Member:
    """One result of one stage.

    Parameters
    ----------
    stage, key : str
        Its stage, and the hash of what decides about it.
    config : mapping
        The part of the configuration that decides about it, as plain data.
    inputs : mapping
        Role to the member that is read, or list of members.
    files : mapping
        Role to an absolute path; what is in it has a part in the key, where it lies has not.
    """

    stage: str
    key: str
    config: Mapping[str, Any]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)

    def all_inputs(self) -> list["Member"]:
        """Every member that is read."""
        found: list[Member] = []
        for value in self.inputs.values():
            found += list(value.values()) if isinstance(value, Mapping) else [value]
        return found


class Plan:
    """The members of a study, their folders and files.

    Parameters
    ----------
    study : Study
        Checked.
    results : Path
        Folder that holds a folder for each study.
    batch : int, optional
        About how many members one job makes; the study's own number comes first. None: one each where there are few,
        and so many that there are some dozens of jobs where there are many.
    """

    def __init__(self, study: Study, results: Path | str = "results", batch: int | None = None):
        self.study = study
        self.folder = Path(results) / study.name
        self.batch = study.model.batch or batch
        self.members: dict[str, dict[str, Member]] = {stage: {} for stage in STAGES}
        self.of_case: dict[str, dict[str, Any]] = {}
        self._hashes: dict[Path, str] = {}
        self._found: dict[str, Path] = {}
        self._parts: dict[int, tuple[Any, str]] = {}
        self._stamps: dict[tuple[str, str], str] = {}
        self._cases: dict[tuple[str, str], list[str]] = {}
        self._derived: set[tuple[str, str]] = set()
        self._add_cases(study.cases)
        for gathered in study.gathered:
            self.of_case[gathered.id] = made = self._plan_gathered(gathered)
            for member in (*made["signal"].values(), *made["analysis"].values()):
                self._cases.setdefault((member.stage, member.key), []).append(gathered.id)
        own = set(self._cases)
        self._add_cases(derived_cases(study.variations), shared=own)
        self._derived = set(self._cases) - own

    # --- members ------------------------------------------------------------------------------------------------------

    def _add_cases(self, cases: Iterable[Case], shared: Container[tuple[str, str]] = ()) -> None:
        """Plan cases; members that are ``shared`` go on serving the cases that they serve."""
        for case in cases:
            self.of_case[case.id] = self._plan_case(case)
            for member in _all_of(self.of_case[case.id]):
                known = (member.stage, member.key)
                if known not in shared:
                    self._cases.setdefault(known, []).append(case.id)

    def _plan_case(self, case: Case) -> dict[str, Any]:
        config = {name: block.portable for name, block in case.blocks.items()}
        config["cell"] = cell = scattered(config["cell"], config["seed"])
        files, hashes, inputs = self._plan_cell(case, cell)
        build = self._add("build", {"cell": cell, "files": hashes}, inputs, files)
        lead_fields = {name: self._lead_field(case, config, name, build) for name in config["signals"]}
        decides = {part: config[part] for part in ("cell", "inputs", "run", "record")}
        applied = config["run"].get("keep") == "signals"
        made_of = [member.config["files"] for member in lead_fields.values()] if applied else []
        decides |= {"files": dict(ChainMap(hashes, *made_of)), "seed": config["seed"]}
        if "currents" in config["run"]:
            inputs = {"geometry": build}
        elif config["run"]["engine"] == "coreneuron" and "mechanisms" in cell:
            compiled = {"files": {"mechanisms": hashes["mechanisms"]}, "engine": "coreneuron"}
            inputs = {**inputs, "coreneuron": self._add("compile", compiled, {}, files)}
        if applied:
            decides["lead_fields"] = sorted({member.key for member in lead_fields.values()})
            inputs = {**inputs, "lead_fields": {member.key: member for member in lead_fields.values()}}
        simulate = self._add("simulate", decides, inputs, files)
        signals = {}
        for name, member in lead_fields.items():
            signals[name] = (simulate, member) if applied else self._forward(simulate, member)
        for name in order(case.model.recordings, config["signals"]):
            one = config["recordings"][name]
            signals[name] = self._recording(signals[one["signal"]], one["steps"])
        analyses = {
            name: self._analysis(block, config["analyses"][name], simulate, signals)
            for name, block in case.model.analyses.items()
        }
        return {
            "build": build, "lead_field": lead_fields, "simulate": simulate, "signal": signals, "analysis": analyses,
        }  # fmt: skip

    def _plan_cell(self, case: Case, cell: Mapping[str, Any]) -> tuple[dict[str, Path], dict[str, str], dict[str, Any]]:
        """Files of a case's cell, their hashes, and the members that it is made from."""
        named, folders = case.config["cell"], self.study.folders
        files, hashes, inputs = {}, {}, {}
        if "morphology" in cell:
            files["morphology"] = self._find(named["morphology"])
            hashes["morphology"] = self._hash(files["morphology"], morphology_hash)
        if "mechanisms" in cell:
            files["mechanisms"] = self._find(named["mechanisms"])
            hashes["mechanisms"] = self._hash(files["mechanisms"], folder_hash)
            inputs["mechanisms"] = self._add("compile", {"files": {"mechanisms": hashes["mechanisms"]}}, {}, files)
        if "hoc_model" in cell:
            files["hoc_model"], files["hoc_folder"] = hoc_model_files(named["hoc_model"], folders)
            hashes["hoc_model"] = self._hash(files["hoc_model"], partial(archive_hash, files["hoc_folder"]))
            decides = {"hoc_model": cell["hoc_model"], "files": dict(hashes)}
            inputs["cell_type"] = self._add("capture", decides, inputs, files)
        return files, hashes, inputs

    def _lead_field(self, case: Case, config: Mapping[str, Any], name: str, build: Member) -> Member:
        signal = dict(config["signals"][name])
        model, probe = signal.pop("model"), signal.pop("probe", None)
        named = {key: case.config["signals"][name][key] for key in signal if names_file(key)}
        if probe is not None:
            own = case.config["probes"][probe]
            named |= {f"{PROBE}{key}": own[key] for key in config["probes"][probe] if names_file(key)}
        files = {role: self._find(file) for role, file in named.items()}
        hashes = {f"{key} {path.name}": self._hash(path, file_hash) for key, path in files.items()}
        decides = {
            "build": build.key, "cell": config["cell"], "files": {**build.config["files"], **hashes},
            "model": model, "parameters": signal,
            "probe": config["probes"][probe] if probe is not None else {},
        }  # fmt: skip
        if files:
            decides["file_bytes"] = {key: path.stat().st_size for key, path in files.items()}
        return self._add("lead_field", decides, {"geometry": build}, files)

    def _forward(self, simulate: Member, lead_field: Member) -> Member:
        decides = {
            "simulate": simulate.key, "lead_field": lead_field.key,
            **{part: simulate.config[part] for part in ("cell", "inputs", "run", "record", "seed")},
            **{part: lead_field.config[part] for part in ("model", "parameters", "probe")},
            "files": {**simulate.config["files"], **lead_field.config["files"]},
        }  # fmt: skip
        return self._add("forward", decides, {"run": simulate, "lead_field": lead_field}, {})

    def _recording(self, of: Member | tuple[Member, Member], steps: list[Any]) -> Member:
        """What steps make of a signal: of a member's own file, or of one that a run has written beside its own."""
        if isinstance(of, Member):
            inputs = {"signal": of}
            decides = {
                part: value for part, value in of.config.items() if part not in ("simulate", "lead_field", "applied")
            }
            decides |= {"signal": of.key, "steps": steps}
        else:
            simulate, lead_field = of
            inputs, decides = {"run": simulate}, {"signal": simulate.key, "applied": lead_field.key, "steps": steps}
            decides |= {part: simulate.config[part] for part in ("cell", "inputs", "run", "record", "seed")}
            decides |= {part: lead_field.config[part] for part in ("model", "parameters", "probe")}
            decides["files"] = {**simulate.config["files"], **lead_field.config["files"]}
        return self._add("recording", decides, inputs, {})

    def _analysis(
        self, block: Any, said: Mapping[str, Any], simulate: Member | None, signals: Mapping[str, Member | tuple]
    ) -> Member:
        """An analysis of signals, recordings and variables of the run."""
        inputs: dict[str, Member] = {}
        given: dict[str, dict[str, str]] = {}
        files: dict[str, str] = {}
        for role, name in roles_of(block).items():
            of = signals.get(name, simulate)
            member = of if isinstance(of, Member) else of[0]
            given[role] = {"name": name, "key": member.key}
            if name not in signals:
                given[role]["variable"] = name
            elif not isinstance(of, Member):
                given[role]["applied"] = of[1].key
                files |= of[1].config["files"]
            inputs[role] = member
            files |= member.config["files"]
        first = inputs["of"].config
        decides = {part: first[part] for part in ("cell", "inputs", "run", "record", "seed") if part in first}
        decides |= {"given": given, "analysis": dict(said), "files": files}
        return self._add("analysis", decides, inputs, {})

    def _plan_gathered(self, gathered: GatheredCase) -> dict[str, Any]:
        """What is made of several cases, and the analyses of that."""
        signals: dict[str, Member] = {}
        analyses: dict[str, Member] = {}
        for name, block in gathered.block.results.items():
            made = self._gather(block, gathered)
            (signals if makes_signal(block) else analyses)[name] = made
        for name, block in gathered.block.analyses.items():
            analyses[name] = self._analysis(block, plain(block), None, signals)
        return {"signal": signals, "analysis": analyses}

    def _gather(self, block: Any, gathered: GatheredCase) -> Member:
        inputs: dict[str, Member] = {}
        of: dict[str, dict[str, Any]] = {}
        files: dict[str, str] = {}
        for i, case in enumerate(gathered.cases):
            signal = self.of_case[case.id]["signal"][block.signal]
            member = signal if isinstance(signal, Member) else signal[0]
            of[str(i)] = {"key": member.key, "values": dict(case.values)}
            if not isinstance(signal, Member):
                of[str(i)]["applied"] = signal[1].key
            inputs[str(i)] = member
            files |= member.config["files"]
        seed = self.study.model.seed
        return self._add("gather", {"gather": plain(block), "of": of, "files": files, "seed": seed}, {"of": inputs}, {})

    def _add(self, stage: str, config: dict[str, Any], inputs: Mapping, files: Mapping[str, Path]) -> Member:
        key = content_hash([stage, {name: self._part(part) for name, part in config.items()}])[:KEY_DIGITS]
        return self.members[stage].setdefault(key, Member(stage, key, config, dict(inputs), dict(files)))

    def _part(self, part: Any) -> Any:
        """A part of a configuration, or its hash: cases share most parts, and each is hashed once."""
        if not isinstance(part, Mapping | list):
            return part
        if id(part) not in self._parts:
            self._parts[id(part)] = (part, content_hash(part))  # kept, so that its id stays its own
        return self._parts[id(part)][1]

    def _find(self, name: str) -> Path:
        if name not in self._found:
            self._found[name] = find(name, self.study.folders)
        return self._found[name]

    def stamp(self, member: Member) -> str:
        """Of the source and the libraries that make a member, and of those that make its inputs."""
        known = (member.stage, member.key)
        if known not in self._stamps:
            before = sorted(self.stamp(inner) for inner in member.all_inputs())
            made_by = source(member.stage, [member.config])
            self._stamps[known] = content_hash([made_by, before])[:STAMP_DIGITS]
        return self._stamps[known]

    def _hash(self, path: Path, function: Any) -> str:
        if path not in self._hashes:
            self._hashes[path] = function(path)
        return self._hashes[path]

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
        """The wildcard {bucket} of a member: what one job makes.

        Its key, where each has a job of its own; otherwise ``b`` and the first bits of its key, and, behind ``m``, the
        mechanisms that it needs: a process can load one library of them. CoreNEURON reads GLOBALs once in a process: a
        hash of what sets them stands behind ``g``. Members of derived cases alone have buckets of their own, behind
        ``v`` instead of ``b``, so that the others keep theirs when a figure asks for more.
        """
        derived = (member.stage, member.key) in self._derived
        bits = self._bits[member.stage, derived]
        if bits is None:
            return member.key
        first = f"{'v' if derived else 'b'}{int(member.key[:8], 16):032b}"[: bits + 1]
        library = member.inputs.get("mechanisms")
        name = f"{first}m{library.key[:8]}" if library is not None else first
        if member.stage == "simulate" and member.config["run"].get("engine") == "coreneuron":
            sets = [member.config["run"]["globals"], member.config["files"]]  # a cell's own hoc files may
            name += f"g{content_hash(sets)[:8]}"
        return name

    @cached_property
    def _bits(self) -> dict[tuple[str, bool], int | None]:
        """For each stage, and for derived cases by themselves, how many bits of a key name a bucket.

        None where each member has a job of its own. What is cheap and derived shares jobs, whatever the batch size.
        """
        found: dict[tuple[str, bool], int | None] = {}
        for stage, members in self.members.items():
            of_derived = sum((stage, key) in self._derived for key in members)
            for derived, count in ((False, len(members) - of_derived), (True, of_derived)):
                if derived and stage in CHEAP:
                    batch = max(1, min(LARGEST_BATCH, count), self.batch or 1)
                else:
                    batch = self.batch or (1 if count <= FEW else min(LARGEST_BATCH, -(-count // FEW)))
                found[stage, derived] = None if batch == 1 else max(0, math.ceil(math.log2(max(1, count / batch))))
        return found

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
        if bucket not in self._buckets[stage]:
            raise ConfigError(
                unknown_name(f"{stage} bucket of study {self.study.name!r}", bucket, self._buckets[stage])
            )
        return self._buckets[stage][bucket]

    @cached_property
    def _buckets(self) -> dict[str, dict[str, list[Member]]]:
        found: dict[str, dict[str, list[Member]]] = {stage: {} for stage in STAGES}
        for stage, members in self.members.items():
            for member in members.values():
                found[stage].setdefault(self.bucket(member), []).append(member)
        return found

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
        own = [case for one in asked for case in one.cases]
        return self._data_of([*own, *(case for one in asked for case in one.derived())])

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
        cases = [*self.study.cases, *self.study.gathered, *derived_cases(self.study.variations)]
        of_label = {case.id: f"{case.experiment}: {case.label}" for case in cases}
        found = {}
        for stage, buckets in self._buckets.items():
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
        return self._results(variation.cases if level is None else level.cases, variation.cases)

    def index(self) -> dict[str, Any]:
        """What ``index.json`` holds: every case, its configuration, and where its results lie.

        Cases that were derived because a figure asks how its number varies stand under ``variations``, by themselves.
        """

        def relative(value: Any) -> Any:
            if isinstance(value, Mapping):
                return {name: relative(inner) for name, inner in value.items()}
            return value.relative_to(self.folder).as_posix()

        def entry(case: Case | GatheredCase) -> dict[str, Any]:
            return {
                "id": case.id, "experiment": case.experiment, "label": case.label, "values": dict(case.values),
                "paths": relative(self.paths_of(case)),
            }  # fmt: skip

        return {
            "study": self.study.name, "title": self.study.title, "config": self.study.config(),
            "cases": [
                entry(case) | {"config": {name: block.plain for name, block in case.blocks.items()}}
                for case in self.study.cases
            ] + [
                entry(case) | {"config": {}, "gathered": True}
                for case in self.study.gathered
            ],
            "variations": [
                {
                    "figure": one.figure, "kind": one.kind, "of_cases": [case.id for case in one.cases],
                    "levels": [
                        {"changes": dict(level.changes), "cases": [entry(case) for case in level.cases]}
                        for level in one.levels
                    ],
                }
                for one in self.study.variations
            ],
        }  # fmt: skip


def _all_of(made: Mapping[str, Any]) -> list[Member]:
    """Every member of a case, each once: those of its stages and those that they are made from."""
    signals = [signal for signal in made["signal"].values() if isinstance(signal, Member)]
    waiting = [made["build"], made["simulate"], *made["lead_field"].values(), *signals, *made["analysis"].values()]
    found: dict[tuple[str, str], Member] = {}
    while waiting:
        member = waiting.pop()
        found[member.stage, member.key] = member
        waiting += member.all_inputs()
    return list(found.values())

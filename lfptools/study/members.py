"""What a case is made from: members, each a function of the members and files that it is made from.

A member's key is the hash of everything that decides about it, so what two cases share is planned once, and what has
not changed has the key that it had.
"""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from lfptools.config.parameters import names_file, plain
from lfptools.probes.configured import PROBE
from lfptools.provenance.archive_files import archive_hash
from lfptools.provenance.files import content_hash, file_hash
from lfptools.study.analyses import roles_of
from lfptools.study.cases import Case
from lfptools.study.files import find, folder_hash, hoc_model_files, morphology_hash
from lfptools.study.gathered import GatheredCase, makes_signal
from lfptools.study.load import Study
from lfptools.study.recordings import order
from lfptools.study.scattered import scattered

STAGES: Final = (
    "compile", "capture", "build", "lead_field", "simulate", "forward", "recording", "gather", "analysis",
)  # fmt: skip
KEY_DIGITS: Final = 20


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


class Members:
    """The members of a study's cases, by stage and key.

    Parameters
    ----------
    study : Study
        Checked.
    """

    def __init__(self, study: Study):
        self.study = study
        self.by_stage: dict[str, dict[str, Member]] = {stage: {} for stage in STAGES}
        self.named: dict[str, Path] = {}
        """The files and folders that the study names, by their names in it."""
        self._hashes: dict[Path, str] = {}
        self._parts: dict[int, tuple[Any, str]] = {}

    def of_case(self, case: Case) -> dict[str, Any]:
        """The members of a case: its build and run, and lead fields, signals and analyses by name.

        A signal that is computed while the cell runs is a pair: the run, and the lead field that it applies.
        """
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
            for key, role in (("file", "hoc_model"), ("folder", "hoc_folder")):
                if named["hoc_model"].get(key) is not None:
                    self.named[named["hoc_model"][key]] = files[role]
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

    def of_gathered(self, gathered: GatheredCase, of_case: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """What is made of several cases, whose members are given by their ids, and the analyses of that."""
        signals: dict[str, Member] = {}
        analyses: dict[str, Member] = {}
        for name, block in gathered.block.results.items():
            made = self._gather(block, gathered, of_case)
            (signals if makes_signal(block) else analyses)[name] = made
        for name, block in gathered.block.analyses.items():
            analyses[name] = self._analysis(block, plain(block), None, signals)
        return {"signal": signals, "analysis": analyses}

    def _gather(self, block: Any, gathered: GatheredCase, of_case: Mapping[str, Mapping[str, Any]]) -> Member:
        inputs: dict[str, Member] = {}
        of: dict[str, dict[str, Any]] = {}
        files: dict[str, str] = {}
        for i, case in enumerate(gathered.cases):
            signal = of_case[case.id]["signal"][block.signal]
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
        return self.by_stage[stage].setdefault(key, Member(stage, key, config, dict(inputs), dict(files)))

    def _part(self, part: Any) -> Any:
        """A part of a configuration, or its hash: cases share most parts, and each is hashed once."""
        if not isinstance(part, Mapping | list):
            return part
        if id(part) not in self._parts:
            self._parts[id(part)] = (part, content_hash(part))  # kept, so that its id stays its own
        return self._parts[id(part)][1]

    def _find(self, name: str) -> Path:
        if name not in self.named:
            self.named[name] = find(name, self.study.folders)
        return self.named[name]

    def _hash(self, path: Path, function: Any) -> str:
        if path not in self._hashes:
            self._hashes[path] = function(path)
        return self._hashes[path]


def all_of(made: Mapping[str, Any]) -> list[Member]:
    """Every member of a case, each once: those of its stages and those that they are made from."""
    signals = [signal for signal in made["signal"].values() if isinstance(signal, Member)]
    waiting = [made["build"], made["simulate"], *made["lead_field"].values(), *signals, *made["analysis"].values()]
    found: dict[tuple[str, str], Member] = {}
    while waiting:
        member = waiting.pop()
        found[member.stage, member.key] = member
        waiting += member.all_inputs()
    return list(found.values())

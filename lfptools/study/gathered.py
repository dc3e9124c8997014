"""What is made of several cases together: a population's signal of the signals of its cells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lfptools.analysis.registry import GATHERS
from lfptools.config.document import KeyPath
from lfptools.config.registry import load
from lfptools.errors import unknown_name
from lfptools.provenance.files import content_hash
from lfptools.study.analyses import form_of, misfits, roles_of
from lfptools.study.cases import Case, label_of

ID_DIGITS = 10


@dataclass(frozen=True, eq=False)
class GatheredCase:
    """Cases that make one, and what is made of them.

    Parameters
    ----------
    experiment : str
        Name of the gathering.
    values : mapping
        Swept keys that its cases have in common.
    label : str
        Readable name: these values, a scenario by its name.
    cases : tuple of Case
        Those that are gathered.
    block : object
        The gathering in the study's model.
    """

    experiment: str
    values: Mapping[str, Any]
    label: str
    cases: tuple[Case, ...]
    block: Any

    @cached_property
    def id(self) -> str:
        """Name, label and a hash of what is gathered."""
        digest = content_hash([[case.id for case in self.cases], self.block.model_dump(mode="json")])
        return f"{self.experiment}-{digest[:ID_DIGITS]}"

    @property
    def model(self) -> Any:
        """As an experiment's model, for what figures and claims may name."""
        signals = {name: one for name, one in self.block.results.items() if makes_signal(one)}
        analyses = {**self.block.analyses, **{n: one for n, one in self.block.results.items() if n not in signals}}
        return SimpleNamespace(
            signals=signals, recordings={}, record={}, inputs={}, analyses=analyses, run=None, probes={}
        )


def makes_signal(block: Any) -> bool:
    """Whether what a gathering makes is a signal; an analysis otherwise."""
    return load(GATHERS[block.gather]).makes == "signal"


def gathered_cases(
    gatherings: Mapping[str, Any], experiments: Mapping[str, Any], cases: Sequence[Case]
) -> tuple[GatheredCase, ...]:
    """The gathered cases of a study, in the order of the file and of the sweeps."""
    found: list[GatheredCase] = []
    for name, block in gatherings.items():
        own = [case for case in cases if case.experiment == block.experiment]
        groups: dict[str, list[Case]] = {}
        kept: dict[str, dict[str, Any]] = {}
        for case in own:
            gathered_over = case.values if block.over is None else block.over
            values = {key: value for key, value in case.values.items() if key not in gathered_over}
            key = content_hash(values)
            groups.setdefault(key, []).append(case)
            kept[key] = values
        sweep = experiments[block.experiment].sweep if block.experiment in experiments else None
        for key, group in groups.items():
            label = label_of(kept[key], sweep) or name
            found.append(GatheredCase(name, kept[key], label, tuple(group), block))
    return tuple(found)


def gathering_problems(
    gatherings: Mapping[str, Any], experiments: Mapping[str, Any], cases: Sequence[Case], folders: tuple[Path, ...]
) -> Iterator[tuple[KeyPath, str]]:
    """What cannot be gathered: unknown experiments, keys, signals, analyses of what is not there."""
    for name, block in gatherings.items():
        here = ("gathered", name)
        if name in experiments:
            yield here, f"the name {name!r} is that of an experiment"
        if block.experiment not in experiments:
            yield (*here, "experiment"), unknown_name("experiment", block.experiment, experiments)
            continue
        own = [case for case in cases if case.experiment == block.experiment]
        swept = {key for case in own for key in case.values}
        for key in block.over or ():
            if key not in swept:
                yield (*here, "over"), unknown_name("sweep key", key, swept)
        for result, one in block.results.items():
            for case in own:
                legal = {*case.model.signals, *case.model.recordings}
                if one.signal not in legal:
                    yield (*here, "results", result, "signal"), unknown_name("signal", one.signal, legal)
                    break
        for analysis, one in block.analyses.items():
            if analysis in block.results:
                yield (*here, "analyses", analysis), f"the name {analysis!r} is that of a result"
            signals = {key for key, made in block.results.items() if makes_signal(made)}
            wrong = [(role, name) for role, name in roles_of(one).items() if name not in signals]
            for role, unknown in wrong:
                yield (*here, "analyses", analysis, role), unknown_name("result that is a signal", unknown, signals)
            if own and not wrong:
                forms = [form_of(own[0].model, block.results[name].signal, folders) for name in roles_of(one).values()]
                yield from (((*here, "analyses", analysis), text) for text in misfits(one, forms))

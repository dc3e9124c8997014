"""Cases that are derived from a study's own because a figure asks how its number converges, or how uncertain it is."""

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lfptools.analysis.sensitivity import saltelli_sample
from lfptools.config.document import Document, KeyPath, dotted
from lfptools.errors import LfptoolsError
from lfptools.io.results import StudyResults
from lfptools.plots.registry import CURVES
from lfptools.study.cases import Case, Resolver
from lfptools.study.gathered import GatheredCase
from lfptools.study.variations_model import KINDS, Convergence, Of, Refinement, Uncertainty, refinement

if TYPE_CHECKING:
    from lfptools.study.load import Study

_MADE = ("signals", "recordings", "analyses")
"""What is made of a run, by the part of an experiment that names it."""


@dataclass(frozen=True, eq=False)
class Level:
    """The cases of a variation at one setting of its keys.

    Parameters
    ----------
    changes : mapping
        Dotted key to its value.
    cases : tuple of Case
        One for each of the variation's own, in their order.
    gathered : tuple of GatheredCase
        The same gatherings, of these cases.
    """

    changes: Mapping[str, Any]
    cases: tuple[Case, ...]
    gathered: tuple[GatheredCase, ...] = ()


@dataclass(frozen=True, eq=False)
class Variation:
    """What one figure asks: a number of some cases, and the same of cases that differ in a key.

    Parameters
    ----------
    figure, kind : str
        The figure; ``convergence`` or ``uncertainty``.
    block : Convergence or Uncertainty
        As the study has it.
    of : Of
        The measure, with the experiment and case that it looks at.
    cases : tuple of Case
        Those of the study's cases that the number comes from; of a gathering, all that it gathers.
    gathered : tuple of GatheredCase
        The study's gatherings that the number comes from.
    levels : tuple of Level
        Of a convergence: for each key its finer settings, coarsest first. Of an uncertainty: the points of the sample.
    """

    figure: str
    kind: str
    block: Convergence | Uncertainty
    of: Of
    cases: tuple[Case, ...]
    gathered: tuple[GatheredCase, ...]
    levels: tuple[Level, ...]

    def derived(self) -> list[Case]:
        """Every derived case."""
        return [case for level in self.levels for case in level.cases]

    def derived_gathered(self) -> list[GatheredCase]:
        """Every gathering of derived cases."""
        return [case for level in self.levels for case in level.gathered]


def derived_cases(variations: Iterable[Variation]) -> list[Case]:
    """Every derived case, each once."""
    return list({case.id: case for one in variations for case in one.derived()}.values())


def derived_gathered(variations: Iterable[Variation]) -> list[GatheredCase]:
    """Every gathering of derived cases, each once."""
    return list({case.id: case for one in variations for case in one.derived_gathered()}.values())


def number_of(figure: Any, of: Of) -> Of:
    """A measure with the figure's experiment and case, where it has not its own."""
    changes: dict[str, Any] = {}
    if of.experiment is None:
        changes["experiment"] = figure.experiment
    if of.case is None and changes.get("experiment", of.experiment) == figure.experiment:
        changes["case"] = figure.case
    return of.model_copy(update=changes)


def involved(results: StudyResults, of: Of) -> list[str]:
    """Ids of the cases that a measure looks at: its own, and those that it is compared with."""
    chosen = list(results.select(of.experiment, of.case))
    for name in ("other_case", "cases"):
        value = getattr(of, name, None)
        for one in value if isinstance(value, list | tuple) else [value] if value is not None else []:
            chosen += results.select(of.experiment, one)
    return list(dict.fromkeys(case.id for case in chosen))


def drawn(results: StudyResults, figure: Any) -> list[str]:
    """Ids of the cases that a figure draws: all of its experiment where its panels may name others than it does."""
    panels = getattr(figure, "panels", ())
    own = any(getattr(panel, key, None) for panel in panels for key in ("case", "cases", "relative_to"))
    return [case.id for case in results.select(figure.experiment, None if own else figure.case)]


def derive(
    study: "Study", experiments: Iterable[tuple[str, dict[str, Any], KeyPath]], results: StudyResults
) -> tuple[list[Variation], list[str]]:
    """What the figures of a study ask, and what is wrong with that.

    Parameters
    ----------
    study : Study
        With its own cases.
    experiments : iterable of (name, data, key)
        What the file holds for each experiment, and where.
    results : StudyResults
        The study's cases, to be selected from.
    """
    resolvers = {name: Resolver(name, data, study.document, key) for name, data, key in experiments}
    found: list[Variation] = []
    wrong: dict[str, None] = {}
    for name, figure in study.model.figures.items():
        for kind in KINDS:
            block = getattr(figure, kind)
            if block is None:
                continue
            of = number_of(figure, block.of)
            told = Messages(study.document, ("figures", name, kind))
            ids = set(involved(results, of))
            if getattr(block, "band", False):
                ids |= set(drawn(results, figure))
                if figure.kind not in CURVES:
                    told.add(("band",), f"figures of kind {figure.kind} draw no curves; {', '.join(sorted(CURVES))} do")
            gathered = tuple(case for case in study.gathered if case.id in ids)
            ids |= {case.id for one in gathered for case in one.cases}
            cases = tuple(case for case in study.cases if case.id in ids)
            swept = getattr(of, "sweep", None)
            if swept in (block.over if kind == "convergence" else block.keys):
                told.add((), f"the measure goes along {swept} itself: vary another key")
            make = _refined if kind == "convergence" else _sampled
            words = set(_texts(of.model_dump()))
            words |= set(_texts(figure.model_dump())) if getattr(block, "band", False) else set()
            words |= set(_texts([one.block.model_dump() for one in gathered]))
            levels = tuple(
                _gathering(level, cases, gathered)
                for level in _levels(make(block, of, cases, told), cases, resolvers, words, told)
            )
            found.append(Variation(name, kind, block, of, cases, gathered, levels))
            wrong |= dict.fromkeys(told.wrong)
    return found, list(wrong)


class Messages:
    """What is wrong in one block of a file, with the place of each key."""

    def __init__(self, document: Document, place: KeyPath):
        self.document, self.place = document, place
        self.wrong: list[str] = []

    def where(self, *key: str) -> str:
        """File, line and key."""
        place = (*self.place, *key)
        return f"{self.document.where(place)}: {dotted(place)}"

    def add(self, key: Sequence[str], text: str) -> None:
        """Add a message."""
        self.wrong.append(f"{self.where(*key)}: {text}")


def _levels(
    settings: Iterable[tuple[tuple[str, ...], dict[str, Any]]], cases: Sequence[Case],
    resolvers: Mapping[str, Resolver], words: Container[str], told: Messages,
) -> Iterator[Level]:  # fmt: skip
    without = {case.id: dict.fromkeys(unneeded(case, words)) for case in cases}
    for i, (place, changes) in enumerate(settings):
        made: list[Case] = []
        values = ", ".join(f"{key} = {value:g}" for key, value in changes.items())
        more = f"with {values}" if told.place[-1] == "convergence" else f"at point {i} of {told.place[1]}"
        for case in cases:
            label = f"{case.label} {more}"
            both = {**changes, **without[case.id]}
            one, problems = resolvers[case.experiment].case(label, case.values, both, told.where(*place))
            told.wrong += problems
            made += [one] if one is not None else []
        if len(made) == len(cases):
            yield Level(changes, tuple(made))


def _gathering(level: Level, cases: Sequence[Case], gathered: Sequence[GatheredCase]) -> Level:
    """A level with the gatherings of its cases."""
    instead = {own.id: case for own, case in zip(cases, level.cases, strict=True)}
    made = (replace(one, cases=tuple(instead[case.id] for case in one.cases)) for one in gathered)
    return replace(level, gathered=tuple(made))


def unneeded(case: Case, words: Container[str]) -> list[str]:
    """Dotted keys of the signals, recordings and analyses that are not read where some words are all that is named.

    None where a run applies its lead fields itself: it would be another run without them.
    """
    if case.config["run"].get("keep") == "signals":
        return []
    blocks = {f"{part}.{name}": block for part in _MADE for name, block in case.config[part].items()}
    needed: set[str] = set()
    new = {key for key in blocks if key.partition(".")[2] in words}
    while new:
        needed |= new
        named = {text for key in new for text in _texts(blocks[key])}
        new = {key for key in blocks if key.partition(".")[2] in named} - needed
    return [key for key in blocks if key not in needed]


def _texts(value: Any) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)


def _refined(
    block: Convergence, of: Of, cases: Sequence[Case], told: Messages
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for key, given in block.over.items():
        place = ("over", key)
        settings = {repr(setting(case, key)): setting(case, key) for case in cases}
        if len(settings) > 1:
            told.add(place, f"its cases have different settings, {', '.join(settings)}: say which one with of.case")
            continue
        noise = next((said for said in (_noise_against(key, case) for case in cases) if said), None)
        if noise is not None:
            told.add(place, noise)
            continue
        value = next(iter(settings.values()))
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            told.add(place, f"only a number > 0 can be refined; the cell, run or signal has {_said(value)} there")
            continue
        try:
            finer = finer_settings(value, refinement(given))
        except ValueError as error:
            told.add(place, str(error))
            continue
        yield from ((place, {key: one}) for one in finer)


def _noise_against(key: str, case: Case) -> str | None:
    """Why a number cannot converge in a key where white noise is another noise at each setting of it."""
    for name, given in case.config["inputs"].items():
        if given.get("current") != "white_noise":
            continue
        if key == "run.dt_ms":
            return (
                f"inputs.{name} is white noise, which has a new value in each step: a finer step is another noise, of "
                f"another density, and nothing converges; refine a case without it (inputs.{name}: null)"
            )
        if key.startswith("cell.nseg") and given["at"] == "all":
            return (
                f"inputs.{name} is white noise in every segment: with more segments it is another noise, and nothing "
                f"converges; refine a case without it (inputs.{name}: null)"
            )
    return None


def _said(value: object) -> str:
    return "no such key, or nothing by default: state it in the study" if value is None else f"the value {value!r}"


def setting(case: Case, key: str) -> Any:
    """A case's value of a dotted key, defaults filled in; None if there is none."""
    node: Any = case.config
    for part in key.split("."):
        if isinstance(node, Mapping):
            node = node.get(part)
        elif isinstance(node, list) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node


def finer_settings(value: float, how: Refinement) -> list[float]:
    """Finer settings, coarsest first.

    Raises
    ------
    ValueError
        If they do not go on in one direction from the study's value, or a count would be no whole number.
    """
    count = isinstance(value, int)
    if how.values is not None:
        found = list(how.values)
    else:
        powers = [how.factor**k for k in range(1, how.levels + 1)]
        found = [value * power if count else float(f"{value / power:.12g}") for power in powers]
    if count:
        if any(one != round(one) for one in found):
            raise ValueError(f"it is a count, {value}; {found} are no whole numbers")
        found = [round(one) for one in found]
    steps = [b - a for a, b in itertools.pairwise([value, *found])]
    if not (all(step < 0 for step in steps) or all(step > 0 for step in steps)):
        raise ValueError(f"settings must go on from the study's {value:g} in one direction, got {found}")
    return found


def widths(values: Sequence[float]) -> list[float]:
    """Step widths of settings that get finer: themselves where they fall, one over them where they rise."""
    return [float(one) if values[-1] < values[0] else 1.0 / one for one in values]


def _sampled(
    block: Uncertainty, of: Of, cases: Sequence[Case], told: Messages
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    try:
        unit = saltelli_sample(block.number, len(block.keys), block.seed)
    except LfptoolsError as error:
        told.add((), str(error))
        return
    columns = [one.at(unit[:, k]) for k, one in enumerate(block.keys.values())]
    for row in zip(*columns, strict=True):
        yield ("keys",), dict(zip(block.keys, row, strict=True))

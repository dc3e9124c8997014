"""What a study's parts must have to do with each other: checked before anything runs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from lfptools.config.document import KeyPath, dotted
from lfptools.errors import LfptoolsError, unknown_name
from lfptools.io.results import CaseResults, StudyResults
from lfptools.simulation.engines import LACKING_IN_CORENEURON
from lfptools.study.analyses import analysis_problems
from lfptools.study.driven import WhiteNoise
from lfptools.study.files import find, folder_hash, hoc_model_files
from lfptools.study.gathered import gathering_problems
from lfptools.study.protocol import Prescribed, point_process_of
from lfptools.study.recordings import recording_problems
from lfptools.study.signals import signal_problems
from lfptools.study.sweep import SEED
from lfptools.study.synapses import Synapses
from lfptools.study.variations import number_of
from lfptools.study.variations_model import KINDS

if TYPE_CHECKING:
    from lfptools.study.cases import Case
    from lfptools.study.load import Study

ALWAYS = ("net_current", "soma_potential")
_PLACED = ("synapse_current", "synapse_potential", "electrode_current", "electrode_potential", "place_potential")
_RECORDED = ("membrane_current", "membrane_potential", "surface_potential", *_PLACED)
RESERVED = frozenset({*ALWAYS, *_RECORDED, "t"})


def problems(study: "Study", references: bool = True) -> list[str]:
    """One message for each thing that does not fit.

    Parameters
    ----------
    study : Study
        With the cases that could be resolved.
    references : bool
        Whether every case could, so that what figures and claims refer to can be looked up.
    """
    found = dict.fromkeys(problems_of_cases(study, study.cases))
    if references:
        gatherings = gathering_problems(
            study.model.gathered, study.model.experiment_models(), study.cases, study.folders
        )
        for key, text in (*_replicates(study), *gatherings, *_references(study)):
            found[f"{study.document.where(key)}: {dotted(key)}: {text}"] = None
    return list(found)


def problems_of_cases(study: "Study", cases: Iterable["Case"]) -> list[str]:
    """What does not fit in some cases: the study's own, or those derived from them."""
    found: dict[str, None] = {}
    checked: dict[str, list] = {}
    own = {id(case) for case in study.cases}
    for case in cases:
        of_signals = signal_problems(case.model, study.folders, checked)
        of_recordings = recording_problems(case.model, study.folders, checked, RESERVED)
        of_analyses = analysis_problems(case.model, study.folders, variables(case.model), checked, RESERVED)
        for key, text in (*_of_case(study, case), *of_signals, *of_recordings, *of_analyses):
            experiment = ("experiments", case.experiment) if "experiments" in study.document.data else ()
            place = (*experiment, *key)
            which = "" if id(case) in own else f"case {case.label!r}: "
            found[f"{study.document.where(place)}: {dotted(place)}: {which}{text}"] = None
    return list(found)


def _of_case(study: "Study", case: "Case") -> Iterator[tuple[KeyPath, str]]:
    model = case.model
    for name, signal in model.signals.items():
        probe = getattr(signal, "probe", None)
        if probe is not None and probe not in model.probes:
            yield ("signals", name, "probe"), unknown_name("probe", probe, model.probes)
    for name in model.record:
        if name in RESERVED or name in model.signals:
            yield ("record", name), f"the name {name!r} is taken; taken are {', '.join(sorted(RESERVED))} and signals"
    if model.run.second_order and any(one.mechanism == "extracellular" for one in model.cell.membrane):
        yield ("run", "second_order"), "NEURON's extracellular mechanism needs second_order: 0"
    if getattr(model.run, "engine", "neuron") == "coreneuron":
        yield from _lacking_in_coreneuron(model)
    yield from _places(model)
    if isinstance(model.run, Prescribed):
        for name in ("inputs", "record"):
            if getattr(model, name):
                yield (name,), "nothing is simulated where run has currents: it takes no inputs and records nothing"
    try:
        if model.cell.morphology is not None:
            find(model.cell.morphology, study.folders)
    except LfptoolsError as error:
        yield ("cell", "morphology"), str(error)
    try:
        if model.cell.hoc_model is not None:
            hoc_model_files(model.cell.hoc_model.model_dump(), study.folders)
    except LfptoolsError as error:
        yield ("cell", "hoc_model"), str(error)
    try:
        if model.cell.mechanisms is not None:
            folder_hash(find(model.cell.mechanisms, study.folders))
    except LfptoolsError as error:
        yield ("cell", "mechanisms"), str(error)


def _replicates(study: "Study") -> Iterator[tuple[KeyPath, str]]:
    """Replicates must differ in something that is drawn at random."""
    for name in dict.fromkeys(case.experiment for case in study.cases):
        cases = [case for case in study.cases if case.experiment == name]
        if len({case.values.get(SEED) for case in cases}) > 1 and not any(_draws(case.model) for case in cases):
            place = ("experiments", name) if "experiments" in study.document.data else ()
            yield (
                (*place, "sweep"),
                "its cases have several seeds, and nothing in them is drawn at random: all replicates would be the "
                "same. What is drawn from a case's seed are inputs with synapses or white_noise, and cell.scatter",
            )


def _draws(model: Any) -> bool:
    """Whether anything in a case follows from its seed."""
    random = any(isinstance(block, Synapses | WhiteNoise) for block in model.inputs.values())
    return random or model.cell.scatter is not None


def _lacking_in_coreneuron(model: Any) -> Iterator[tuple[KeyPath, str]]:
    """What of NEURON's own CoreNEURON has not; the rest is known when the cell is built."""
    named = [(("cell", "membrane", i, "mechanism"), one.mechanism) for i, one in enumerate(model.cell.membrane)]
    for name, block in model.inputs.items():
        kind, point_process = point_process_of(block)
        named.append((("inputs", name, kind), point_process))
    for key, name in named:
        if name in LACKING_IN_CORENEURON:
            instead = LACKING_IN_CORENEURON[name] or "use run.engine: neuron"
            yield key, f"{name} is no mechanism of CoreNEURON's: {instead}"


def _places(model: Any) -> Iterator[tuple[KeyPath, str]]:
    """Sections that are named must be among those given inline; those of a file are known when it is built."""
    if model.cell.sections is None:
        return
    legal = list(model.cell.sections)
    for kind in ("inputs", "record"):
        for name, block in getattr(model, kind).items():
            if isinstance(block, Synapses):
                for i, part in enumerate(block.sections or ()):
                    if not any(part in section for section in legal):
                        yield (kind, name, "sections", i), unknown_name("section", part, legal)
                continue
            for at in block.at if isinstance(block.at, list) else [] if block.at == "all" else [block.at]:
                if at.section not in legal:
                    yield (kind, name, "at"), unknown_name("section", at.section, legal)
    for i, given in enumerate(getattr(model.run, "currents", ())):
        if given.at.section not in legal:
            yield ("run", "currents", i, "at"), unknown_name("section", given.at.section, legal)
    for i, membrane in enumerate(model.cell.membrane):
        for part in membrane.sections if isinstance(membrane.sections, list) else []:
            if not any(part in name for name in legal):
                yield ("cell", "membrane", i, "sections"), unknown_name("section", part, legal)


def _references(study: "Study") -> Iterator[tuple[KeyPath, str]]:
    results = unopened(study)
    for kind in ("figures", "claims"):
        for name, block in getattr(study.model, kind).items():
            asked = {one: getattr(block, one, None) for one in KINDS}
            yield from _of_block(study, results, block.model_copy(update=dict.fromkeys(asked)), (kind, name))
            for one, variation in asked.items():
                if variation is not None:
                    yield from _of_block(study, results, number_of(block, variation.of), (kind, name, one, "of"))


def unopened(study: "Study") -> StudyResults:
    """The study's cases as results that are not there yet: enough to look up experiments and cases."""
    cases = tuple(
        CaseResults(case.id, case.experiment, case.label, case.values, case.config, {}) for case in study.cases
    )
    cases += tuple(
        CaseResults(case.id, case.experiment, case.label, case.values, {}, {}, gathered=True) for case in study.gathered
    )
    return StudyResults(study.name, study.title, study.config(), cases)


def _of_block(study: "Study", results: StudyResults, block: Any, key: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    experiment, chosen = getattr(block, "experiment", None), getattr(block, "case", None)
    try:
        if getattr(block, "over_cases", None) == "one":
            cases = [results.one(experiment, chosen)]
        else:
            cases = results.select(experiment, chosen)
    except LfptoolsError as error:
        yield (*key, "case" if chosen is not None else "experiment"), str(error)
        return
    if not cases:
        labels = [f"{case.experiment}: {case.label}" for case in results.cases]
        yield (*key, "case"), unknown_name("case", chosen, labels)
        return
    for inner, _, value in _walk(block, key, ("case", "other_case", "cases")):
        if inner == (*key, "case"):
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            if not results.select(experiment, one):
                legal = [case.label for case in results.select(experiment)]
                yield inner, unknown_name("case", one, legal)
    ids = {case.id for case in cases}
    models = [case.model for case in (*study.cases, *study.gathered) if case.id in ids]
    for inner, name, value in _walk(block, key, ("signal", "signals", "variable", "analysis")):
        for model in models:
            signals = {*model.signals, *model.recordings}
            legal = {"variable": variables(model), "analysis": set(model.analyses)}.get(name, signals)
            for one in value if isinstance(value, list | tuple) else [value]:
                if one not in legal:
                    yield inner, unknown_name(name.removesuffix("s") if name == "signals" else name, one, legal)
    swept = {key for case in cases for key in case.values}
    sweep = getattr(block, "sweep", None)
    if sweep is not None and sweep not in swept:
        yield (*key, "sweep"), unknown_name("sweep key", sweep, swept)


def variables(model: Any) -> set[str]:
    """What a run of this experiment records."""
    if model.run is None:
        return set()
    if isinstance(model.run, Prescribed):
        return {"net_current", "membrane_current"}
    found = {*ALWAYS, *model.record}
    if model.run.keep == "currents":
        found.add("membrane_current")
    for block in model.inputs.values():
        if not isinstance(block, Synapses | WhiteNoise):  # these are many, and none of them is kept
            found.add("synapse_current" if hasattr(block, "synapse") else "electrode_current")
    return found


def _walk(block: Any, key: KeyPath, names: tuple[str, ...]) -> Iterator[tuple[KeyPath, str, Any]]:
    """Every key of some names that holds a text or a list, at every depth."""
    if isinstance(block, BaseModel):
        block = {name: getattr(block, name) for name in type(block).model_fields}
    if isinstance(block, Mapping):
        for name, value in block.items():
            if name in names and isinstance(value, str | list | tuple):
                yield (*key, name), name, value
            else:
                yield from _walk(value, (*key, name), names)
    elif isinstance(block, list | tuple):
        for i, value in enumerate(block):
            yield from _walk(value, (*key, i), names)

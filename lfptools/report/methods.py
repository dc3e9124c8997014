"""What was done, in sentences, from the configuration that ran."""

import copy
import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfptools.analysis.firing import KEY_UNIT, unit_of_key
from lfptools.analysis.registry import ANALYSES, GATHERS
from lfptools.config.defaults import V_INIT_MV
from lfptools.config.parameters import names_file
from lfptools.config.registry import load
from lfptools.forward.registry import MODELS
from lfptools.plots.style import printed
from lfptools.probes.registry import PROBES
from lfptools.recording.registry import STEPS
from lfptools.report.numbers import minus, progression
from lfptools.report.numbers import text as number_text

if TYPE_CHECKING:
    from lfptools.io.results import StudyResults

VARIED = "(varied: see cases)"
_UNITS = "S/cm²|µS|mV|µA/cm²|nA|ms|rad|µm long|µm thick|µm|Ω·cm|µF/cm²|Hz|°C|S/m|segments?"
_VARIED_UNIT = re.compile(rf"{re.escape(VARIED)} (?:{_UNITS})(?![\w/])")
_KNOWN = ("neuron:", "lfptools:", VARIED)
_SOLVERS = {0: "backward Euler", 1: "Crank–Nicolson (secondorder 1)", 2: "Crank–Nicolson (secondorder 2)"}


def methods(results: "StudyResults") -> list[dict[str, Any]]:
    """For each experiment a title and paragraphs.

    What a sweep changes is called varied, and said in a paragraph of its own.
    """
    texts = []
    for experiment in dict.fromkeys(case.experiment for case in results.cases):
        cases = results.select(experiment=experiment)
        if cases[0].gathered:
            block = results.config["gathered"][experiment]
            texts.append({"title": experiment, "paragraphs": [gathering_sentences(block, len(cases))]})
            continue
        texts.append({"title": experiment, "paragraphs": experiment_paragraphs(cases[0].config, cases)})
    return texts


def experiment_paragraphs(config: Mapping[str, Any], cases: list) -> list[str]:
    """Paragraphs about one experiment: cell, run, inputs, records, signals, sweep."""
    config = with_varied(config, cases)
    parts = [
        cell_sentences(config.get("cell") or {}),
        run_sentences(config.get("run") or {}, config.get("cell") or {}),
        input_sentences(config.get("inputs") or {}),
        record_sentences(config.get("record") or {}),
        *signal_sentences(config.get("signals") or {}, config.get("probes") or {}),
        recording_sentences(config.get("recordings") or {}),
        analysis_sentences(config.get("analyses") or {}),
    ]
    said = [_VARIED_UNIT.sub(VARIED, text) for text in parts if text]
    return [*said, *filter(None, [sweep_sentence(cases)])]


def with_varied(config: Mapping[str, Any], cases: list) -> dict[str, Any]:
    """The configuration with :data:`VARIED` in place of each number or text that differs between the cases."""
    config = copy.deepcopy(dict(config))
    for key in dict.fromkeys(key for case in cases for key in case.values):
        values = [case.values.get(key) for case in cases]
        if all(value == values[0] for value in values) or isinstance(values[0], Mapping | list | tuple):
            continue
        node: Any = config
        *path, last = key.split(".")
        for part in path:
            node = node[int(part)] if isinstance(node, list) else node.get(part) if isinstance(node, Mapping) else None
        if isinstance(node, dict):
            node[last] = VARIED
    return _varied(config, [case.config for case in cases if case.config])


def _varied(value: Any, others: list[Any]) -> Any:
    """The same for what is computed from swept parameters: every number or text that differs between the cases."""
    if isinstance(value, Mapping):
        return {
            key: _varied(inner, [other.get(key) for other in others if isinstance(other, Mapping)])
            for key, inner in value.items()
        }
    if isinstance(value, list):
        alike = [other for other in others if isinstance(other, list) and len(other) == len(value)]
        return [_varied(inner, [other[i] for other in alike]) for i, inner in enumerate(value)]
    return value if all(other == others[0] for other in others) else VARIED


def sweep_sentence(cases: list) -> str:
    """Which keys the cases differ in, over which values."""
    keys = list(dict.fromkeys(key for case in cases for key in case.values))
    if not keys:
        return ""
    parts = [f"{key} = {_swept([case.values[key] for case in cases if key in case.values], key)}" for key in keys]
    return f"Varied over {_number(len(cases), 'case')}: {'; '.join(parts)}."


def _swept(values: list, key: str) -> str:
    """Values in words: a range and the points beside it, or a list; with the unit that the key ends in."""
    unit = printed(unit_of_key(key))
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    run, others = progression(values) if numeric else ([], values)
    shown = list(dict.fromkeys(_value(value) for value in others))
    if run:
        also = shown if len(shown) <= 8 else [f"{len(shown)} more from {shown[0]} to {shown[-1]}"]
        extra = f", and {_listed(also)}" if also else ""
        text = f"{_value(run[0])} to {_value(run[-1])} by {_value(run[1] - run[0])}{extra}"
    else:
        text = ", ".join(shown) if len(shown) <= 20 else f"{len(shown)} values from {shown[0]} to {shown[-1]}"
    return f"{text} {unit}".strip()


def cell_sentences(cell: Mapping[str, Any]) -> str:
    """Where the cell comes from, how it stands, its membrane, its segments."""
    text = []
    if cell.get("morphology"):
        name = str(cell["morphology"])
        text.append(f"The cell's morphology is {name if name.startswith(_KNOWN) else Path(name).name}.")
        added = [
            f"{name} ({_value(one['length_um'])} µm long, {_value(one['diameter_um'])} µm thick, on {one['parent']} at "
            f"{_value(one.get('parent_x', 1))} of its length, {_added(one)})"
            for name, one in (cell.get("add_sections") or {}).items()
        ]
        text += [f"It was given {_listed(added)}."] if added else []
    elif cell.get("sections"):
        sections = [
            f"{name} ({_value(one['length_um'])} µm long, {_value(one['diameter_um'])} µm thick, "
            f"{_number(one.get('segments') or 1, 'segment')})"
            for name, one in cell["sections"].items()
        ]
        text.append(f"The cell consists of {_listed(sections)}.")
    elif cell.get("hoc_model"):
        text.append(_hoc_model(cell["hoc_model"]))
    turned = [f"{_value(a)} rad about {axis}" for axis, a in (cell.get("rotate_rad") or {}).items() if a]
    moved = [f"{axis} = {_value(a)} µm" for axis, a in (cell.get("position_um") or {}).items() if a]
    if turned:
        text.append(f"It was rotated by {_listed(turned)}.")
    if moved:
        text.append(f"Its soma stands at {_listed(moved)}.")
    text.append(_electrical(cell))
    text.append(_membrane(cell))
    text.append(_segments(cell))
    return " ".join(part for part in text if part)


def _added(section: Mapping[str, Any]) -> str:
    """Which way an added section goes, and its segments where it states them."""
    way = section.get("direction")
    said = "in the direction of its parent" if way is None else f"in the file's direction {_value(way)}"
    return f"{said}, {_number(section['segments'], 'segment')}" if section.get("segments") else said


def _hoc_model(model: Mapping[str, Any]) -> str:
    """How the cell of a hoc model was taken out of it."""
    after = f", after {_listed(model['call'])}" if model.get("call") else ""
    which = f", its tree with {model['root']}" if model.get("root") else ""
    said = [f"The cell is that of the hoc model {Path(model['file']).name}{after}{which}."]
    if model.get("accept"):
        said.append(f"It is without its {_listed([kind.replace('_', ' ') for kind in model['accept']])}.")
    if model.get("verify", True):
        said.append("Under the same stimulus the model and a copy of its cell had the same potentials within 1e-6 mV.")
    return " ".join(said)


def _electrical(cell: Mapping[str, Any]) -> str:
    said = []
    if cell.get("Ra_ohm_cm") is not None:
        said.append(f"axial resistivity {_value(cell['Ra_ohm_cm'])} Ω·cm")
    if cell.get("cm_uF_per_cm2") is not None:
        said.append(f"membrane capacitance {_value(cell['cm_uF_per_cm2'])} µF/cm²")
    return f"It has {_listed(said)}." if said else ""


def _membrane(cell: Mapping[str, Any]) -> str:
    text = []
    passive = cell.get("passive")
    if passive:
        text.append(
            f"All sections have a passive leak of {_value(passive['g_pas_S_per_cm2'])} S/cm² "
            f"reversing at {_value(passive['e_pas_mV'])} mV."
        )
    for one in cell.get("membrane") or []:
        where = "all sections" if one.get("sections", "all") == "all" else f"sections named {_listed(one['sections'])}"
        given = _pairs(one.get("parameters") or {})
        text.append(f"Mechanism {one['mechanism']} in {where}{f' ({given})' if given else ', with its defaults'}.")
    if cell.get("mechanisms"):
        text.append(f"Mechanisms were compiled from {cell['mechanisms']}.")
    return " ".join(text)


def _segments(cell: Mapping[str, Any]) -> str:
    rule = cell.get("nseg")
    if rule is None:
        if cell.get("hoc_model"):
            return "Segments: as the model has them."
        inline = cell.get("morphology") is None
        return "" if inline else "Segments: no longer than a tenth of the length constant at 100 Hz."
    if rule["rule"] == "fixed_length":
        return f"Segments: at most {_value(rule['max_length_um'])} µm long."
    if rule["rule"] == "none":
        return "Segments: as the sections have them."
    frequency = 100 if rule["rule"] == "lambda100" else rule.get("frequency_Hz", 100)
    return (
        f"Segments: no longer than {_value(rule.get('d_lambda', 0.1))} of the length constant at "
        f"{_value(frequency)} Hz (Hines & Carnevale 2001)."
    )


def run_sentences(run: Mapping[str, Any], cell: Mapping[str, Any]) -> str:
    """Solver, step, duration, temperature, start; or the currents where they are prescribed."""
    if run.get("currents"):
        return _prescribed(run)
    start, stop = run.get("t_start_ms") or 0.0, run.get("t_stop_ms")
    step = run.get("variable_step")
    if step:
        how = f"variable steps (CVODE, atol {_value(step.get('atol'))}, rtol {_value(step.get('rtol'))})"
    else:
        how = (
            f"{_SOLVERS.get(run.get('second_order') or 0, f'solver {VARIED}:')} steps of {_value(run.get('dt_ms'))} ms"
        )
    text = [f"NEURON integrated from {_value(start)} to {_value(stop)} ms in {how}"]
    v_init, celsius, of_model = run.get("v_init_mV"), run.get("celsius_degC"), cell.get("hoc_model") is not None
    if v_init is not None or not of_model:
        text[0] += f", from {_value(V_INIT_MV if v_init is None else v_init)} mV"
    if celsius is not None:
        text[0] += f", at {_value(celsius)} °C"
    own = [name for name, value in (("initial potential", v_init), ("temperature", celsius)) if value is None]
    if of_model and own:
        text[0] += f", at the model's own {_listed(own)}"
    text[0] += "."
    if run.get("globals"):
        text.append(f"Globals of mechanisms: {_pairs(run['globals'])}.")
    if run.get("keep") == "signals":
        text.append("Signals were computed while the cell ran; its currents were not stored.")
    return " ".join(text)


def _prescribed(run: Mapping[str, Any]) -> str:
    shown = []
    for one in run["currents"]:
        what = f"{len(one['nA'])} values" if isinstance(one["nA"], list) else f"{_value(one['nA'])} nA"
        shown.append(f"{what} at {_place(one['at'])}")
    if len(shown) > 8:
        shown = [*shown[:6], f"{len(shown) - 6} more"]
    return f"Nothing was simulated: the membrane currents are prescribed, {_listed(shown)}, and zero elsewhere."


def input_sentences(inputs: Mapping[str, Any]) -> str:
    """Synapses and electrodes, one sentence each."""
    return " ".join(_input(name, one) for name, one in inputs.items())


def _input(name: str, one: Mapping[str, Any]) -> str:
    if one.get("synapses"):
        return _synapses(name, one)
    if one.get("current"):
        return _driven(name, one)
    return _synapse(name, one) if one.get("synapse") else _electrode(name, one)


def _driven(name: str, one: Mapping[str, Any]) -> str:
    """A current that varies in time."""
    at = one.get("at")
    where = "every segment" if at == "all" else _listed([_place(a) for a in (at if isinstance(at, list) else [at])])
    if one["current"] == "sine":
        return (
            f"A sinusoidal current {name} of {_value(one['amplitude_nA'])} nA and {_value(one['frequency_Hz'])} Hz was "
            f"injected at {where}."
        )
    size = f"standard deviation {_value(one['std_nA'])} nA" if one.get("std_nA") else (
        f"variance ({_value(one.get('std_nA_per_um'))} nA)² for each µm² of membrane"
    )  # fmt: skip
    return f"White noise {name} with {size}, independent from step to step and place to place, was injected at {where}."


def _synapses(name: str, one: Mapping[str, Any]) -> str:
    """Many synapses at random places."""
    where = f"over {_listed(one['sections'])}" if one.get("sections") else "over the whole cell"
    z = one.get("z_um") or {}
    ends = [f"{word} z = {_value(z[key])} µm" for word, key in (("above", "low"), ("below", "high")) if key in z]
    where += f" {_listed(ends)}" if ends else ""
    return (
        f"{_value(one['number'])} synapses {name} ({one['synapses']}: {_kinetics(one)}) were placed at random {where}, "
        f"in proportion to membrane area; {_trains(one)}"
    )


def _trains(one: Mapping[str, Any]) -> str:
    trains = one.get("trains")
    if not trains:
        return f"each was activated {_when(one)}."
    each = f"each received a Poisson train of {_value(trains['rate_Hz'])} events per second"
    return f"{each}, chosen from a pool of {trains['pool']} that cells share." if trains.get("pool") else f"{each}."


def _kinetics(one: Mapping[str, Any]) -> str:
    known = [("weight", one.get("weight_uS"), "µS"), ("reversal", one.get("e_mV"), "mV"),
             *((name, one.get(f"{name}_ms"), "ms") for name in ("tau", "tau1", "tau2"))]  # fmt: skip
    said = [f"{what} {_value(value)} {unit}" for what, value, unit in known if value is not None]
    return ", ".join(said + [f"{key} {_value(value)}" for key, value in (one.get("parameters") or {}).items()])


def _when(one: Mapping[str, Any]) -> str:
    times = one.get("times_ms") or []
    if isinstance(times, str):
        return f"at times that were {times}"
    return f"at {_listed([_value(time) for time in times])} ms" if len(times) <= 8 else f"at {len(times)} times"


def _synapse(name: str, one: Mapping[str, Any]) -> str:
    return f"Synapse {name} ({one['synapse']}: {_kinetics(one)}) at {_place(one.get('at'))} was activated {_when(one)}."


def _electrode(name: str, one: Mapping[str, Any]) -> str:
    known = [("", one.get("amplitude_nA"), "nA"), ("", one.get("amplitude_uA_per_cm2"), "µA/cm²"),
             ("from ", one.get("delay_ms"), "ms"), ("for ", one.get("duration_ms"), "ms")]  # fmt: skip
    said = [f"{what}{_value(value)} {unit}" for what, value, unit in known if value is not None]
    said += [f"{key} {_value(value)}" for key, value in (one.get("parameters") or {}).items()]
    if one.get("stands_for") == "synapse":
        said.append("its current counted as a synapse's, through the membrane")
    return f"Electrode {name} ({one.get('electrode')}) at {_place(one.get('at'))}: {', '.join(said)}."


def record_sentences(record: Mapping[str, Any]) -> str:
    """What was recorded where."""
    said = []
    for name, one in record.items():
        places = one.get("at")
        places = places if isinstance(places, list) else [places]
        where = _listed([_place(place) for place in places]) if len(places) <= 8 else f"{len(places)} places"
        where = "every segment" if places == ["all"] else where
        said.append(f"{one.get('variable')} at {where} (as {name})")
    return f"Recorded: {'; '.join(said)}." if said else ""


def signal_sentences(signals: Mapping[str, Any], probes: Mapping[str, Any]) -> list[str]:
    """A paragraph for each signal's model, parameters and reference, and one on the contacts.

    A model is described where it first comes.
    """
    text, described = [], set()
    for name, one in signals.items():
        model = str(one.get("model"))
        shown = {key: Path(v).name if names_file(key) else v for key, v in one.items() if v is not None}
        given = _keyed({key: v for key, v in shown.items() if key not in ("model", "probe")})
        how = f"model {model}{f', {given}' if given else ''}"
        at = f" at the contacts of probe {one['probe']}" if one.get("probe") else ""
        about, source = model_words(model) if model not in described else ("", "")
        described.add(model)
        text.append(f"Signal {name} ({how}){at}{f': {about}' if about else ''}{f' ({source})' if source else ''}.")
    contacts = []
    for name, one in probes.items():
        contacts.append(_probe(name, one))
    return [*text, " ".join(contacts)]


def recording_sentences(recordings: Mapping[str, Any]) -> str:
    """What each recording chain makes of its signal, step by step; a step is described where it first comes."""
    text, described = [], set()
    for name, one in recordings.items():
        said = []
        for step in one["steps"]:
            given = _keyed({key: value for key, value in step.items() if key != "step" and value is not None})
            about = _sentence(load(STEPS[step["step"]])) if step["step"] not in described else ""
            described.add(step["step"])
            said.append(f"{step['step']}{f' ({given})' if given else ''}{f': {about}' if about else ''}")
        text.append(f"Recording {name} of {one['signal']}: {'; '.join(said)}.")
    return " ".join(text)


def analysis_sentences(analyses: Mapping[str, Any]) -> str:
    """What was analysed how; an analysis is described where it first comes."""
    text, described = [], set()
    for name, one in analyses.items():
        function = load(ANALYSES[one["analysis"]])
        roles = ("of", *function.roles)
        own = {key: value for key, value in one.items() if key not in (*roles, "analysis") and value is not None}
        given = _keyed(own)
        about = _sentence(function) if one["analysis"] not in described else ""
        described.add(one["analysis"])
        of = " and ".join(str(one[role]) for role in roles)
        how = f"{one['analysis']}{f' ({given})' if given else ''}{f': {about}' if about else ''}"
        text.append(f"Analysis {name} of {of}: {how}.")
    return " ".join(text)


def gathering_sentences(block: Mapping[str, Any], count: int) -> str:
    """What was made of several cases together."""
    over = f" that differ in {_listed(block['over'])}" if block.get("over") else ""
    text = [f"Gathered from the cases of {block['experiment']}{over}{f', {count} times' if count > 1 else ''}."]
    for name, one in block["results"].items():
        given = _keyed({key: v for key, v in one.items() if key not in ("gather", "signal") and v is not None})
        about = _sentence(load(GATHERS[one["gather"]]))
        text.append(f"{name} of {one['signal']}: {one['gather']}{f' ({given})' if given else ''}: {about}.")
    return " ".join([*text, analysis_sentences(block.get("analyses") or {})]).rstrip()


def _sentence(documented: object) -> str:
    """The first sentence of what something says of itself."""
    first = inspect.getdoc(documented).partition("\n\n")[0].replace("\n", " ").replace("``", "").rstrip(".")
    return first[:1].lower() + first[1:]


def _probe(name: str, one: Mapping[str, Any]) -> str:
    """A probe's kind, what its study says of it, and what that means; a probe that is not turned or moved is not."""
    said = {}
    for key, value in one.items():
        still = key in ("rotate_rad", "position_um") and not any(value.values())
        if key != "kind" and value not in (None, [], {}) and not still and (key, value) != ("shape", "point"):
            said[key] = Path(value).name if names_file(key) else _axis(key, value)
    kind = load(PROBES[one["kind"]]) if one.get("kind") in PROBES else None
    about = getattr(kind, "words", lambda config: "")(one)
    given = _keyed(said)
    return (
        f"Probe {name}: {one.get('kind')} of contacts{f' ({given})' if given else ''}{f': {about}' if about else ''}."
    )


def model_words(model: str) -> tuple[str, str]:
    """First sentence and references of a forward model's documentation; nothing for one that is not registered."""
    if model not in MODELS:
        return "", ""
    lines = inspect.getdoc(load(MODELS[model])).splitlines()
    source = ""
    if "References" in lines:
        rest = lines[lines.index("References") + 2 :]
        source = " ".join(line.strip() for line in rest[: rest.index("") if "" in rest else None])
    return lines[0][:1].lower() + lines[0][1:].rstrip("."), source.rstrip(".")


def _place(at: Mapping[str, Any] | None) -> str:
    if not isinstance(at, Mapping):
        return str(at) if at else "an unnamed place"
    fraction = at.get("fraction", 0.5)
    varied = VARIED in (at["section"], fraction)
    return f"section {at['section']}, fraction {_value(fraction)}" if varied else f"{at['section']}({_value(fraction)})"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {_value(value)}" for key, value in values.items())


def _keyed(values: Mapping[str, Any]) -> str:
    """Like :func:`_pairs`, with the unit that a key ends in behind its number."""
    said = []
    for key, value in values.items():
        name, unit = KEY_UNIT.sub("", key), printed(unit_of_key(key))
        said.append(f"{name} {_value(value)}{f' {unit}' if unit else ''}")
    return ", ".join(said)


def _axis(key: str, value: object) -> object:
    """``[start, stop, step]`` of a grid's axis in words; other values as they are."""
    if key in ("x_um", "y_um", "z_um") and isinstance(value, list | tuple) and len(value) == 3:
        return f"{_value(value[0])} to {_value(value[1])} by {_value(value[2])}"
    return value


def _number(n: int | str, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def _value(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float):
        return minus(number_text(value, digits=8))
    if isinstance(value, Mapping):
        return "{" + _pairs(value) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    return str(value)

"""A cell with its inputs, made from a study's configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.simulation.cell import Cell
from lfptools.simulation.cellrun import Recording
from lfptools.simulation.mechanisms import load_mechanisms
from lfptools.simulation.pointprocess import StimIntElectrode, Synapse
from lfptools.simulation.sections import build_sections
from lfptools.study.driven import currents
from lfptools.study.synapses import events, generator, places

# uA/cm² times µm² in nA.
_DENSITY_TO_NA = 1e-5

# Parameters by NEURON's names, to a study's keys.
SYNAPSE_KEYS = {"e": "e_mV", "tau": "tau_ms", "tau1": "tau1_ms", "tau2": "tau2_ms"}
ELECTRODE_KEYS = {"amp": "amplitude_nA", "del": "delay_ms", "dur": "duration_ms"}


def make_cell(
    config: Mapping[str, Any],
    files: Mapping[str, Path],
    run: Mapping[str, Any] | None = None,
    cell_type: Path | None = None,
) -> Cell:
    """Build, divide, decorate, turn and place a cell.

    Parameters
    ----------
    config : mapping
        The study's block ``cell``, defaults filled in.
    files : mapping
        ``morphology`` and ``mechanisms`` to paths, where the cell has them.
    run : mapping, optional
        The study's block ``run``.
    cell_type : path, optional
        What was captured of a hoc model.

    Raises
    ------
    MorphologyError, CellError, MechanismError, GeometryError
        Naming what is at fault.
    """
    if "mechanisms" in files:
        load_mechanisms(files["mechanisms"])
    inline = "sections" in config
    rule = config.get("nseg") or {"rule": "none" if inline or cell_type is not None else "lambda100"}
    passive = config.get("passive")
    run = run or {}
    cell = Cell(
        build_sections(config["sections"]) if inline else cell_type or files["morphology"],
        Ra=config.get("Ra_ohm_cm"),
        cm=config.get("cm_uF_per_cm2"),
        passive=passive is not None,
        passive_parameters={"g_pas": passive["g_pas_S_per_cm2"], "e_pas": passive["e_pas_mV"]} if passive else None,
        nsegs_method=None if rule["rule"] == "none" else rule["rule"],
        lambda_f=rule.get("frequency_Hz", 100.0),
        d_lambda=rule.get("d_lambda", 0.1),
        max_nsegs_length=rule.get("max_length_um"),
        tstart=run.get("t_start_ms", 0.0),
        tstop=run.get("t_stop_ms", 100.0),
        dt=run.get("dt_ms", 2**-4),
        v_init=run.get("v_init_mV"),
        celsius=run.get("celsius_degC"),
        add_sections=config.get("add_sections"),
    )
    for membrane in config["membrane"]:
        sections = "allsec" if membrane["sections"] == "all" else membrane["sections"]
        cell.insert(membrane["mechanism"], sections, **membrane["parameters"])
    turn = config["rotate_rad"]
    if any(turn.values()):
        cell.set_rotation(**turn)
    if "position_um" in config:
        cell.set_pos(**config["position_um"])
    return cell


def add_inputs(
    cell: Cell, inputs: Mapping[str, Mapping[str, Any]], seed: int = 0, run: Mapping[str, Any] | None = None
) -> None:
    """Place synapses, with their events, and electrodes, in the order of their names' appearance.

    ``seed`` is the case's: random places, events and currents follow from it and the input's name. ``run`` says how
    long currents are played.
    """
    for name, given in inputs.items():
        if "synapses" in given:
            _add_synapses(cell, name, given, seed)
            continue
        if "current" in given:
            _add_currents(cell, name, given, seed, run or {"dt_ms": 1.0, "t_stop_ms": 1.0})
            continue
        idx = cell.segments.at(given["at"]["section"], given["at"]["fraction"])
        if "synapse" in given:
            own = {parameter: given[key] for parameter, key in SYNAPSE_KEYS.items() if key in given}
            synapse = Synapse(
                cell,
                idx,
                given["synapse"],
                record_current=True,
                weight=given["weight_uS"],
                **own,
                **given["parameters"],
            )
            synapse.set_spike_times(given["times_ms"])
            synapse.name = name
        else:
            own = {parameter: given[key] for parameter, key in ELECTRODE_KEYS.items() if key in given}
            if "amplitude_uA_per_cm2" in given:
                own["amp"] = given["amplitude_uA_per_cm2"] * float(cell.area.sum()) * _DENSITY_TO_NA
            own["stands_for"] = given.get("stands_for", "electrode")
            electrode = StimIntElectrode(
                cell, idx, given["electrode"], record_current=True, **own, **given["parameters"]
            )
            electrode.name = name


def _add_synapses(cell: Cell, name: str, given: Mapping[str, Any], seed: int) -> None:
    own = {parameter: given[key] for parameter, key in SYNAPSE_KEYS.items() if key in given}
    trains = events(given, name, seed, cell.tstop)
    for idx, times in zip(places(cell, given, generator(seed, "places", name)), trains, strict=True):
        synapse = Synapse(cell, int(idx), given["synapses"], weight=given["weight_uS"], **own, **given["parameters"])
        synapse.set_spike_times(times)


def _add_currents(cell: Cell, name: str, given: Mapping[str, Any], seed: int, run: Mapping[str, Any]) -> None:
    for idx, current in currents(cell, name, given, seed, run):
        clamp = StimIntElectrode(cell, idx, "IClamp", stands_for=given.get("stands_for", "electrode"))
        kept = given["current"] != "white_noise"
        clamp.play(current, run["dt_ms"], keep=kept)
        clamp.name = name if kept else None


def make_recording(cell: Cell, record: Mapping[str, Mapping[str, Any]], keep: str) -> Recording:
    """What a study records: membrane currents unless it keeps signals alone, and variables at its places."""
    sites = {}
    for name, given in record.items():
        if given["at"] == "all":
            sites[name] = (given["variable"], range(cell.totnsegs))
            continue
        places = given["at"] if isinstance(given["at"], list) else [given["at"]]
        sites[name] = (given["variable"], [cell.segments.at(at["section"], at["fraction"]) for at in places])
    return Recording(imem=keep == "currents", sites=sites)

"""What a study will compute and how large it will be, before anything runs."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.config.registry import load
from lfptools.forward.registry import MODELS
from lfptools.study.load import Study
from lfptools.study.protocol import Prescribed
from lfptools.study.recordings import recorded
from lfptools.study.signals import located, probe_contacts
from lfptools.study.variations import Variation

_BYTES = 8


def summary(study: Study, segments: Mapping[str, int] | None = None) -> str:
    """Cases and expected sizes, as lines of text.

    Parameters
    ----------
    study : Study
        Checked.
    segments : mapping of str to int, optional
        Case id to the number of its cell's segments, as far as NEURON has been asked.
    """
    lines = [f"{study.document.path}: study {study.name}: {len(study.cases)} cases, all keys and numbers are sound"]
    if study.model.runtime_s is not None:
        lines.append(f"  takes about {study.model.runtime_s:g} s on 2 cores")
    for name in dict.fromkeys(case.experiment for case in study.cases):
        cases = [case for case in study.cases if case.experiment == name]
        labels = [case.label for case in cases]
        shown = "; ".join(labels[:6]) + (f"; … {labels[-1]}" if len(labels) > 6 else "")
        lines.append(f"  experiment {name}: {len(cases)} cases: {shown}")
        lines += [f"    {line}" for line in _sizes(cases, segments or {}, study.folders)]
    for one in study.variations:
        lines += _of_variation(one, segments or {}, study.folders)
    for name in dict.fromkeys(case.experiment for case in study.gathered):
        own = [case for case in study.gathered if case.experiment == name]
        of = f"each of {len(own[0].cases)}" if len(own) > 1 else f"of {len(own[0].cases)}"
        lines.append(f"  gathered {name}: {len(own)} {of} cases of {own[0].block.experiment}")
    lines.append(f"  figures: {len(study.model.figures)}, claims: {len(study.model.claims)}")
    return "\n".join(lines)


def _of_variation(one: Variation, segments: Mapping[str, int], folders: tuple[Path, ...]) -> list[str]:
    """What a figure asks of its number, the cases that are derived for it, and their sizes."""
    cases = one.derived()
    keys = ", ".join(dict.fromkeys(key for level in one.levels for key in level.changes))
    lines = [f"  figure {one.figure}: {one.kind} over {keys}: {len(cases)} further cases"]
    if one.kind == "convergence":
        lines += [f"    {key} {', '.join(values)}" for key, values in _settings(one).items()]
    known = {
        derived.id: segments[own.id]
        for level in one.levels
        for own, derived in zip(one.cases, level.cases, strict=True)
        if own.id in segments
    }
    kept = f"keep: {cases[0].model.run.keep} "
    size = next(line.removeprefix(kept) for line in _sizes(cases, known, folders) if line.startswith(kept))
    return [*lines, f"    {size} at most: they share what the keys do not change"]


def _settings(one: Variation) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for level in one.levels:
        for key, value in level.changes.items():
            found.setdefault(key, []).append(f"{value:g}")
    return found


def _sizes(cases: list[Any], known: Mapping[str, int], folders: tuple[Path, ...]) -> list[str]:
    if any(case.model.run.variable_step is not None for case in cases):
        samples, per = [1] * len(cases), " for each step that all cases take"
        first = ["variable step: sizes depend on the steps that the solver takes"]
    else:
        samples, per, first = [_samples(case.model.run) for case in cases], "", []
    rows = [sum(_rows(case.model, signal, folders) for signal in case.model.signals.values()) for case in cases]
    sites = [_sites(case.model) for case in cases]
    known_chains: dict[tuple[int, ...], int] = {}
    chains = 0 if per else sum(recorded(case.model, folders, known_chains) for case in cases)
    signals = (sum(n * (k + s) for n, k, s in zip(samples, rows, sites, strict=True)) + chains) * _BYTES
    segments = [known.get(case.id, _segments(case.model.cell)) for case in cases]
    everywhere = [sum(one.at == "all" for one in case.model.record.values()) for case in cases]

    def stored(currents: int) -> str:
        """Size with so many currents of each segment (0 or 1), and what is recorded everywhere."""
        of_segment = [n * (currents + k) for n, k in zip(samples, everywhere, strict=True)]
        if not any(of_segment):
            return f"{_size(signals)}{per}"
        if None in segments:
            each = sum(of_segment) * _BYTES
            return f"{_size(signals)}{per} and {_size(each)} for each segment of the cell (known when it is built)"
        return f"{_size(signals + sum(n * m for n, m in zip(of_segment, segments, strict=True)) * _BYTES)}{per}"

    chosen = " and ".join(dict.fromkeys(case.model.run.keep for case in cases))
    both = [f"keep: currents stores {stored(1)}", f"keep: signals stores {stored(0)}"]
    return [*first, *both, f"the study keeps {chosen}"]


def _samples(run: Any) -> int:
    return len(run.t_ms) if isinstance(run, Prescribed) else round(run.t_stop_ms / run.dt_ms) + 1


def _rows(model: Any, signal: Any, folders: tuple[Path, ...]) -> int:
    loaded = load(MODELS[signal.model])
    parameters = located(signal.own(loaded.Parameters), folders)
    if not loaded.needs_contacts:
        return loaded.row_count(parameters, 0)
    return loaded.row_count(parameters, len(probe_contacts(model.probes[signal.probe], folders)))


def _sites(model: Any) -> int:
    """Traces besides the signals: recorded places, point processes, the soma and the sum of currents."""
    places = [record.at for record in model.record.values() if record.at != "all"]
    return 2 + len(model.inputs) + sum(len(at) if isinstance(at, list) else 1 for at in places)


def _segments(cell: Any) -> int | None:
    if cell.sections is None or (cell.nseg is not None and cell.nseg.rule != "none"):
        return None
    return sum(section.segments for section in cell.sections.values())


def _size(number: float) -> str:
    if number < 1000:
        return f"{number:.0f} bytes"
    power = min(int(math.log10(number) // 3), 4)
    return f"{number / 1000**power:.3g} {('', 'kB', 'MB', 'GB', 'TB')[power]}"

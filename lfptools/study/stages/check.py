"""Stage check: how the number that a figure stands on varies with the settings that the figure names."""

import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lfptools.analysis.refinement import UNCHANGED
from lfptools.analysis.refinement import convergence as converged
from lfptools.analysis.registry import MEASURES
from lfptools.analysis.sensitivity import independent, spread
from lfptools.config.parameters import plain
from lfptools.config.registry import load
from lfptools.errors import LfptoolsError, LfptoolsWarning
from lfptools.io.atomic import write_json
from lfptools.io.netcdf import write_dataset
from lfptools.io.results import StudyResults
from lfptools.plots.numbers import save_numbers
from lfptools.plots.registry import FIGURES
from lfptools.plots.save import save_figure
from lfptools.plots.variations import Band, bands, draw_variations
from lfptools.provenance.record import Provenance
from lfptools.study.claims import described, measured
from lfptools.study.variations import setting, widths
from lfptools.study.variations_model import Convergence, Of, Uncertainty


@dataclass(frozen=True, eq=False)
class Asked:
    """What a figure asks, with the results that answer it.

    Parameters
    ----------
    block : Convergence or Uncertainty
        As the study has it.
    of : Of
        The measure.
    own : StudyResults
        The study's cases.
    settings : mapping of str to float
        Dotted key to its value in the study (a convergence).
    levels : sequence of (changes, StudyResults)
        The same cases with other values of some keys.
    """

    block: Convergence | Uncertainty
    of: Of
    own: StudyResults
    settings: Mapping[str, float]
    levels: Sequence[tuple[Mapping[str, Any], StudyResults]]


def check(name: str, figure: Mapping[str, Any], asked: Mapping[str, Asked], stem: Path, provenance: Provenance) -> None:
    """Write ``<stem>.json``, and a figure of the same with its numbers.

    Parameters
    ----------
    name : str
        Of the figure.
    figure : mapping
        Its own block, without what it asks.
    asked : mapping
        ``convergence``, ``uncertainty`` or both.
    stem : path
        Of the files, without suffix.
    provenance : Provenance
        Stamped on the figure and its numbers.
    """
    import matplotlib

    matplotlib.use("agg")
    answer: dict[str, Any] = {"figure": name, "convergence": None, "uncertainty": None}
    found: list[Band] = []
    if "convergence" in asked:
        answer["convergence"] = _convergence(asked["convergence"], name)
    if "uncertainty" in asked:
        answer["uncertainty"] = _uncertainty(asked["uncertainty"], name)
        if asked["uncertainty"].block.band:
            found = _bands(asked["uncertainty"], figure, answer["uncertainty"])
    answer["met"] = all(one["met"] for one in (answer["convergence"], answer["uncertainty"]) if one is not None)
    stem.parent.mkdir(parents=True, exist_ok=True)
    drawn, numbers = draw_variations(answer["convergence"], answer["uncertainty"], found)
    write_dataset(numbers, stem.with_suffix(".nc"), "figure_data", provenance)
    save_numbers(numbers, stem.with_suffix(".csv"))
    save_figure(drawn, stem, provenance.attrs())
    write_json(answer | {"caption": numbers.attrs["caption"]}, stem.with_suffix(".json"))


def _about(asked: Asked) -> dict[str, Any]:
    measure = load(MEASURES[asked.of.measure])
    parameters = asked.of.own(measure.Parameters)
    given = parameters.model_copy(update=dict.fromkeys(("experiment", "case")))
    cases = [case for case in asked.own.cases if case.gathered] or asked.own.cases
    return {
        "measure": asked.of.measure, "statement": described(asked.of.measure, given),
        "label": asked.of.measure.replace("_", " "), "unit": measure.unit(parameters),
        "experiment": cases[0].experiment, "cases": [case.label for case in cases],
    }  # fmt: skip


def _convergence(asked: Asked, name: str) -> dict[str, Any]:
    """The number at the study's setting and at finer ones, key by key."""
    number, error = measured(asked.own, asked.of, f"convergence of figure {name}")
    over = []
    for key, levels in itertools.groupby(asked.levels, key=lambda level: next(iter(level[0]))):
        values, numbers, faults = [asked.settings[key]], [number], [error]
        for changes, results in levels:
            got, fault = measured(results, asked.of, f"convergence of figure {name}, {key} = {changes[key]:g}")
            values.append(changes[key])
            numbers.append(got)
            faults.append(fault and f"{key} = {changes[key]:g}: {fault}")
        over.append({"key": key, "values": values, **_refined(values, numbers, list(filter(None, faults)))})
    tolerance = None if number is None else asked.block.tolerance(number)
    for one in over:
        if one["order"] is None and one["note"] in UNCHANGED:
            _tell_unchanged(name, one)
        one["met"] = one["fault"] is None and (tolerance is None or one["error"] <= tolerance)
    faults = list(dict.fromkeys(filter(None, (one["fault"] for one in over))))
    return {
        **_about(asked), "number": number, "tolerance": tolerance, "over": over, "error": "; ".join(faults) or None,
        "met": all(one["met"] for one in over),
    }  # fmt: skip


def _tell_unchanged(name: str, one: Mapping[str, Any]) -> None:
    """A series that has converged to the last bit looks like a key that has nothing to do with the number."""
    warnings.warn(
        f"figure {name}: convergence over {one['key']}: {one['note']} from {one['values'][0]:g} to "
        f"{one['values'][-1]:g}; if it does not depend on this key, the check says nothing",
        LfptoolsWarning, stacklevel=3,
    )  # fmt: skip


def _refined(values: list[float], numbers: list[float | None], faults: list[str]) -> dict[str, Any]:
    if faults:
        empty = dict.fromkeys(("change", "order", "extrapolated", "error", "note"))
        return {"numbers": [], **empty, "fault": "; ".join(faults)}
    return {"numbers": numbers, **asdict(converged(widths(values), numbers)), "fault": None}


def _uncertainty(asked: Asked, name: str) -> dict[str, Any]:
    """The number's distribution over the sample, and which keys it comes from."""
    keys = list(asked.block.keys)
    number, error = measured(asked.own, asked.of, f"uncertainty of figure {name}")
    pairs = [
        measured(results, asked.of, f"uncertainty of figure {name}, point {i}")
        for i, (_, results) in enumerate(asked.levels)
    ]
    faults = [f"point {i}: {fault}" for i, (_, fault) in enumerate(pairs) if fault is not None]
    faults = ([error] if error is not None else []) + faults
    own = independent(len(keys), len(pairs))
    answer = {
        **_about(asked), "number": number, "points": len(pairs), "samples": int(own.size), "seed": asked.block.seed,
        "error": None, "met": not faults, "note": "", "mean": None, "std": None, "interval": None, "numbers": [],
    }  # fmt: skip
    none = dict.fromkeys(("first", "first_confidence", "total", "total_confidence"))
    of = [none] * len(keys)
    if faults:
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        answer["error"] = f"{len(faults)} of its {len(pairs) + 1} numbers are missing: {'; '.join(faults[:3])}{more}"
    else:
        got = [number for number, _ in pairs]
        found = spread(got, len(keys), asked.block.seed)
        answer |= {"mean": found.mean, "std": found.std, "interval": list(found.interval)}
        answer["numbers"] = [got[i] for i in own]
        if found.of is None:
            answer["note"] = "the number does not depend on these keys"
        else:
            of = [asdict(one) for one in found.of]
    said = {key: plain(one) for key, one in asked.block.keys.items()}
    answer["keys"] = [{"key": key, "distribution": said[key], **one} for key, one in zip(keys, of, strict=True)]
    return answer


def _bands(asked: Asked, figure: Mapping[str, Any], answer: dict[str, Any]) -> list[Band]:
    """Bands of the figure's curves over the independent points; a fault goes into the answer."""
    kind = load(FIGURES[figure["kind"]])
    p = kind.Parameters(**{key: value for key, value in figure.items() if key in kind.Parameters.model_fields})
    own = independent(len(asked.block.keys), len(asked.levels))
    try:
        return bands(kind(asked.own, p)[1], [kind(asked.levels[i][1], p)[1] for i in own])
    except LfptoolsError as error:
        answer["error"] = "; ".join(filter(None, (answer["error"], f"{error}")))
        answer["met"] = False
        return []


def asked_of(plan: Any, figure: str) -> dict[str, Asked]:
    """What a figure of a planned study asks, with the results that answer it."""
    found = {}
    for one in plan.variations_of(figure):
        keys = one.block.over if isinstance(one.block, Convergence) else ()
        settings = {key: setting(one.cases[0], key) for key in keys}
        levels = [(level.changes, plan.varied(one, level)) for level in one.levels]
        found[one.kind] = Asked(one.block, one.of, plan.varied(one), settings, levels)
    return found

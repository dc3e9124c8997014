"""Claims measured: what a study says a number is, what it is, and whether that will do."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from lfptools.analysis.registry import MEASURES
from lfptools.config.parameters import Parameters
from lfptools.config.registry import load
from lfptools.errors import LfptoolsError
from lfptools.report.numbers import text
from lfptools.study.claims_model import Claim
from lfptools.study.variants import Variant

if TYPE_CHECKING:
    from lfptools.io.results import StudyResults

log = logging.getLogger(__name__)


def evaluate(results: "StudyResults", claims: Mapping[str, Claim]) -> list[dict[str, Any]]:
    """Measure every claim.

    A number that cannot be measured makes its claim missed, with the reason under ``error``; the others go on.

    Returns
    -------
    list of dict
        ``name``, ``measure``, ``statement``, ``expected`` (text), ``got`` (number or None), ``unit``, ``tolerance``
        (absolute, or None), ``source``, ``met``, ``experiment``, ``case``, ``error``.
    """
    return [_evaluate_one(results, name, claim) for name, claim in claims.items()]


def _evaluate_one(results: "StudyResults", name: str, claim: Claim) -> dict[str, Any]:
    measure = load(MEASURES[claim.measure])
    parameters = claim.own(measure.Parameters)
    got, error = measured(results, claim, f"claim {name}")
    case = getattr(parameters, "case", None)
    return {
        "name": name,
        "measure": claim.measure,
        "statement": claim.statement or described(claim.measure, parameters),
        "expected": claim.expected,
        "got": got,
        "unit": measure.unit(parameters),
        "tolerance": claim.tolerance,
        "source": claim.source,
        "met": got is not None and claim.met(got),
        "experiment": getattr(parameters, "experiment", None),
        "case": ", ".join(f"{key} = {value}" for key, value in case.items()) if isinstance(case, Mapping) else case,
        "error": error,
    }


def measured(results: "StudyResults", of: Variant, who: str) -> tuple[float | None, str | None]:
    """A block's number, or why there is none; ``who`` asks, for the log."""
    measure = load(MEASURES[of.measure])
    try:
        return float(measure(results, of.own(measure.Parameters))), None
    except (LfptoolsError, OSError, ArithmeticError, LookupError, ValueError, TypeError) as fault:
        log.exception("%s: its number cannot be measured", who)
        return None, f"{fault}" if isinstance(fault, LfptoolsError) else f"{type(fault).__name__}: {fault}"


_UNITS: Final = {"ms": "ms", "um": "µm", "mm": "mm", "Hz": "Hz", "mV": "mV", "uV": "µV", "nA": "nA", "deg": "°"}
"""Units in which keys of measures end."""


def described(measure: str, parameters: Parameters) -> str:
    """What is measured, in words, from the parameters that differ from their defaults: a claim's default statement."""
    given = parameters.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    given.pop("unit", None)  # it stands with the number
    of = [str(given.pop(key)) for key in ("signal", "variable", "analysis") if isinstance(given.get(key), str)]
    words = measure.replace("_", " ")
    said = ", ".join([*of, *(_said(key, value) for key, value in given.items())])
    return f"{words[:1].upper()}{words[1:]}" + (f": {said}" if said else "")


def _said(key: str, value: object) -> str:
    """``time 2 ms`` of ``time_ms: 2``."""
    name, _, unit = key.rpartition("_")
    if name and unit in _UNITS:
        return f"{name.replace('_', ' ')} {_plain(value)} {_UNITS[unit]}"
    return f"{key.replace('_', ' ')} {_plain(value)}"


def _plain(value: object) -> str:
    if isinstance(value, float):
        return text(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(inner) for inner in value)
    return str(value)


def missed(claims: list[Mapping[str, Any]]) -> list[str]:
    """A line for each claim that is not met."""
    return [told(claim) for claim in claims if not claim["met"]]


def told(claim: Mapping[str, Any]) -> str:
    """What a claim expects and what was got, or why nothing was."""
    unit = claim["unit"]
    got = "no number" if claim["got"] is None else f"{text(claim['got'], claim.get('tolerance'))} {unit}"
    reason = f" ({claim['error']})" if claim["error"] else ""
    return f"{claim['name']}: expected {claim['expected']} {unit}, got {got}{reason}"


def missed_checks(checks: list[Mapping[str, Any]]) -> list[str]:
    """A line for each number that does not converge as its figure wants it to, or whose spread is not known."""
    lines = []
    for check in checks:
        where = f"figure {check['figure']}"
        for one in (check["convergence"] or {}).get("over", ()):
            if not one["met"]:
                unit, tolerance = check["convergence"]["unit"], check["convergence"]["tolerance"]
                what = one["fault"] or f"error {text(one['error'])} {unit}, tolerated {text(tolerance)} {unit}"
                lines.append(f"{where}: convergence over {one['key']}: {what}")
        if check["uncertainty"] is not None and not check["uncertainty"]["met"]:
            lines.append(f"{where}: uncertainty: {check['uncertainty']['error']}")
    return lines


def failed(failures: list[Mapping[str, Any]]) -> list[str]:
    """A line for each case that failed."""
    return [
        f"case {one['case']} of experiment {one['experiment']} failed ({one['stage']}): {one['message']}\n"
        f"    log: {one['log']}"
        for one in failures
    ]

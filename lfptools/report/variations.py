"""What a figure asked of its number, as the page shows it beside the figure."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.analysis.firing import unit_of_key
from lfptools.plots.style import printed
from lfptools.report.numbers import minus, text
from lfptools.report.svg import inline


def variation_block(check: Mapping[str, Any], svg: Path, name: str) -> dict[str, Any]:
    """Picture, tables and sentences of one figure's check.

    Parameters
    ----------
    check : mapping
        What the stage ``check`` wrote.
    svg : path
        Of its picture.
    name : str
        Of the figure.
    """
    from markupsafe import Markup

    picture = inline(svg.read_text(encoding="utf-8"), f"{name}-check", f"how the number of {name} varies")
    return {
        "svg": Markup(picture),  # parsed and cleaned by `inline`
        "caption": str(check.get("caption") or ""),
        "met": bool(check["met"]),
        "convergence": _convergence(check["convergence"]),
        "uncertainty": _uncertainty(check["uncertainty"]),
        "files": {ending: f"checks/{name}.{ending}" for ending in ("json", "svg", "pdf", "png", "nc", "csv")},
    }


def _convergence(block: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if block is None:
        return None
    unit, tolerance = block["unit"], block["tolerance"]
    rows = []
    for one in block["over"]:
        finer = zip(one["values"], one["numbers"], strict=False)
        digits = _digits(one)
        of_key = unit_of_key(one["key"])
        rows.append({
            "key": one["key"],
            "numbers": [f"{_number(x, of_key, 6)}: {_number(y, unit, digits)}" for x, y in finer],
            "order": "" if one["order"] is None else minus(text(one["order"], digits=3)),
            "limit": "" if one["extrapolated"] is None else _number(one["extrapolated"], unit, digits),
            "error": "" if one["error"] is None else _number(one["error"], unit, 2),
            "note": one["fault"] or one["note"] or "",
            "met": one["met"],
        })  # fmt: skip
    return {
        "statement": block["statement"], "where": _where(block), "rows": rows,
        "tolerance": "" if tolerance is None else _number(tolerance, unit, 3),
    }  # fmt: skip


def _digits(one: Mapping[str, Any]) -> int:
    """Digits that show the change between levels: two of it."""
    numbers = one["numbers"]
    change = max((abs(number - numbers[0]) for number in numbers[1:]), default=0.0)
    if not numbers or change == 0.0 or numbers[0] == 0.0:
        return 6
    return min(max(math.ceil(math.log10(abs(numbers[0]) / change)) + 2, 3), 15)


def _uncertainty(block: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if block is None:
        return None
    unit = block["unit"]
    rows = [
        {
            "key": one["key"],
            "distribution": _distribution(one["distribution"], unit_of_key(one["key"])),
            "first": _index(one["first"], one["first_confidence"]),
            "total": _index(one["total"], one["total_confidence"]),
        }
        for one in block["keys"]
    ]
    known = block["interval"] is not None
    return {
        "statement": block["statement"], "where": _where(block), "rows": rows,
        "number": "" if block["number"] is None else _number(block["number"], unit, 4),
        "mean": _number(block["mean"], unit, 4) if known else "",
        "std": _number(block["std"], unit, 2) if known else "",
        "interval": " to ".join(_number(one, unit, 4) for one in block["interval"]) if known else "",
        "samples": block["samples"], "points": block["points"], "note": block["error"] or block["note"] or "",
        "met": block["met"],
    }  # fmt: skip


def _distribution(given: Mapping[str, Any], unit: str) -> str:
    if "mean" in given:
        return f"normal, {_number(given['mean'], unit, 6)}, standard deviation {_number(given['std'], unit, 6)}"
    scale = "logarithmic, " if given.get("scale") == "log" else ""
    return f"{scale}{_number(given['low'], unit, 6)} to {_number(given['high'], unit, 6)}"


def _index(value: float | None, confidence: float | None) -> str:
    if value is None or confidence is None:
        return ""
    return minus(f"{value:.2f} ± {confidence:.2f}")


def _where(block: Mapping[str, Any]) -> str:
    cases = block["cases"]
    shown = ", ".join(cases[:4]) + (f", … ({len(cases)} cases)" if len(cases) > 4 else "")
    return block["experiment"] if cases == [block["experiment"]] else f"{block['experiment']}: {shown}"


def _number(value: float, unit: str, digits: int) -> str:
    return f"{minus(text(value, digits=digits))} {printed(unit)}".strip()

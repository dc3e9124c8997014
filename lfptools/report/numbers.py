"""Numbers as the report and the terminal show them."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_STEPS: Final = 8
_EXPONENT = re.compile(r"e([+-])0*(\d)")


def text(number: float, tolerance: float | None = None, digits: int = 6) -> str:
    """A number with as many digits as matter: down to a tenth of its tolerance, or ``digits`` significant ones.

    Parameters
    ----------
    number : float
        The number.
    tolerance : float, optional
        Absolute, in the number's unit; 0 shows 15 digits.
    digits : int
        Where there is no tolerance.
    """
    if tolerance is not None:
        digits = 15
        if tolerance > 0 and number:
            last = math.floor(math.log10(tolerance) + 1e-9) - 1
            digits = min(max(math.floor(math.log10(abs(number))) - last + 1, 1), 15)
    return _EXPONENT.sub(lambda found: f"e{found[1].strip('+')}{found[2]}", f"{number:.{digits}g}")


def minus(shown: str) -> str:
    """The text of numbers with true minus signs."""
    return shown.replace("-", "−")


def progression(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """The longest evenly spaced run of some numbers, and the others; both ascending.

    The run is empty where it would have less than four members or leave out more than it holds. Its step is looked
    for among the differences of neighbours that occur more than once, so that thousands of random numbers are seen at
    once to have none.
    """
    ordered = sorted(set(values))
    if len(ordered) < 4 or not math.isfinite(span := ordered[-1] - ordered[0]):
        return [], ordered
    steps = {round((b - a) / span, 9): b - a for a, b in pairwise(ordered)}
    often = Counter(round((b - a) / span, 9) for a, b in pairwise(ordered)).most_common(_STEPS)
    best = max((_run(ordered, steps[step]) for step, count in often if step and count > 1), key=len, default=[])
    if len(best) < 4 or 2 * len(best) < len(ordered):
        return [], ordered
    members = set(best)
    return best, [value for value in ordered if value not in members]


def _run(ordered: Sequence[float], step: float) -> list[float]:
    """The longest run of this step."""
    runs: dict[float, list[float]] = {}
    best: list[float] = []
    for value in ordered:
        at = (value - ordered[0]) / step
        run = runs.pop(round(at - 1, 6), [])
        run.append(value)
        runs[round(at, 6)] = run
        best = max(best, run, key=len)
    return best

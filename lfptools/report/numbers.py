"""Numbers as the report and the terminal show them."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

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

    The run is empty where it would have less than four members or leave out more than it holds.
    """
    ordered = sorted(set(values))
    steps = {round(b - a, 12) for a, b in pairwise(ordered)}
    best: list[float] = []
    for step in sorted(steps, reverse=True):
        for start in ordered:
            run = _run(ordered, start, step)
            best = run if len(run) > len(best) else best
    if len(best) < 4 or 2 * len(best) < len(ordered):
        return [], ordered
    return best, [value for value in ordered if value not in best]


def _run(ordered: Sequence[float], start: float, step: float) -> list[float]:
    near = {round(value / step, 6): value for value in ordered}
    run, at = [start], start / step
    while (found := near.get(round(at + len(run), 6))) is not None:
        run.append(found)
    return run

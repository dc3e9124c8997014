"""How many segments a section gets."""

from collections.abc import Sequence

import numpy as np
from neuron import h

from lfptools.errors import CellError, unknown_name

METHODS = ("lambda100", "lambda_f", "fixed_length")


class _Default(str):
    """A keyword's default, which can be told from the same text given by a user."""


DEFAULT_METHOD = _Default("lambda100")


def is_default(method: str | None) -> bool:
    """Whether a method is :data:`DEFAULT_METHOD` itself."""
    return isinstance(method, _Default)


def discretise(
    sections: Sequence,
    method: str | None,
    lambda_f: float = 100.0,
    d_lambda: float = 0.1,
    max_nsegs_length: float | None = None,
) -> None:
    """Set the number of segments of sections: odd by the lambda rule, any by length, as LFPy does.

    Parameters
    ----------
    sections : sequence of NEURON sections
        With their final Ra, cm and geometry.
    method : {"lambda100", "lambda_f", "fixed_length", None}
        Segments no longer than ``d_lambda`` of the length constant at 100 Hz or at ``lambda_f`` Hz (Hines & Carnevale
        2001, Neuroscientist 7:123), or shorter than ``max_nsegs_length`` µm; None leaves what is there.

    Raises
    ------
    CellError
        For an unknown method, a value that is missing or not > 0, or a section without a diameter at a 3-D point.
    """
    if method is None:
        return
    if method not in METHODS:
        raise CellError(unknown_name("nsegs_method", method, METHODS))
    if method == "fixed_length":
        longest = _positive("max_nsegs_length", max_nsegs_length)
        for section in sections:
            section.nseg = int(section.L / longest) + 1
        return
    frequency = 100.0 if method == "lambda100" else _positive("lambda_f", lambda_f)
    fraction = _positive("d_lambda", d_lambda)
    h.load_file("stdlib.hoc")
    for section in sections:
        _refuse_no_diameter(section)
        section.nseg = int((section.L / (fraction * h.lambda_f(frequency, sec=section)) + 0.9) / 2) * 2 + 1


def _refuse_no_diameter(section) -> None:
    """Without a diameter there is no length constant; a tip alone may have none.

    An outline that crosses itself may give a soma one that is 0 for hoc, whose numbers are equal within 1e-11.
    """
    for i in range(section.n3d() - 1):
        if not section.diam3d(i) > h.float_epsilon:
            place = f"({section.x3d(i):g}, {section.y3d(i):g}, {section.z3d(i):g})"
            raise CellError(
                f"section {section.name()} has a diameter of {section.diam3d(i):g} um at 3-D point {i}, {place}: "
                "the lambda rule needs one > 0. Does a soma's outline cross itself?"
            )


def _positive(name: str, value: float | None) -> float:
    if value is None or not np.isfinite(value) or value <= 0:
        raise CellError(f"{name} must be a finite number > 0, got {value}")
    return float(value)

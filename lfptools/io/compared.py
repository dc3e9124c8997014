"""Two variables of files compared block by block, and a digest that stands for a variable that is not there."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xarray as xr

from lfptools.io.product import BLOCK
from lfptools.schema.kinds import is_text


@dataclass(frozen=True)
class Digest:
    """What is known of a variable without its numbers.

    Parameters
    ----------
    dims, shape, units
        Of the variable; ``units`` is "" for texts and indices.
    sha256 : str
        Of its bytes in blocks of 1024 along the last dimension, each in C order, little-endian; of texts as JSON.
    largest, rms : float
        Largest magnitude and root mean square of the finite numbers; 0 for texts.
    gaps : int
        How many are NaN or infinite.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    units: str
    sha256: str
    largest: float
    rms: float
    gaps: int

    @classmethod
    def from_plain(cls, given: Mapping[str, Any]) -> "Digest":
        """From JSON."""
        return cls(**{**given, "dims": tuple(given["dims"]), "shape": tuple(given["shape"])})

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Comparison:
    """How one variable differs from another.

    Parameters
    ----------
    status : str
        ``same`` (to the bit), ``within`` (the tolerance), ``moved``, or ``reshaped`` (dimensions, lengths, units or
        labels are others).
    difference : float or None
        Largest absolute difference; None where there is none to take.
    relative : float or None
        The same, of the largest magnitude of the first.
    note : str
        What else there is to say.
    """

    status: str
    difference: float | None = None
    relative: float | None = None
    note: str = ""


def digest(array: xr.DataArray) -> Digest:
    """A variable's digest; a lazy one is read block by block."""
    whole, squares, count, largest, gaps = hashlib.sha256(), 0.0, 0, 0.0, 0
    if is_text(array):
        whole.update(json.dumps(_texts(array)).encode())
    else:
        for values in _blocks(array):
            whole.update(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes())
            finite = values[np.isfinite(values)].astype(float)
            gaps += values.size - finite.size
            if finite.size:
                largest = max(largest, float(np.abs(finite).max()))
                squares, count = squares + float(np.square(finite).sum()), count + finite.size
    rms = float(np.sqrt(squares / count)) if count else 0.0
    units = str(array.attrs.get("units", ""))
    return Digest(tuple(map(str, array.dims)), tuple(array.shape), units, whole.hexdigest(), largest, rms, gaps)


def compare_digests(a: Digest, b: Digest, rtol: float, atol: float) -> Comparison:
    """As :func:`compare_arrays`, as far as digests tell: by the largest magnitude and the root mean square."""
    note = _reshaped((a.dims, a.shape, a.units), (b.dims, b.shape, b.units))
    if note:
        return Comparison("reshaped", note=note)
    if a.sha256 == b.sha256:
        return Comparison("same")
    if not a.largest and not b.largest and not a.gaps and not b.gaps:
        return Comparison("reshaped", note="its labels are others")
    if a.gaps != b.gaps:
        return Comparison("moved", note=f"{b.gaps} numbers are NaN or infinite, were {a.gaps}")
    difference = max(abs(a.largest - b.largest), abs(a.rms - b.rms))
    note = "by its largest magnitude and root mean square; the numbers were not stored"
    return _judged(difference, a.largest, rtol, atol, note)


def compare_arrays(a: xr.DataArray, b: xr.DataArray, rtol: float, atol: float) -> Comparison:
    """Compare two variables, lazily, block by block.

    Numbers are within the tolerance where |a − b| ≤ atol + rtol · max |a|, the largest magnitude of the whole variable:
    a signal near zero is not asked for more digits than it has. NaN equals NaN, an infinity the same infinity.
    """
    note = _reshaped(*(((*map(str, one.dims),), one.shape, str(one.attrs.get("units", ""))) for one in (a, b)))
    if note or is_text(a) != is_text(b):
        return Comparison("reshaped", note=note or "texts are compared with numbers")
    if is_text(a):
        return Comparison("same") if _texts(a) == _texts(b) else Comparison("reshaped", note="its labels are others")
    same, largest, difference, gaps = True, 0.0, 0.0, 0
    for x, y in zip(_blocks(a), _blocks(b), strict=True):
        same = same and x.dtype == y.dtype and x.tobytes() == y.tobytes()
        both = np.isfinite(x) & np.isfinite(y)
        gaps += int(np.count_nonzero(~both & ~((x == y) | (np.isnan(x) & np.isnan(y)))))
        if both.any():
            p, q = x[both].astype(float), y[both].astype(float)
            largest, difference = max(largest, float(np.abs(p).max())), max(difference, float(np.abs(p - q).max()))
    if same:
        return Comparison("same")
    if gaps:
        return Comparison("moved", difference, None, f"{gaps} numbers are NaN or infinite in one alone")
    return _judged(difference, largest, rtol, atol, "")


def _judged(difference: float, largest: float, rtol: float, atol: float, note: str) -> Comparison:
    relative = difference / largest if largest else None
    status = "within" if difference <= atol + rtol * largest else "moved"
    return Comparison(status, difference, relative, note)


def _reshaped(a: tuple, b: tuple) -> str:
    """What differs of dimensions, lengths and units, in words."""
    words = ("dimensions", "lengths", "unit")
    return "; ".join(
        f"{word} {_said(now)}, {'was' if word == 'unit' else 'were'} {_said(before)}"
        for word, before, now in zip(words, a, b, strict=True)
        if tuple(before) != tuple(now)
    )


def _said(value: Any) -> str:
    return f"({', '.join(map(str, value))})" if isinstance(value, tuple) else repr(value)


def _texts(array: xr.DataArray) -> list[str]:
    return [str(one) for one in np.ravel(array.values)]


def _blocks(array: xr.DataArray) -> Iterator[np.ndarray]:
    """Values in blocks along the last dimension."""
    if not array.dims:
        yield np.asarray(array.values)
        return
    last = array.dims[-1]
    for start in range(0, array.sizes[last], BLOCK):
        yield np.asarray(array.isel({last: slice(start, start + BLOCK)}).values)

"""An extracellular potential that is given, played into NEURON's ``extracellular`` while its cell runs."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from neuron import h

from lfptools.errors import CellError, LfptoolsWarning
from lfptools.simulation.recorded import NotRecorded


class GivenPotential:
    """Potentials outside each segment at some times: linear between them, held before the first and after the last.

    Two equal times in ``t`` make a step; the second value holds from there on.

    Parameters
    ----------
    v : array_like
        Shape (segments, times), mV.
    t : array_like
        Shape (times,), ms, not decreasing, no time more than twice.

    Raises
    ------
    CellError
        For other shapes, NaN, or times that go back; says where.
    """

    def __init__(self, v: np.ndarray, t: np.ndarray):
        self.v, self.t = np.array(v, dtype=float), np.array(t, dtype=float)
        if self.t.ndim != 1 or not self.t.size or self.v.ndim != 2 or self.v.shape[1] != self.t.size:
            raise CellError(
                "v_ext must have shape (segments, times) and t_ext (times,) with at least one time, got "
                f"{self.v.shape} and {self.t.shape}"
            )
        for name, values in (("v_ext", self.v), ("t_ext", self.t)):
            bad = np.argwhere(~np.isfinite(values))
            if bad.size:
                raise CellError(f"{name} must be finite, got {values[tuple(bad[0])]} at index {bad[0].tolist()}")
        back = np.flatnonzero(np.diff(self.t) < 0)
        if back.size:
            raise CellError(f"t_ext must not go back, got {self.t[back[0]]:g} then {self.t[back[0] + 1]:g} ms")
        thrice = np.flatnonzero(self.t[2:] == self.t[:-2])
        if thrice.size:
            raise CellError(f"t_ext may hold a time twice (a step), got {self.t[thrice[0]]:g} ms three times")

    def at(self, t: float) -> np.ndarray:
        """Shape (segments,): the potentials at a time; at a step, those after it."""
        after = int(np.searchsorted(self.t, t, side="right"))
        if after in (0, self.t.size):
            return self.v[:, min(after, self.t.size - 1)]
        begin, end = self.t[after - 1], self.t[after]
        return self.v[:, after - 1] + (t - begin) / (end - begin) * (self.v[:, after] - self.v[:, after - 1])

    def breaks(self) -> np.ndarray:
        """Indices of knots that a variable-step solver must not step over: steps, and ends of flat stretches."""
        flat = (np.diff(self.v, axis=1) == 0).all(axis=0)
        step = np.diff(self.t) == 0
        return np.flatnonzero(step | np.concatenate(([False], flat[:-1] & ~flat[1:])))


class Stimulated:
    """For cells: LFPy's names for stimulation from outside."""

    given_potential: GivenPotential | None = None

    def insert_v_ext(self, v_ext: np.ndarray, t_ext: np.ndarray) -> None:
        """Play extracellular potentials around the cell in every run from now on; replaces earlier ones.

        Between two times of ``t_ext`` the potential is linear, before the first and after the last it is held. A time
        that stands twice makes a step. With fixed steps, NEURON takes the potential in the middle of each step.

        Parameters
        ----------
        v_ext : array_like
            Shape (totnsegs, times), mV: at each segment.
        t_ext : array_like
            Shape (times,), ms.

        Raises
        ------
        CellError
            For other shapes, or a segment without NEURON's mechanism ``extracellular`` (``Cell(extracellular=True)``).
        """
        given = GivenPotential(v_ext, t_ext)
        segments = self.neuron_segments()
        if given.v.shape[0] != len(segments):
            raise CellError(f"v_ext must have a row for each of the {len(segments)} segments, got {given.v.shape[0]}")
        lacking = [k for k, segment in enumerate(segments) if not hasattr(segment, "_ref_e_extracellular")]
        if lacking:
            raise CellError(
                f"insert_v_ext needs the mechanism extracellular in every segment: {len(lacking)} have it not, the "
                f"first {self.segments.ids[lacking[0]]}; make the cell with extracellular=True"
            )
        self.given_potential = given

    @property
    def v_ext(self) -> np.ndarray:
        """Shape (totnsegs, times), mV: what :meth:`insert_v_ext` was given."""
        return self._given().v

    @property
    def t_ext(self) -> np.ndarray:
        """Shape (times,), ms: what :meth:`insert_v_ext` was given."""
        return self._given().t

    def _given(self) -> GivenPotential:
        if self.given_potential is None:
            raise NotRecorded("no extracellular potential has been given: use cell.insert_v_ext(v_ext, t_ext)")
        return self.given_potential


@contextmanager
def played(cells: Sequence, t_start: float) -> Iterator[None]:
    """Play the cells' given potentials inside, from their values at ``t_start``; put back what was there."""
    kept, vectors = [], []
    try:
        for cell in cells:
            given = cell.given_potential
            if given is None:
                continue
            _warn_of_held(cell, given)
            t = h.Vector(np.append(given.t, given.t[-1] + 1.0))  # beyond its last knot NEURON would extrapolate
            breaks = h.Vector(given.breaks())
            vectors += [t, breaks]
            for segment, potentials, first in zip(cell.neuron_segments(), given.v, given.at(t_start), strict=True):
                kept.append((segment, segment.e_extracellular))
                segment.e_extracellular = first
                vectors.append(h.Vector(np.append(potentials, potentials[-1])))
                vectors[-1].play(segment._ref_e_extracellular, t, breaks)
        yield
    finally:
        for vector in vectors:
            vector.play_remove()
        for segment, potential in kept:
            segment.e_extracellular = potential


def _warn_of_held(cell, given: GivenPotential) -> None:
    if given.t[-1] < cell.tstop - 1e-6 * cell.dt and given.v[:, -1].any():
        warnings.warn(
            f"{cell.name}: the extracellular potential is given until {given.t[-1]:g} ms and held from there to "
            f"tstop = {cell.tstop:g} ms",
            LfptoolsWarning,
            stacklevel=8,
        )

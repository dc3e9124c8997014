"""Signals of sections in a NEURON model that its owner runs: recorded inside a ``with``, labelled after it."""

import copy
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from neuron import h

from lfptools.errors import CellError, LfptoolsError, LfptoolsWarning, SimulationError
from lfptools.geometry.leadfield import LeadField
from lfptools.simulation import outputs
from lfptools.simulation.cellrun import CellRun, Recording
from lfptools.simulation.engine import Block, deliver
from lfptools.simulation.existing import outside, tree_of
from lfptools.simulation.located import Located
from lfptools.simulation.placedrows import electrodes_on
from lfptools.simulation.run import warn_of_net_current
from lfptools.simulation.sampling import FromInitialisation, FromNow, Sampling, refuse_threads
from lfptools.simulation.section_geometry import segments_of
from lfptools.simulation.sectiontree import exists
from lfptools.simulation.state import cvode

_SAME_STEP = 1e-6  # of a step


def probe(
    sections: object,
    electrodes: Sequence[LeadField] = (),
    rec_imem: bool = False,
    rec_vmem: bool = False,
) -> "Probed":
    """Record what electrodes see of sections while somebody else runs NEURON.

    ::

        with lfptools.probe(sections, [electrode]) as probed:
            h.finitialize(-65)
            h.continuerun(100)
        probed.dataset["potential"]

    Whatever runs NEURON inside the ``with`` is recorded, from the last ``finitialize`` on, or, where there is none,
    from the state that it is in: ``h.run``, ``h.continuerun``, ``pc.psolve``, ``h.fadvance``, other tools. Nothing is
    inserted, divided or set in the sections. Signals are computed while the run goes on: memory holds 1024 samples of
    the membrane currents at a time, besides the signals. It costs about as much as a run of lfptools's own.

    Parameters
    ----------
    sections : object
        One or several cells: whatever :func:`lfptools.simulation.existing.sections_in` finds sections in. A mapping of
        names to cells puts these before the sections' names. Where the sections are is what their 3-D points say; what
        has none is laid out in a line from where it hangs, a root from the origin. The signals are those of all
        sections together; a ``probe`` for each cell, in one ``with``, gives those of each.
    electrodes : sequence of predictors
        Made with ``cell=None`` (or with the geometry of these sections). Each gets ``.data`` (rows, samples).
    rec_imem, rec_vmem : bool
        Keep membrane currents (nA) and potentials (mV) of all segments too.

    Raises
    ------
    CellError, SimulationError
        On entering, for what holds no sections, matrices of other cells, several threads, or CoreNEURON; on leaving, if
        nothing ran, or a value was not finite.
    """
    return Probed(sections, electrodes, Recording(imem=rec_imem, vmem=rec_vmem, soma=False))


class Probed:
    """A model while it is probed, and what was recorded.

    Attributes
    ----------
    geometry : ProbedSections
        Where the sections' segments are, under the names of a Cell (``x``, ``y``, ``z``, ``d``, ``get_idx`` …).
    dataset : xarray.Dataset
        Labelled signals, of kind ``run``; after the ``with``.
    """

    def __init__(self, sections: object, electrodes: Sequence[LeadField], recording: Recording):
        self.geometry = ProbedSections(sections)
        self._given = list(electrodes)
        for electrode in self._given:
            if not isinstance(electrode, LeadField):
                raise CellError(
                    f"electrodes must be predictors with get_transformation_matrix(), got {type(electrode).__name__}"
                )
        self._bound = [_bound(electrode, self.geometry) for electrode in self._given]
        self._recording = recording
        self._sampling: Sampling | None = None
        self._dataset: xr.Dataset | None = None
        self._failure: BaseException | None = None
        self._handlers: list = []

    @property
    def dataset(self) -> xr.Dataset:
        """What was recorded, labelled."""
        if self._dataset is None:
            raise SimulationError("the dataset of a probe is there after its 'with'")
        return self._dataset

    def __enter__(self) -> "Probed":
        if self._handlers or self._dataset is not None:
            raise SimulationError("a probe is used once: make another for another run")
        refuse_threads()
        self.geometry.warn()
        solver = cvode()
        self._had_currents = bool(solver.use_fast_imem())
        solver.use_fast_imem(1)
        try:
            self._plan = CellRun(self.geometry, self._bound, self._recording)
            self._handlers = [
                h.FInitializeHandler(3, self._guarded(self._before_initialisation)),
                h.FInitializeHandler(2, self._guarded(self._after_initialisation)),
            ]
            self._output = _Output(self._plan)
            if not solver.active():
                self._sampling = FromNow(self._plan.references, self._output.append, self._failed)
                self._sampling.begin(None if self._had_currents else self.geometry.membrane_currents())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if self._sampling is not None and self._failure is None and error is None:
                self._guarded(self._sampling.finish)()
        except LfptoolsError as fault:
            self._failure = fault
        finally:
            self._end()
        if self._failure is not None:
            raise self._failure from None  # NEURON wraps what a callback raises
        if error is not None:
            return
        if self._output.samples < 2:
            raise SimulationError(
                "nothing ran inside the probe's 'with': run NEURON there; with the variable step, h.finitialize() too"
            )
        self._dataset = self._output.finish()
        for electrode, bound in zip(self._given, self._bound, strict=True):
            electrode.data = bound.data
        if not self.geometry.neighbours:
            warn_of_net_current(self.geometry.name, self._plan.net_current.worst_nA)

    def _end(self) -> None:
        self._handlers = [None]  # handlers go; the probe stays used
        if self._sampling is not None:
            self._sampling.close()
        if not self._had_currents:
            cvode().use_fast_imem(0)

    def _before_initialisation(self) -> None:
        """A run begins anew: what was recorded belongs to another one."""
        refuse_threads()
        self.geometry.require_unchanged()
        if self._sampling is not None:
            self._sampling.close()
        if not cvode().use_fast_imem():  # NetPyNE sets it by its own configuration; references to currents are lost
            cvode().use_fast_imem(1)
            self._plan = CellRun(self.geometry, self._bound, self._recording)
        self._output = _Output(self._plan)
        self._sampling = FromInitialisation(self._plan.references, self._output.append, self._failed)

    def _after_initialisation(self) -> None:
        self._sampling.begin()

    def _guarded(self, call: Callable[[], None]) -> Callable[[], None]:
        """What NEURON calls; its errors are kept, for NEURON makes something else of them."""

        def guarded() -> None:
            try:
                call()
            except BaseException as error:
                self._failed(error)
                raise

        return guarded

    def _failed(self, error: BaseException) -> None:
        self._failure = error


def _bound(electrode: LeadField, geometry: "ProbedSections") -> LeadField:
    """The predictor, or where it has no cell yet a copy of it for these sections."""
    if getattr(electrode, "cell", geometry) is not None:
        return electrode
    bound = copy.copy(electrode)
    bound.cell = geometry
    return bound


class ProbedSections(Located):
    """The geometry of sections that somebody else owns.

    Parameters
    ----------
    model : object
        What holds them, see :func:`lfptools.simulation.existing.sections_in`.
    """

    def __init__(self, model: object):
        self._tree = tree_of(model)
        self._segments = segments_of(self._tree)
        self.placed: list = []
        self.neighbours = outside(self._tree.sections)
        self.name = f"{len(self._tree.names)} probed sections"

    def neuron_segments(self) -> list:
        """NEURON's segments, in the order of the signals' matrices."""
        return [segment for section in self._tree.sections for segment in section]

    def keep_results(self, results: dict[str, object]) -> None:
        """Results are in the dataset."""

    def require_unchanged(self) -> None:
        """Raise CellError if sections have gone or were divided anew."""
        if not all(map(exists, self._tree.sections)):
            raise CellError("probed sections were deleted inside the probe's 'with'")
        if len(self.neuron_segments()) != self.totnsegs:
            raise CellError(
                f"probed sections had {self.totnsegs} segments and have {len(self.neuron_segments())} now: set nseg "
                "before probe()"
            )

    def warn(self) -> None:
        """Say if currents flow on into sections that are not probed, and if cells lie on top of each other."""
        told = []
        if self.neighbours:
            names = sorted({section.name() for section in self.neighbours})
            told.append(
                f"the probed sections hang together with {len(names)} that are not probed ({', '.join(names[:5])}): "
                "their currents do not sum to zero, and signals lack what flows there"
            )
        nowhere = [one for one in self._tree.sections if one.n3d() < 2 and one.parentseg() is None]
        if len(nowhere) > 1:
            told.append(
                f"{len(nowhere)} probed cells have no 3-D points, and all begin at the origin: give their sections "
                "points (pt3dadd) where they are"
            )
        for text in told:
            warnings.warn(text, LfptoolsWarning, stacklevel=4)

    def membrane_currents(self) -> np.ndarray:
        """Shape (totnsegs,), nA: membrane currents now, from the potentials: what flows in along the dendrites and
        through electrodes. For a state of which NEURON has not computed them."""
        from lfptools.geometry.axial import AxialTree

        whole: dict = {}
        for section in self._tree.sections:
            for one in section.wholetree():
                whole.setdefault(one, len(whole))
        tree = tree_of(list(whole))
        segments = [segment for section in tree.sections for segment in section]
        inside = np.array([segment.v + _outside_potential(segment) for segment in segments])
        currents = AxialTree.of(segments_of(tree)).membrane @ inside
        currents += [sum(process.i for process in electrodes_on(segment)) for segment in segments]
        first = np.cumsum([0, *(section.nseg for section in tree.sections)])
        return np.concatenate([currents[first[whole[one]] : first[whole[one] + 1]] for one in self._tree.sections])


def _outside_potential(segment) -> float:
    return segment.vext[0] if segment.sec.has_membrane("extracellular") else 0.0


class _Output:
    """Where the samples of one run go."""

    def __init__(self, plan: CellRun):
        self._plan, self._t = plan, []
        plan.net_current.worst_nA = plan.net_current.monopole_nA = 0.0
        self._sink = outputs.InMemory(plan.outputs)
        self._block = Block(plan.cell.name, plan.references, [plan.corrected(self._sink)])

    @property
    def samples(self) -> int:
        return sum(t.size for t in self._t)

    def append(self, rows: dict[str, np.ndarray]) -> None:
        """Take samples, with their times as row ``t``."""
        t = rows.pop("t")[0].copy()
        deliver(self._block, t, rows)
        self._t.append(t)

    def finish(self) -> xr.Dataset:
        """Everything, labelled; rounding that NEURON's t has gathered is taken out of equal steps."""
        t = np.concatenate(self._t)
        steps = np.diff(t)
        step = h.dt if abs(steps.mean() - h.dt) < _SAME_STEP * h.dt else float(steps.mean())
        even = t[0] + step * np.arange(t.size)
        uniform = bool(np.abs(t - even).max() < _SAME_STEP * step)
        attrs: dict[str, object] = {
            "kind": "run", "engine": "neuron", "t_start_ms": float(t[0]), "t_stop_ms": float(t[-1]), "dt_ms": step,
            "second_order": int(h.secondorder), "variable_dt": int(not uniform), "celsius_degC": float(h.celsius),
        }  # fmt: skip
        run = self._plan.finish(self._sink, attrs)
        return run.assign_coords(t=("t", even, run["t"].attrs)) if uniform else run

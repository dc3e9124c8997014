"""A cell: sections that it owns in NEURON, their geometry, what is placed on it, and its runs."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
from neuron import h

from lfptools.config.defaults import V_INIT_MV
from lfptools.errors import CellError
from lfptools.simulation import live
from lfptools.simulation.added import add_sections as with_added
from lfptools.simulation.axial import AxialCurrents
from lfptools.simulation.cellrun import Recording
from lfptools.simulation.celltype import CellType, as_cell_type
from lfptools.simulation.discretise import DEFAULT_METHOD, discretise, is_default
from lfptools.simulation.extracellular import Stimulated
from lfptools.simulation.host import Host
from lfptools.simulation.located import Located
from lfptools.simulation.membrane import PASSIVE, insert_mechanism, set_uniform
from lfptools.simulation.pickling import Pickled
from lfptools.simulation.placing import Placed
from lfptools.simulation.range_values import range_values
from lfptools.simulation.recorded import Recorded
from lfptools.simulation.run import simulate, simulate_to_file
from lfptools.simulation.section_geometry import axial_resistances, segments_of
from lfptools.simulation.sections import load_sections
from lfptools.simulation.sectiontree import SectionTree, exists
from lfptools.simulation.state import VariableStep, kept_state

log = logging.getLogger(__name__)


class Cell(Located, AxialCurrents, Host, Stimulated, Pickled):
    """A neuron from a morphology, with LFPy's names and keywords.

    It is placed with its soma's middle at the origin, as LFPy does; ``somapos_in_file`` says where that was, so that
    ``cell.set_pos(*cell.somapos_in_file)`` goes back to the file's coordinates. 3-D points are otherwise those of the
    file: NEURON's ``define_shape`` never moves them.

    Parameters
    ----------
    morphology : str, pathlib.Path, CellType, or sections
        A ``.hoc``, ``.nrn``, ``.swc``, ``.asc`` or NeuroML1 ``.xml`` file; a cell type or its ``.nc`` file, which
        brings its own segments, membrane, ``v_init``, ``celsius`` and GLOBALs; or sections that exist, in a list, a
        SectionList or an object that holds them (:func:`lfptools.simulation.existing.sections_in`). These are used as
        they are: nothing is built, no other section touched, and they live on when the cell is closed.
    v_init : float, optional
        Initial membrane potential, mV; by default a cell type's own, and −70 otherwise.
    Ra, cm : float, optional
        Axial resistivity (Ω·cm) and membrane capacitance (µF/cm²) of all sections; None leaves the file's.
    passive : bool
        Insert NEURON's ``pas`` everywhere, with ``passive_parameters`` (by default 0.001 S/cm² and −70 mV).
    extracellular : bool
        Insert NEURON's ``extracellular`` everywhere.
    tstart, tstop, dt : float
        ms. ``tstart`` ≤ 0; recording starts at 0.
    nsegs_method : {"lambda100", "lambda_f", "fixed_length", None}
        How sections are divided: by ``d_lambda`` of the length constant at 100 Hz or at ``lambda_f`` Hz, by
        ``max_nsegs_length`` µm, or not at all. A cell type keeps its own segments; sections that exist are divided only
        if a rule is given.
    custom_code : sequence of path, optional
        hoc or Python files run on the loaded sections before they become the cell's.
    custom_fun : sequence of callable, optional
        Called with the cell (and each its mapping of ``custom_fun_args``); called once more when they changed Ra or cm
        so that the division into segments changes, so that per-segment values are set on the final segments.
    add_sections : mapping of str to mapping, optional
        Cylinders that a file's cell is given besides, an axon stub say: name to ``length_um``, ``diameter_um``,
        ``parent``, ``parent_x``, ``direction`` and ``segments`` (by default as ``nsegs_method`` says), see
        :func:`lfptools.simulation.added.add_sections`.
    celsius : float, optional
        Temperature of this cell's runs, °C; None takes what the file or cell type sets or the process has.
    delete_sections, pt3d, verbose : bool
        Accepted for LFPy's scripts: cells coexist, so nothing is deleted; 3-D points are kept; details are logged.

    Raises
    ------
    MorphologyError, CellError, MechanismError, GeometryError
        Naming the file and line, keyword, section or mechanism at fault.
    """

    tvec = Recorded("tvec", "cell.simulate()")
    somav = Recorded("somav", "cell.simulate()")
    imem = Recorded("imem", "cell.simulate(rec_imem=True)")
    vmem = Recorded("vmem", "cell.simulate(rec_vmem=True)")
    vext = Recorded("vext", "a cell with extracellular and cell.simulate(rec_vmem=True)")
    ipas = Recorded("ipas", "cell.simulate(rec_ipas=True)")
    icap = Recorded("icap", "cell.simulate(rec_icap=True)")
    rec_variables = Recorded("rec_variables", "cell.simulate(rec_variables=[...])")

    def __init__(
        self,
        morphology,
        v_init: float | None = None,
        Ra: float | None = None,
        cm: float | None = None,
        passive: bool = False,
        passive_parameters: Mapping[str, float] | None = None,
        extracellular: bool = False,
        tstart: float = 0.0,
        tstop: float = 100.0,
        dt: float = 2**-4,
        nsegs_method: str | None = DEFAULT_METHOD,
        lambda_f: float = 100.0,
        d_lambda: float = 0.1,
        max_nsegs_length: float | None = None,
        delete_sections: bool = True,
        custom_code: Sequence[str | Path] | None = None,
        custom_fun: Sequence[Callable] | None = None,
        custom_fun_args: Sequence[Mapping] | None = None,
        pt3d: bool = False,
        celsius: float | None = None,
        verbose: bool = False,
        add_sections: Mapping[str, Mapping] | None = None,
    ):
        self._open, self._ended = False, "is closed"
        self.placed: list[Placed] = []
        self._results: dict[str, object] = {}
        self.mechanism_globals: dict[str, float] = {}
        self.morphology = morphology
        self.Ra, self.cm = Ra, cm
        self.tstart, self.tstop, self.dt, self.celsius = tstart, tstop, dt, celsius
        self.passive_parameters = dict(PASSIVE if passive_parameters is None else passive_parameters)
        self.extracellular = bool(extracellular)

        def prepare(sections: Sequence) -> None:
            set_uniform(sections, Ra, cm, self.passive_parameters if passive else None, self.extracellular)

        divided: set = set()  # added sections that say how many segments they have

        def divide(sections: Sequence) -> None:
            others = [section for section in sections if section not in divided]
            discretise(others, nsegs_method, lambda_f, d_lambda, max_nsegs_length)

        def add(tree: SectionTree) -> SectionTree:
            if not add_sections:
                return tree
            longer, new = with_added(tree, add_sections)
            divided.update(new[name] for name, spec in add_sections.items() if spec.get("segments") is not None)
            prepare(list(new.values()))
            divide(list(new.values()))
            return longer

        cell_type = as_cell_type(morphology)
        own_v_init = V_INIT_MV if cell_type is None else cell_type.v_init
        self.v_init = own_v_init if v_init is None else v_init
        if cell_type is not None:
            cell_type.require_own_segments(nsegs_method)
            self.mechanism_globals |= cell_type.mechanism_globals
            nsegs_method, morphology = None, cell_type.make_tree()
        elif is_default(nsegs_method) and not isinstance(morphology, str | Path | SectionTree | None):
            nsegs_method = None
        if add_sections and not isinstance(morphology, str | Path):
            raise CellError("add_sections belongs to a morphology file; sections that exist can be connected to others")
        if isinstance(morphology, SectionTree):
            if custom_code:
                raise CellError("custom_code works on a file's sections; these exist already: use custom_fun")
            self._tree = morphology
            prepare(self._tree.sections)
            divide(self._tree.sections)
        else:
            self._with_kept_state(lambda: self._load(custom_code, prepare, divide, add))
        self._open = True
        self._segments = segments_of(self._tree)
        self._with_kept_state(lambda: self._call(custom_fun, custom_fun_args, divide))
        if cell_type is not None:
            self.celsius = cell_type.celsius if self.celsius is None else self.celsius
            cell_type.place_on(self)
        self.somapos_in_file = self.somapos
        self.set_pos()
        live.register(self)
        log.info("%s: %d sections, %d segments", self.name, len(self._tree.names), self.totnsegs)

    def _with_kept_state(self, build: Callable[[], None]) -> None:
        """What a cell's own code sets for the whole process holds for this cell's runs instead."""
        with kept_state() as changes:
            build()
        if self.celsius is None and changes.celsius is not None:
            self.celsius = changes.celsius
        self.mechanism_globals |= changes.mechanism_globals
        if changes.celsius is not None or changes.mechanism_globals:
            log.info("%s: its code sets what holds for its own runs now: %s", self.name, vars(changes))

    def _load(self, custom_code: Sequence, prepare: Callable, divide: Callable, add: Callable) -> None:
        self._tree = add(load_sections(self.morphology, custom_code, prepare, divide))

    def _call(
        self, functions: Sequence[Callable] | None, arguments: Sequence[Mapping] | None, divide: Callable
    ) -> None:
        if not functions:
            if arguments:
                raise CellError("custom_fun_args given without custom_fun")
            return
        arguments = [{} for _ in functions] if arguments is None else list(arguments)
        if len(arguments) != len(functions):
            raise CellError(f"custom_fun has {len(functions)} functions, custom_fun_args {len(arguments)} mappings")
        divisions: list[list[int]] = []
        for _ in range(2):
            for function, given in zip(functions, arguments, strict=True):
                if not callable(function):
                    raise CellError(f"custom_fun must hold functions, got {function!r}")
                function(self, **given)
            before = self._nsegs()
            divide(self._tree.sections)
            divisions.append(self._nsegs())
            self._segments = segments_of(self._tree)
            if divisions[-1] == before:
                return
            if self.placed:
                raise CellError(
                    f"custom_fun placed {len(self.placed)} point processes and then changed what nsegs_method goes by "
                    f"(nseg, Ra, cm, geometry): the cell has {sum(divisions[-1])} segments instead of {sum(before)} "
                    "now, and their indices would mean other ones. Give Ra and cm to the cell, use nsegs_method=None, "
                    "or place them when the cell is made"
                )
        if divisions[0] != divisions[1]:
            raise CellError(
                f"custom_fun asks for another division into segments each time it is called ({sum(divisions[0])}, then "
                f"{sum(divisions[1])} segments): it must set Ra, cm and geometry, not multiply what is there"
            )

    def _nsegs(self) -> list[int]:
        return [section.nseg for section in self._tree.sections]

    # --- what it is made of -------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """For messages: the morphology's name."""
        source = self.morphology
        if isinstance(source, str | Path):
            return Path(source).name
        return source.name if isinstance(source, CellType) else f"cell of {len(self._tree.names)} sections"

    @property
    def allseclist(self):
        """The sections, as a new NEURON SectionList."""
        return h.SectionList(self.sections)

    @property
    def sections(self) -> list:
        """The NEURON sections, in order."""
        self.require_open()
        return list(self._tree.sections)

    @property
    def somalist(self):
        """The sections with ``soma`` in their name, as a new NEURON SectionList."""
        return h.SectionList([self._tree.sections[k] for k in self._soma_sections()])

    def neuron_segments(self) -> list:
        """NEURON's segments, in the order of ``imem``."""
        return [segment for section in self.sections for segment in section]

    def segment(self, idx: int):
        """NEURON's segment of an index.

        Raises
        ------
        CellError
            For anything but an integer from 0 to ``totnsegs`` − 1.
        """
        self.require_open()
        if isinstance(idx, bool) or np.ndim(idx) > 1 or np.size(idx) != 1 or int(np.ravel(idx)[0]) != np.ravel(idx)[0]:
            raise CellError(f"idx must be one integer, got {idx!r}")
        index = int(np.ravel(idx)[0])
        if not 0 <= index < self.totnsegs:
            raise CellError(f"idx must lie in 0 … {self.totnsegs - 1} (the cell's segments), got {index}")
        return self._tree.sections[self._segments.section[index]](float(self._segments.section_x[index]))

    def soma_location(self):
        """NEURON's segment in the middle of the soma (of the first section where none is called soma)."""
        soma = self._soma_sections()
        return self.sections[soma[0] if soma else 0](0.5)

    def range_values(self, variable: str) -> xr.DataArray:
        """A RANGE variable of NEURON as it stands, in every segment: see :func:`range_values`."""
        self.require_open()
        return range_values(self, variable)

    def insert(self, mechanism: str, sections: str | Sequence[str] = "allsec", **parameters: float) -> None:
        """Insert a density mechanism in sections by name part, and set its RANGE parameters by NEURON's names.

        ``cell.insert("hh", "soma", gnabar_hh=0.12)``. Parameters of the ions that it uses (``ena``) may be given too.

        Raises
        ------
        MechanismError, CellError, GeometryError
            For a mechanism, parameter or section that does not exist.
        """
        chosen = sorted(set(self._segments.section[self._segments.find(sections)].tolist()))
        insert_mechanism([self.sections[index] for index in chosen], mechanism, parameters)

    # --- running it ---------------------------------------------------------------------------------------------------

    def simulate(
        self,
        probes: Sequence | None = None,
        rec_imem: bool = False,
        rec_vmem: bool = False,
        rec_ipas: bool = False,
        rec_icap: bool = False,
        rec_variables: Sequence[str] = (),
        variable_dt: bool = False,
        atol: float = 0.001,
        rtol: float = 0.0,
        to_memory: bool = True,
        to_file: bool = False,
        file_name: str | Path | None = None,
        engine: str = "neuron",
    ) -> xr.Dataset:
        """Run from ``tstart`` to ``tstop``; every call starts afresh and gives the same.

        Parameters
        ----------
        probes : sequence of predictors, optional
            Each gets ``.data`` (rows, samples): its matrix times the membrane currents, computed while the run goes on.
        rec_imem, rec_vmem, rec_ipas, rec_icap : bool
            Keep ``imem`` (nA), ``vmem`` (mV), ``ipas``, ``icap`` (nA), each (totnsegs, samples); with ``vmem`` also
            ``vext`` (mV), the potential at the membrane's outer face, where segments have ``extracellular``.
        rec_variables : sequence of str
            NEURON variables of all segments to keep, as the mapping ``rec_variables``.
        variable_dt : bool
            Variable step with absolute and relative tolerances ``atol`` and ``rtol``.
        to_memory, to_file : bool
            Keep what is recorded in memory (the cell's attributes, ``.data`` of probes), and stream it to the NetCDF
            file ``file_name``; with the file alone, memory does not grow with the duration.
        engine : {"neuron", "coreneuron"}
            What takes the steps, see :func:`lfptools.simulate`.

        Returns
        -------
        xarray.Dataset
            Everything recorded, labelled; read lazily from the file with ``to_memory=False``.

        Raises
        ------
        CellError, SimulationError
            For a closed cell, impossible times, unknown variables, or a run that failed.
        """
        recording = Recording(rec_imem, rec_vmem, rec_ipas, rec_icap, tuple(rec_variables))
        step = VariableStep(atol, rtol) if variable_dt else None
        if to_file != (file_name is not None) or not (to_file or to_memory):
            raise CellError("a run goes to memory, or with to_file=True and file_name=… to a file, or to both")
        if not to_file:
            return simulate([self], tuple(probes or ()), recording, step, engine=engine)[0]
        kept = simulate_to_file(
            self, file_name, tuple(probes or ()), recording, step, engine=engine, to_memory=to_memory
        )
        if kept is not None:
            return kept
        from lfptools.io.netcdf import open_dataset

        return open_dataset(file_name, "run")

    def keep_results(self, results: dict[str, object]) -> None:
        """Take what a run recorded; the attributes ``tvec``, ``somav``, … show it."""
        self._results = results
        self._segments = replace(self._segments, **axial_resistances(self._tree.sections))  # those that it ran with

    # --- its end ------------------------------------------------------------------------------------------------------

    def require_open(self) -> None:
        """Raise CellError if the cell has been closed, or was pickled."""
        if not self._open:
            raise CellError(f"{self.name} {self._ended}")
        if not self._tree.owned and not all(map(exists, self._tree.sections)):
            raise CellError(f"{self.name}: its sections were made elsewhere, and some of them have been deleted there")

    def close(self) -> None:
        """Free everything in NEURON: connections, point processes, sections. Results stay readable."""
        if not self._open:
            return
        self._open = False
        for placed in self.placed:
            placed.release()
        self.morphology = self._lasting_morphology()
        self._tree = self._tree.without_sections()
        live.forget(self)

    def __enter__(self) -> "Cell":
        self.require_open()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_open", False):
            self.close()

"""The sections of a cell, from a file, from an inline description, or as they exist already."""

import contextlib
import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from neuron import h

from lfptools.errors import CellError, LfptoolsWarning, MorphologyError, unknown_name
from lfptools.geometry.examples import example_morphology
from lfptools.geometry.morphology_files import check_morphology, imported_names
from lfptools.simulation.existing import tree_of
from lfptools.simulation.hoc_paths import hoc_path
from lfptools.simulation.sectiontree import SectionTree
from lfptools.simulation.toplevel import build_and_copy, created_names, run_hoc

HOC = (".hoc", ".nrn")
INLINE_KEYS = ("length_um", "diameter_um", "segments", "parent", "parent_x")
IMPORTED = {".swc": "Import3d_SWC_read", ".asc": "Import3d_Neurolucida3", ".xml": "Import3d_MorphML"}


def load_sections(
    morphology,
    custom_code: Sequence[str | Path] | None = None,
    prepare: Callable[[Sequence], None] | None = None,
    divide: Callable[[Sequence], None] | None = None,
) -> SectionTree:
    """Sections of a morphology.

    Parameters
    ----------
    morphology : str, pathlib.Path, or anything that :func:`lfptools.simulation.existing.sections_in` takes
        A ``.hoc`` or ``.nrn`` file, ``.swc``, ``.asc`` (Neurolucida) or NeuroML1 ``.xml``;
        ``"neuron:demo/pyramid.nrn"`` is a file of NEURON's own folder, ``"lfptools:ball_and_sticks"`` an example of
        ours. Sections that exist are used as they are.
    custom_code : sequence of path, optional
        hoc or Python files to run on a file's sections.
    prepare, divide : callable, optional
        Called with the sections before the custom code: what is uniform; and the number of segments.

    Raises
    ------
    MorphologyError
        Naming the file and line.
    CellError
        For something that is no morphology.
    """
    code = [existing_file(Path(file).expanduser(), "custom_code file") for file in custom_code or ()]
    if not isinstance(morphology, str | Path):
        return _existing_sections(morphology, code, prepare, divide)
    path = morphology_path(morphology)
    build, creates = builder(path)
    sections, names = build_and_copy(path, build, creates, code, prepare, divide)
    return SectionTree(sections, names, owned=True)


def builder(path: Path) -> tuple[Callable[[], None], set[str]]:
    """What makes a file's sections at the top level, and the names (without index) that it may create there.

    Raises
    ------
    MorphologyError
        For a file of unknown ending, or one that cannot be a cell.
    """
    suffix = path.suffix.lower()
    if suffix in HOC:
        return lambda: run_hoc(path), created_names(path)
    if suffix in IMPORTED:
        check_morphology(path)
        return lambda: _import3d(path, IMPORTED[suffix]), imported_names(path)
    raise MorphologyError(path, unknown_name("ending", suffix, (*HOC, *IMPORTED)))


def morphology_path(morphology: str | Path) -> Path:
    """The file that a morphology's name means.

    Raises
    ------
    MorphologyError
        If it is not there.
    """
    text = str(morphology)
    if text.startswith("lfptools:"):
        return example_morphology(text.removeprefix("lfptools:"))
    if text.startswith("neuron:"):
        return existing_file(Path(h.neuronhome()) / text.removeprefix("neuron:"), "morphology")
    return existing_file(Path(text).expanduser(), "morphology")


def build_sections(specs: Mapping[str, Mapping[str, object]]) -> SectionTree:
    """Cylinders from a description, in its order.

    Parameters
    ----------
    specs : mapping of str to mapping
        Name to ``length_um``, ``diameter_um`` (> 0), ``segments`` (default 1), and for all but a root ``parent`` and
        ``parent_x`` (default 1, the parent's end).

    Raises
    ------
    CellError
        For an unknown parent, a cycle, or values that no section can have; names section and key.
    """
    sections = {name: cylinder(name, spec, INLINE_KEYS) for name, spec in specs.items()}
    for name, spec in specs.items():
        parent = spec.get("parent")
        if parent is None:
            continue
        if parent not in sections:
            raise CellError(unknown_name("parent", parent, sections, f"section {name!r}"))
        if _descends(parent, name, specs):
            raise CellError(f"section {name!r}: its parent {parent!r} hangs on it: a tree has no cycles")
        sections[name].connect(sections[parent](parent_x(name, spec)), 0)
    return SectionTree(list(sections.values()), tuple(sections), owned=True)


def cylinder(name: str, spec: Mapping[str, object], keys: Sequence[str]):
    """A section of its own, with its length, diameter and number of segments (1 if not given).

    Raises
    ------
    CellError
        For a key that is not among ``keys``, or a value that no section can have; names section and key.
    """
    for key in spec:
        if key not in keys:
            raise CellError(unknown_name("key", key, keys, f"section {name!r}"))
    section = h.Section(name=name)
    for key, attribute in (("length_um", "L"), ("diameter_um", "diam")):
        value = spec.get(key)
        if not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise CellError(f"section {name!r}: {key} must be a number > 0, got {value!r}")
        setattr(section, attribute, value)
    segments = spec.get("segments")
    if segments is None:
        segments = 1
    if not isinstance(segments, int) or not 1 <= segments <= 32767:
        raise CellError(f"section {name!r}: segments must be an integer in 1..32767, got {segments!r}")
    section.nseg = segments
    return section


def parent_x(name: str, spec: Mapping[str, object]) -> float:
    """Where on its parent a section hangs; its far end if not given.

    Raises
    ------
    CellError
        For anything but a number from 0 to 1.
    """
    at = spec.get("parent_x", 1.0)
    if not isinstance(at, int | float) or not 0 <= at <= 1:
        raise CellError(f"section {name!r}: parent_x must be a number in 0..1, got {at!r}")
    return at


def _descends(name: str, ancestor: str, specs: Mapping[str, Mapping]) -> bool:
    seen = set()
    while name is not None and name not in seen:
        if name == ancestor:
            return True
        seen.add(name)
        name = specs.get(name, {}).get("parent")
    return False


def _existing_sections(morphology, code: Sequence[Path], prepare, divide) -> SectionTree:
    tree = tree_of(morphology)
    if code:
        raise CellError("custom_code works on a file's sections; these exist already: use custom_fun")
    for function in (prepare, divide):
        if function is not None:
            function(tree.sections)
    return tree


def _import3d(path: Path, reader: str) -> None:
    """NEURON's Import3d at the top level; what it prints is of no use to a user once the file has been checked."""
    told = io.StringIO()
    h.load_file("stdlib.hoc")
    h.load_file("import3d.hoc")
    try:
        with hoc_path(path) as name, contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            imported = getattr(h, reader)()
            if reader != "Import3d_MorphML":  # which has no such switch
                imported.quiet = 1
            imported.input(name)
            # Import3d goes on after an error, and would take the process with it.
            if "Traceback" in told.getvalue() or " failed at " in told.getvalue():
                raise RuntimeError("Import3d failed")
            h.Import3d_GUI(imported, 0).instantiate(None)
    except RuntimeError as error:
        raise MorphologyError(
            path, f"NEURON's Import3d could not read it: {' '.join(told.getvalue().split())}"
        ) from error
    removed = [line.strip() for line in told.getvalue().splitlines() if "has been removed" in line]
    if removed:
        warnings.warn(
            f"{path}: NEURON's Import3d left out {len(removed)} section(s): {'; '.join(removed[:5])}",
            LfptoolsWarning,
            stacklevel=2,
        )


def existing_file(path: Path, what: str) -> Path:
    if path.is_file():
        return path.resolve()
    folder = path.parent
    if not folder.is_dir():
        raise MorphologyError(path, f"no such {what}: there is no folder {folder}")
    names = [entry.name for entry in folder.iterdir() if entry.is_file()]
    raise MorphologyError(path, unknown_name(what, path.name, names))

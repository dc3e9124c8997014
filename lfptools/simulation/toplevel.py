"""Files that build sections at NEURON's top level: run there, copied into sections of their own, and cleaned away.

``create`` at the top level redefines: loading a second file would destroy the first cell's sections. So nothing that a
file creates stays there, and a section that the user has there is never touched.
"""

import contextlib
import io
import re
import runpy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from neuron import h

from lfptools.errors import MorphologyError
from lfptools.geometry.hoc_files import included
from lfptools.simulation.copying import SectionState, copy_tree
from lfptools.simulation.includes import always_loading
from lfptools.simulation.sectiontree import exists, lasting_names
from lfptools.simulation.templates import remember, without_definitions
from lfptools.simulation.trial import try_templates

_CREATE = re.compile(r"\bcreate\b((?:\s|\\\n|,|\w|\[[^\]]*\])+)")
_NAME = re.compile(r"(\w+)\s*(?:\[[^\]]*\])?")
_DELETES_ALL = re.compile(r"\bforall\b[^}\n]*\bdelete_section\b")
_REACHES_ALL = re.compile(r"\b(?:forall|forsec|ifsec|allsec)\b")


def build_and_copy(
    path: Path,
    build: Callable[[], None],
    creates: Sequence[str],
    custom_code: Sequence[Path],
    prepare: Callable[[Sequence], None] | None,
    divide: Callable[[Sequence], None] | None,
    finish: Callable[[Sequence, Sequence[str]], list] | None = None,
) -> tuple[list, tuple[str, ...]]:
    """Sections and names of what ``build`` makes at the top level, with custom code run on it.

    Parameters
    ----------
    path : pathlib.Path
        The file, for messages; relative paths in its code start from its folder.
    build : callable
        Makes the sections.
    creates : sequence of str
        Names of sections (without index) that it may create.
    custom_code : sequence of pathlib.Path
        hoc or Python files to run afterwards.
    prepare, divide : callable, optional
        Called with the sections: what is uniform, and the number of segments. They are called before the custom code,
        so that it sets per-segment values on the final segments; when it changes what the division depends on,
        everything is built again with the final number of segments.
    finish : callable, optional
        Called with the sections and their names; what it returns becomes the cell's, everything else that was made
        goes. By default copies that Python owns.

    Raises
    ------
    MorphologyError
        With NEURON's own message, if a file fails, makes no section, or would redefine a section of the user's.
    """
    _refuse_redefinition(path, creates, custom_code)
    with _others_unchanged(path, custom_code):
        before, kept = _alive(), []
        try:
            sections = _decorated(path, build, custom_code, prepare, divide, before, None)
            if divide is not None:
                first = [section.nseg for section in sections]
                divide(sections)
                final = [section.nseg for section in sections]
                if final != first and custom_code:
                    _delete(before)
                    sections = _decorated(path, build, custom_code, prepare, divide, before, final)
                    divide(sections)
            _refuse_no_area(path, sections)
            if finish is None:
                _refuse_point_processes(path, sections)
            names = lasting_names(sections)
            kept = (finish or copy_tree)(sections, names)
            return kept, lasting_names(kept) if finish else names
        finally:
            _delete(before | {section.hoc_internal_name() for section in kept})


def run_apart(path: Path) -> None:
    """Run a hoc file for what it defines; sections that it makes at the top level go, and others stay as they were."""
    _refuse_redefinition(path, created_names(path), ())
    with _others_unchanged(path, ()):
        before = _alive()
        try:
            run_hoc(path)
        finally:
            _delete(before)


def created_names(path: Path) -> set[str]:
    """Names after ``create`` outside templates, in a hoc file and the files that it loads by a literal name."""
    names: set[str] = set()
    for text in included(path).values():
        for match in _CREATE.finditer(without_definitions(text)):
            names |= set(_NAME.findall(re.sub(r"\[[^\]]*\]", "", match.group(1))))
    return names


def run_hoc(path: Path) -> None:
    """Run a hoc file, with its folder as working directory.

    Templates that it defines and that exist already with the same text are left out.

    Raises
    ------
    MorphologyError
        With hoc's own message, file and line.
    """
    try_templates(path)
    with always_loading(path) as file, contextlib.chdir(file.parent), hoc_errors(path):
        h.xopen(file.name)
    remember(included(path))


@contextlib.contextmanager
def hoc_errors(path: Path) -> Iterator[None]:
    """Turn what hoc prints and raises into one error; what it says otherwise is of no use.

    Raises
    ------
    MorphologyError
        With hoc's own message, file and line.
    """
    told, said = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stderr(told), contextlib.redirect_stdout(said):
            yield
    except RuntimeError as error:
        message = " ".join(told.getvalue().split()).removeprefix("NEURON: ") or str(error)
        place = re.search(r" in (\S+) near line ([1-9]\d*)", message)
        blamed = path.parent / place.group(1) if place else path
        raise MorphologyError(
            blamed if blamed.is_file() else path,
            f"NEURON could not run {path.name}: {message}",
            int(place.group(2)) if place else None,
        ) from error
    missing = sorted(set(re.findall(r"Couldn't find: (\S+)", told.getvalue())))
    if missing:
        raise MorphologyError(path, f"it loads {missing}, which NEURON could not find")


def _decorated(path, build, custom_code, prepare, divide, before, nsegs) -> list:
    """Sections built, prepared, divided (by the rule or as ``nsegs`` says) and given to the custom code."""
    build()
    sections = _new_sections(before)
    if not sections:
        raise MorphologyError(path, "the file makes no section at the top level")
    _refuse_no_length(path, sections)
    if prepare is not None:
        prepare(sections)
    if nsegs is not None:
        for section, nseg in zip(sections, nsegs, strict=False):
            section.nseg = nseg
    elif divide is not None:
        divide(sections)
    for code in custom_code:
        if code.suffix == ".py":
            runpy.run_path(str(code))
        else:
            run_hoc(code)
    return _new_sections(before)


def _alive() -> set[str]:
    return {section.hoc_internal_name() for section in h.allsec()}


def _new_sections(before: set[str]) -> list:
    return [section for section in h.allsec() if section.hoc_internal_name() not in before]


def _delete(before: set[str]) -> None:
    for section in _new_sections(before):
        if not section.is_pysec():
            h.delete_section(sec=section)


def _top_level() -> set[str]:
    return {
        section.name().partition("[")[0] for section in h.allsec() if not section.is_pysec() and section.cell() is None
    }


def _refuse_redefinition(path: Path, creates: Sequence[str], custom_code: Sequence[Path]) -> None:
    wanted = set(creates)
    for code in custom_code:
        wanted |= created_names(code)
    clash = sorted(_top_level() & wanted)
    if clash:
        raise MorphologyError(
            path,
            f"the file creates {clash} at NEURON's top level, where you have sections of that name, which it would "
            "destroy; rename or delete yours, or make them in Python (h.Section)",
        )
    deleting = [file for code in _hoc(path, custom_code) for file, text in included(code).items() if _deletes(text)]
    if deleting and any(True for _ in h.allsec()):
        raise MorphologyError(
            deleting[0],
            "it deletes all sections (forall delete_section), those of your other cells too; take that line out, or "
            "load the file before there are others",
        )


def _deletes(text: str) -> bool:
    return _DELETES_ALL.search(without_definitions(text)) is not None


def _hoc(path: Path, custom_code: Sequence[Path]) -> list[Path]:
    return [file for file in (path, *custom_code) if file.suffix.lower() in (".hoc", ".nrn")]


@contextlib.contextmanager
def _others_unchanged(path: Path, custom_code: Sequence[Path]) -> Iterator[None]:
    """Undo what a ``forall`` does to sections that were there before."""
    others = list(h.allsec())
    python = any(code.suffix == ".py" for code in custom_code)
    texts = (text for code in _hoc(path, custom_code) for text in included(code).values())
    if not others or not (python or any(_REACHES_ALL.search(without_definitions(text)) for text in texts)):
        yield
        return
    states = [(section, SectionState(section)) for section in others]
    try:
        yield
    finally:
        for section, state in states:
            if exists(section):
                state.write(section)


def _refuse_no_length(path: Path, sections: Sequence) -> None:
    """Sections whose points coincide: NEURON gives them lengths that mean nothing."""
    for section in sections:
        points = {(section.x3d(i), section.y3d(i), section.z3d(i)) for i in range(section.n3d())}
        if len(points) == 1 and section.n3d() > 1:
            raise MorphologyError(path, f"section {section.name()} has no length: its points are all at {points.pop()}")


def _refuse_no_area(path: Path, sections: Sequence) -> None:
    """Sections too thin."""
    for section in sections:
        if not all(0 < segment.area() < float("inf") for segment in section):
            raise MorphologyError(path, f"section {section.name()} has a membrane area that is not > 0")


def _refuse_point_processes(path: Path, sections: Sequence) -> None:
    found = sorted(
        {str(process) for section in sections for segment in section for process in segment.point_processes()}
    )
    if found:
        raise MorphologyError(
            path,
            f"point processes cannot be carried into the cell: {found[:5]}; place them with Synapse and "
            "StimIntElectrode after the cell is made",
        )

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
from lfptools.simulation.copying import Membrane, copy_tree

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_CREATE = re.compile(r"\bcreate\b((?:\s|\\\n|,|\w|\[[^\]]*\])+)")
_NAME = re.compile(r"(\w+)\s*(?:\[[^\]]*\])?")
_INCLUDE = re.compile(r"\b(?:load_file|xopen)\s*\(\s*(?:\d\s*,\s*)?\"([^\"]+)\"")
_REACHES_ALL = re.compile(r"\b(?:forall|forsec|ifsec|allsec)\b")


def build_and_copy(
    path: Path,
    build: Callable[[], None],
    creates: Sequence[str],
    custom_code: Sequence[Path],
    prepare: Callable[[Sequence], None] | None,
    divide: Callable[[Sequence], None] | None,
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

    Raises
    ------
    MorphologyError
        With NEURON's own message, if a file fails, makes no section, or would redefine a section of the user's.
    """
    _refuse_redefinition(path, creates, custom_code)
    with _others_unchanged(path, custom_code):
        before = {section.hoc_internal_name() for section in h.allsec()}
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
            _refuse_point_processes(path, sections)
            names = tuple(section.name() for section in sections)
            return copy_tree(sections, names), names
        finally:
            _delete(before)


def created_names(path: Path, seen: frozenset[Path] = frozenset()) -> set[str]:
    """Names after ``create`` in a hoc file and the files that it loads by a literal name."""
    names: set[str] = set()
    for text in _texts(path):
        for match in _CREATE.finditer(text):
            names |= set(_NAME.findall(re.sub(r"\[[^\]]*\]", "", match.group(1))))
    return names


def run_hoc(path: Path) -> None:
    """Run a hoc file, with its folder as working directory.

    Raises
    ------
    MorphologyError
        With hoc's own message, file and line.
    """
    told, said = io.StringIO(), io.StringIO()
    try:
        with contextlib.chdir(path.parent), contextlib.redirect_stderr(told), contextlib.redirect_stdout(said):
            h.xopen(path.name)
    except RuntimeError as error:
        message = " ".join(told.getvalue().split()) or str(error)
        line = re.search(r"near line (\d+)", message)
        raise MorphologyError(
            path, f"NEURON could not run the file: {message}", int(line.group(1)) if line else None
        ) from error


def _decorated(path, build, custom_code, prepare, divide, before, nsegs) -> list:
    """Sections built, prepared, divided (by the rule or as ``nsegs`` says) and given to the custom code."""
    build()
    sections = _new_sections(before)
    if not sections:
        raise MorphologyError(path, "the file makes no section at the top level")
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
    existing = _top_level()
    if not existing:
        return
    wanted = set(creates)
    for code in custom_code:
        wanted |= created_names(code)
    clash = sorted(existing & wanted)
    if clash:
        raise MorphologyError(
            path,
            f"the file creates {clash} at NEURON's top level, where you have sections of that name, which it would "
            "destroy; rename or delete yours, or make them in Python (h.Section)",
        )


@contextlib.contextmanager
def _others_unchanged(path: Path, custom_code: Sequence[Path]) -> Iterator[None]:
    """Undo what a ``forall`` does to sections that were there before."""
    others = list(h.allsec())
    files = [path, *custom_code]
    if not others or not any(
        code.suffix == ".py" or _REACHES_ALL.search(text)
        for code in files
        if code.suffix in (".py", ".hoc", ".nrn")
        for text in _texts(code)
    ):
        yield
        return
    membranes = [(section, Membrane(section)) for section in others]
    try:
        yield
    finally:
        for section, membrane in membranes:
            if section:
                membrane.write(section)


def _texts(path: Path) -> Iterator[str]:
    """The file's text without comments, and those of the files that it loads by a literal name."""
    waiting, seen = [path], set()
    while waiting:
        file = waiting.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        text = _COMMENT.sub(" ", file.read_text(errors="replace"))
        yield text
        waiting += [file.parent / name for name in _INCLUDE.findall(text)]


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

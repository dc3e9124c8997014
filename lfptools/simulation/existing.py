"""Sections that exist already, wherever they come from: hoc, Python, NetPyNE, BMTK, other cells."""

import inspect
from collections.abc import Iterable, Iterator, Mapping

from neuron import h

from lfptools.errors import CellError
from lfptools.simulation.sectiontree import SectionTree, own_names

_EXPECTED = "sections, a SectionList, or objects that keep them as secs, all, sections or allseclist"
# Where cells of other packages keep their sections, in the order in which they are looked for.
_HOLDERS = ("secs", "all", "sections", "allseclist", "hobj", "hObj", "template")


def sections_in(model: object) -> list:
    """The sections of anything that holds NEURON sections, in order.

    That is a section; an instance of a hoc template; an object that keeps them as ``secs``, ``all``, ``sections`` or
    ``allseclist`` (cells of NetPyNE, of LFPy, of one's own class), or an instance of a template as ``hobj``, ``hObj``
    or ``template`` (BMTK's cells); a SectionList, list or other iterable of these; a mapping to them (NetPyNE's
    ``cell.secs``, or names of cells to cells).

    Raises
    ------
    CellError
        If it holds none, or one twice.
    """
    sections = list(_walk(model, 0))
    if not sections:
        raise CellError(f"{_shown(model)} holds no NEURON sections")
    if len(set(sections)) != len(sections):
        repeated = next(section.name() for k, section in enumerate(sections) if section in sections[:k])
        raise CellError(f"section {repeated} is given twice")
    return sections


def tree_of(model: object) -> SectionTree:
    """The sections of a model and names for them, not owned; keys of a mapping to cells are put before the names."""
    sections = sections_in(model)
    if not isinstance(model, Mapping) or any(_one_section(value) for value in model.values()):
        return SectionTree(sections, own_names(sections), owned=False)
    names = [f"{key}.{name}" for key, value in model.items() for name in own_names(sections_in(value))]
    return SectionTree(sections, tuple(names), owned=False)


def outside(sections: list) -> list:
    """Sections that hang on some of these, or that some of these hang on, and are not among them."""
    among, found = set(sections), []
    for section in sections:
        parent = section.parentseg()
        neighbours = [*section.children(), *([parent.sec] if parent else [])]
        found += [one for one in neighbours if one not in among]
    return found


def own_sections(instance) -> list:
    """Sections of an instance: those in its list ``all``, then others that hang on them; all that it has if it has no
    such list.

    What it has beside these, connected to none, is no part of the cell.
    """
    own = having(instance)
    if not hasattr(instance, "all"):
        return own
    listed = list(instance.all or ())
    tree = {other for section in listed for other in section.wholetree()}
    among = set(listed)
    return listed + [section for section in own if section in tree and section not in among]


def having(instance) -> list:
    """All sections of an instance of a template."""
    return [section for section in h.allsec() if section.cell() == instance]


def _walk(model: object, depth: int) -> Iterator:
    if _is_section(model):
        yield model
        return
    if depth > 5 or model is None or isinstance(model, str | bytes | int | float):
        raise CellError(f"{_shown(model)} is no NEURON section, and holds none: expected {_EXPECTED}")
    if type(model).__name__ == "HocObject":
        parts: Iterable = list(model) if str(model).startswith("SectionList[") else own_sections(model)
    elif isinstance(model, Mapping):
        section = _one_section(model)
        parts = [section] if section is not None else model.values()
    elif (holder := next((name for name in _HOLDERS if _has(model, name)), None)) is not None:
        parts = [getattr(model, holder)]
    elif isinstance(model, Iterable):
        parts = list(model)
    else:
        raise CellError(f"{_shown(model)} holds no NEURON sections: expected {_EXPECTED}")
    for part in parts:
        yield from _walk(part, depth + 1)


def _has(model: object, name: str) -> bool:
    value = getattr(model, name, None)
    return value is not None and not inspect.isroutine(value)


def _is_section(model: object) -> bool:
    return type(model).__name__ == "Section" and hasattr(model, "hoc_internal_name")


def _one_section(model: object):
    """The section of a mapping that describes one (NetPyNE's), or the section itself."""
    value = model.get("hObj", model.get("hSec")) if isinstance(model, Mapping) else model
    return value if _is_section(value) else None


def _shown(model: object) -> str:
    text = repr(model)
    return text if len(text) < 60 else f"{text[:57]}…"

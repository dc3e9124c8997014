"""The sections of a cell together, and names for them that do not depend on what else is in the process."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from neuron import h

from lfptools.errors import CellError


@dataclass(frozen=True, eq=False)
class SectionTree:
    """Sections in order, and their names.

    Parameters
    ----------
    sections : list
        NEURON sections.
    names : tuple of str
        One a section, distinct.
    owned : bool
        Whether the sections live as long as this object; others belong to somebody else.
    instance : hoc object, optional
        The instance of a template that has the sections.
    """

    sections: list = field(repr=False)
    names: tuple[str, ...]
    owned: bool
    instance: object = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.sections:
            raise CellError("a cell needs at least one section, got none")
        repeated = sorted({name for name in self.names if self.names.count(name) > 1})
        if repeated:
            raise CellError(f"sections of one cell need distinct names; repeated: {repeated[:10]}")

    def without_sections(self) -> "SectionTree":
        """The names alone: the last reference to owned sections goes with this object; those of an instance go now."""
        if self.instance is not None:  # it may refer to itself, and live on
            for section in filter(exists, self.sections):
                h.delete_section(sec=section)
        return self.names_alone()

    def names_alone(self) -> "SectionTree":
        """A tree of the same names, without sections; this one stays as it is."""
        tree = object.__new__(SectionTree)
        for name, value in (("sections", []), ("names", self.names), ("owned", self.owned), ("instance", None)):
            object.__setattr__(tree, name, value)
        return tree


def exists(section) -> bool:
    """Whether a section has not been deleted; NEURON's own truth value does not say so."""
    try:
        return section.nseg > 0
    except ReferenceError:
        return False


def lasting_names(sections: Sequence) -> tuple[str, ...]:
    """Names that do not depend on what else the process has made: of cells without a name of their own, counted from 0.

    ``Pyramidal[17].soma[0]`` is ``soma[0]`` where there is one cell, instance of a template or object of Python's, and
    ``Pyramidal[0].soma[0]`` where there are several.
    """
    owners: list = []
    cells = [section.cell() for section in sections]
    for cell in cells:
        if cell is not None and not any(cell == other for other in owners):
            owners.append(cell)
    if len(owners) <= 1:
        alone = tuple(_without(section, cell) for section, cell in zip(sections, cells, strict=True))
        if len(set(alone)) == len({section.name() for section in sections}):
            return alone
    kinds = [_kind(owner) for owner in owners]
    shown = [
        str(owner) if kind is None else f"{kind}[{kinds[:k].count(kind)}]"
        for k, (owner, kind) in enumerate(zip(owners, kinds, strict=True))
    ]
    said = {id(owner): name for owner, name in zip(owners, shown, strict=True)}

    def name(section, cell) -> str:
        if cell is None:
            return section.name()
        owner = next(one for one in owners if one == cell)
        return f"{said[id(owner)]}.{_without(section, cell)}"

    return tuple(name(section, cell) for section, cell in zip(sections, cells, strict=True))


def _without(section, cell) -> str:
    return section.name().removeprefix(f"{cell}.")


def _kind(cell) -> str | None:
    """The template's or class's name of a cell that is numbered or called by its address; None if it has a name."""
    text = str(cell)
    if type(cell).__name__ == "HocObject":
        return text.rpartition("[")[0]
    return type(cell).__name__ if re.search(r"\bat 0x[0-9a-f]+>", text) else None


def own_names(sections: Sequence) -> tuple[str, ...]:
    """:func:`lasting_names`, those of nameless sections counted, and repeated ones numbered."""
    names: list[str] = []
    for index, name in enumerate(lasting_names(sections)):
        name = re.sub(r"^.*\bat 0x[0-9a-f]+>\.", "", name)  # of a cell that is gone
        name = f"section[{index}]" if name.startswith("__nrnsec_0x") else name
        repeats = sum(other == name or other.startswith(f"{name}#") for other in names)
        names.append(f"{name}#{repeats + 1}" if repeats else name)
    return tuple(names)

"""What a section is, by its name: soma, axon, apical or basal dendrite."""

from collections.abc import Mapping, Sequence
from typing import Final

from lfptools.errors import GeometryError, unknown_name

SOMA: Final = "soma"
OTHER: Final = "other"
_BY_NAME: Final = (
    (SOMA, ("soma",)),
    ("axon", ("axon", "myelin", "node", "hillock", "iseg", "ais")),
    ("apical dendrite", ("apic", "tuft")),
    ("basal dendrite", ("basal",)),
    ("dendrite", ("dend",)),
)


def section_types(names: Sequence[str], groups: Mapping[str, Sequence[str]] | None = None) -> tuple[str, ...]:
    """The type of each section.

    Parameters
    ----------
    names : sequence of str
        Names of sections.
    groups : mapping of str to sequence of str, optional
        Type to parts of names; the first that fits counts, "other" where none does. By default names are read as they
        are commonly given (``soma``, ``axon``, ``apic``, ``dend``, …, in any case); where some dendrites are called
        apical, those called no more than dendrites are the basal ones.

    Raises
    ------
    GeometryError
        If a group's part is in no section's name.
    """
    if groups is not None:
        for part in [part for parts in groups.values() for part in parts]:
            if not any(part in name for name in names):
                raise GeometryError(unknown_name("part of sections' names", part, names))
    rules = _BY_NAME if groups is None else tuple(groups.items())
    found = [_first(name if groups is not None else name.lower(), rules) for name in names]
    if groups is None and "apical dendrite" in found:
        found = ["basal dendrite" if kind == "dendrite" else kind for kind in found]
    return tuple(found)


def _first(name: str, rules: Sequence[tuple[str, Sequence[str]]]) -> str:
    return next((kind for kind, parts in rules if any(part in name for part in parts)), OTHER)

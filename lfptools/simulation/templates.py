"""hoc templates: each defined once in a process, since NEURON cannot define one again, whatever file it comes from."""

import contextlib
import hashlib
import io
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from neuron import h

from lfptools.errors import LfptoolsWarning, MorphologyError
from lfptools.geometry.hoc_files import without_comments

# One template, from its first line to its last; its name is the group ``template``.
BLOCK = re.compile(
    r"^[ \t]*begintemplate[ \t]+(?P<template>\w+).*?^[ \t]*endtemplate[ \t]+(?P=template)\b[^\n]*",
    re.MULTILINE | re.DOTALL,
)

_OBJECTS = re.compile(r"\b(?:objref|objectvar)\b([^\n]*)")
_CREATES = re.compile(r"\bcreate\b((?:\s|,|\w|\[[^\]]*\])+)")
_ITEM = re.compile(r"(\w+)[ \t]*(\[)?[^,\n]*")

# Template to the hash of its text, and where that stood.
_DEFINED: dict[str, tuple[str, Path]] = {}


def is_template(name: str) -> bool:
    """Whether NEURON knows a template of this name."""
    if not h.name_declared(name):
        return False
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            h.List(name)
    except RuntimeError:
        return False
    return True


def definitions(text: str) -> dict[str, str]:
    """Templates that a hoc text defines, to the hash of each one's text (comments and blanks do not count)."""
    return {match["template"]: _hash(match.group()) for match in _blocks(text)}


@dataclass(frozen=True)
class Declarations:
    """What a template's text declares.

    Parameters
    ----------
    objects : frozenset of str
        Names of its objects, among which are its lists of sections.
    sections : mapping of str to bool
        Names of its sections, and whether they carry an index.
    """

    objects: frozenset[str]
    sections: Mapping[str, bool]


def declarations(name: str, texts: Iterable[str]) -> Declarations:
    """What a template declares, from the text that defines it; nothing if no text does."""
    blocks = [match.group() for text in texts for match in _blocks(text) if match["template"] == name]
    objects = {item[1] for block in blocks for said in _OBJECTS.findall(block) for item in _ITEM.finditer(said)}
    sections: dict[str, bool] = {}
    for block in blocks:
        for said in _CREATES.findall(block):
            for item in _ITEM.finditer(said):
                sections[item[1]] = sections.get(item[1], False) or item[2] is not None
    return Declarations(frozenset(objects), sections)


def without_definitions(text: str) -> str:
    """The text without its templates: what it does at the top level."""
    return BLOCK.sub("", text) if "begintemplate" in text else text


def without_defined(text: str, file: Path) -> str:
    """The text without templates that exist already, its lines where they were.

    Raises
    ------
    MorphologyError
        If a template of the same name and another text exists: NEURON would refuse to define it.

    Warns
    -----
    LfptoolsWarning
        If a template of the same name was defined by other means: it may be another one.
    """
    return BLOCK.sub(lambda match: _left_out(match, file), text) if "begintemplate" in text else text


def remember(texts: Mapping[Path, str]) -> None:
    """Note which templates have come from which texts."""
    for file, text in texts.items():
        for name, digest in definitions(text).items():
            if name not in _DEFINED and is_template(name):
                _DEFINED[name] = (digest, file)


def _blocks(text: str) -> Iterable[re.Match]:
    return BLOCK.finditer(text) if "begintemplate" in text else ()


def _left_out(match: re.Match, file: Path) -> str:
    name = match["template"]
    if not is_template(name):
        return match.group()
    digest, origin = _DEFINED.get(name, (None, None))
    if digest is None:
        warnings.warn(
            f"{file}: a template {name} exists in NEURON already and is used as it is, though it was not loaded by "
            "lfptools and may be another one",
            LfptoolsWarning,
            stacklevel=2,
        )
    elif digest != _hash(match.group()):
        raise MorphologyError(
            file,
            f"it defines the template {name}, which {origin} has defined in this process with another text; NEURON "
            "cannot define a template again: rename one of them, or use another process",
        )
    return "\n" * match.group().count("\n")


def _hash(block: str) -> str:
    return hashlib.sha256(" ".join(without_comments(block).split()).encode()).hexdigest()

"""Hashes of files and of plain data."""

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path

from lfptools.errors import LfptoolsError
from lfptools.provenance.remembered import LARGE, remembered


class ContentError(LfptoolsError, TypeError):
    """Something that has no canonical form: NaN, a path, an object."""


def file_hash(path: Path | str) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; of large files it is remembered."""
    path = Path(path)
    return remembered(path, _hash) if path.stat().st_size >= LARGE else _hash(path)


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def content_hash(obj: object) -> str:
    """SHA-256 of the canonical JSON of plain data, in hexadecimal.

    Raises
    ------
    ContentError
        See :func:`canonical_json`.
    """
    return hashlib.sha256(canonical_json(obj).encode()).hexdigest()


def canonical_json(obj: object) -> str:
    """JSON with sorted keys, no spaces, ASCII, floats as their shortest exact form.

    Takes mappings with str keys, lists, tuples, str, int, float, bool and None. 1 and 1.0 differ.

    Raises
    ------
    ContentError
        For NaN, infinities, paths and other objects (what a path names depends on the machine); names the key.
    """
    return json.dumps(_plain(obj, "content"), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _plain(obj: object, where: str) -> object:
    if obj is None or isinstance(obj, str | bool):
        return str(obj) if isinstance(obj, str) else obj
    if isinstance(obj, int):
        return int(obj)
    if isinstance(obj, float):
        if not math.isfinite(obj):
            raise ContentError(f"{where}: expected a finite number, got {obj}")
        return float(obj)
    if isinstance(obj, Mapping):
        for key in obj:
            if not isinstance(key, str):
                raise ContentError(f"{where}: expected text as keys, got {type(key).__name__} {key!r}")
        return {str(key): _plain(value, f"{where}.{key}") for key, value in obj.items()}
    if isinstance(obj, list | tuple):
        return [_plain(value, f"{where}[{i}]") for i, value in enumerate(obj)]
    raise ContentError(f"{where}: expected text, a number, a list or a mapping, got {type(obj).__name__} {obj!r}")

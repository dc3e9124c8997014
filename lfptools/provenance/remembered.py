"""Hashes of large files, remembered between processes: every job of a study plans it anew, and 700 MB take a second.

A hash is believed while the file's size, time of change and inode are the same. As in git, one is not remembered for a
file that was changed within the last two seconds: another change could leave the same time.
"""

import hashlib
import json
import logging
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

LARGE: Final = 64 * 1024 * 1024
_SETTLED_NS: Final = 2_000_000_000


def remembered(path: Path, compute: Callable[[Path], str]) -> str:
    """The hash of a file, from ``$LFPTOOLS_CACHE/hashes`` (``~/.cache/lfptools/hashes``) if it is known there.

    Parameters
    ----------
    path : Path
        The file.
    compute : callable
        From the path to the hash, where it is not known.
    """
    stamp, note = _stamp(path), _note(path)
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
        if known["stamp"] == stamp:
            return str(known["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not known, or unreadable: it is computed
    found = compute(path)
    if _stamp(path) == stamp and time.time_ns() - stamp[1] > _SETTLED_NS:
        _remember(note, {"stamp": stamp, "hash": found})
    return found


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _note(path: Path) -> Path:
    root = os.environ.get("LFPTOOLS_CACHE") or Path.home() / ".cache" / "lfptools"
    return Path(root) / "hashes" / f"{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:24]}.json"


def _remember(note: Path, what: dict[str, object]) -> None:
    partial = note.with_name(f".{note.name}.{uuid.uuid4().hex}.tmp")
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(what), encoding="utf-8")
        os.replace(partial, note)
    except OSError as error:
        log.info("the hash of a large file cannot be remembered in %s: %s", note.parent, error)

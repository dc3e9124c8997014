"""A hoc file loaded as ``nrngui file.hoc`` loads it, in a process of its own: what it said, and where it failed."""

import contextlib
import ctypes
import logging
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from neuron import h
from neuron import hoc as _extension

from lfptools.errors import LfptoolsError
from lfptools.simulation.hoc_paths import hoc_path

log = logging.getLogger(__name__)

_BLOCK = re.compile(
    r"^NEURON: (?P<what>.+)\n(?: in (?P<file>\S+))? ?near line (?P<line>\d+)\n(?P<rest>(?:[ ^].*\n?)*)", re.MULTILINE
)
_STACK = re.compile(r"^ +(\w+)\(.*\)$", re.MULTILINE)
_LOADERS = ("hoc_Load_file", "xopen", "execute1", "load_file")
_MISSING = re.compile(r"Couldn't find: (\S+)\n(?: in (\S+))? ?near line (\d+)")
# NEURON's own handler of Ctrl-C, by the names that compilers give it; Python's waits until hoc has come to its end.
_HANDLERS = ("_Z6onintri", "onintr")


class HocError(LfptoolsError):
    """What hoc says of an error, in which file and line, and the procedures that were at work, innermost first."""

    def __init__(self, what: str, file: str | None = None, line: int | None = None, stack: Sequence[str] = ()):
        super().__init__(what + (f" (in {', called by '.join(stack)})" if stack else ""))
        self.file, self.line, self.stack = file, line, tuple(stack)


class Journal:
    """What the process is doing, in a file that the one that waits for it reads; and what it has said.

    Parameters
    ----------
    doing : pathlib.Path
        Written.
    said : pathlib.Path
        The file that is the process's standard error.
    """

    def __init__(self, doing: Path, said: Path):
        self._doing, self._said = doing, said

    def say(self, what: str) -> None:
        """Replace what the file says."""
        self._doing.write_text(what, encoding="utf-8")

    @contextlib.contextmanager
    def hoc(self, what: str) -> Iterator[None]:
        """Let hoc do something; turn what it says of an error into a HocError."""
        self.say(what)
        sys.stderr.flush()
        start = self._said.stat().st_size
        try:
            yield
        except RuntimeError as error:
            raise _told(self._since(start), str(error)) from error
        missing = _MISSING.search(self._since(start))
        if missing:
            name, file, line = missing.groups()
            raise HocError(f"it loads {name!r}, which is not there", file, int(line) if file else None)

    def _since(self, start: int) -> str:
        sys.stderr.flush()
        with self._said.open("rb") as stream:
            stream.seek(start)
            return stream.read().decode(errors="replace")


def make_interruptible() -> None:
    """Let SIGINT stop hoc where it is, with its own message of where that was."""
    library = ctypes.CDLL(_extension.__file__)
    for name in _HANDLERS:
        if hasattr(library, name):
            install = ctypes.CDLL(None).signal
            install.argtypes = [ctypes.c_int, ctypes.c_void_p]
            install(signal.SIGINT, ctypes.cast(getattr(library, name), ctypes.c_void_p))
            return
    log.info("this NEURON has no handler for interruptions: what takes too long is ended without saying where it was")


def load(file: Path, statements: Sequence[str], journal: Journal) -> None:
    """Load a file in its own folder, then execute hoc statements, one after the other.

    Raises
    ------
    HocError
        With hoc's message, file and line; also for files that are not found.
    """
    os.chdir(file.parent)
    sys.path.insert(0, "")
    with journal.hoc(f"loading {file.name}"), hoc_path(file) as name:
        h.load_file(file.name if name == str(file) else name)
    for statement in statements:
        with journal.hoc(f"executing {statement!r}"):
            if not h(statement):
                raise RuntimeError(f"hoc could not execute {statement!r}")


def _told(text: str, otherwise: str) -> HocError:
    """The error that came first of the last chain: NEURON repeats it for each file that loads the one at fault."""
    blocks = [match for match in _BLOCK.finditer(text) if not match["what"].startswith(_LOADERS)]
    if not blocks:
        return HocError(otherwise)
    last = blocks[-1]
    stack = dict.fromkeys(name for name in _STACK.findall(last["rest"]) if name not in _LOADERS)
    return HocError(last["what"], last["file"], int(last["line"]) if last["file"] else None, tuple(stack))

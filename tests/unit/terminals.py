"""Shells at a terminal, as a user has them: what a line becomes when Tab is pressed."""

import os
import pty
import re
import select
import signal
import time
from pathlib import Path

PROMPT = "ready> "

# A shell's own file of settings with the completion in it, and how the shell is started.
STARTS = {
    "bash": (".bashrc", "PS1='ready> '; source ~/completion", ["bash", "--rcfile", ".bashrc", "-i"]),
    "zsh": (
        ".zshrc",
        "PS1='ready> '; fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit -u -D",
        ["zsh", "-d", "-i"],
    ),
    "tcsh": (".tcshrc", "set prompt='ready> '; source ~/completion", ["tcsh", "-i"]),
}
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00\x07]")


def completed(shell: str, script: str, home: Path, typed: str, expected: str, patience_s: float = 10.0) -> str:
    """What a terminal shows after a line was typed and Tab pressed, at the latest when ``expected`` is shown."""
    name, settings, command = STARTS[shell]
    (home / name).write_text(settings + "\n", encoding="utf-8")
    (home / ".zfunc").mkdir(exist_ok=True)
    (home / (".zfunc/_lfptools" if shell == "zsh" else "completion")).write_text(script, encoding="utf-8")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(home)
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "ZDOTDIR": str(home), "TERM": "vt100"}
        os.execvpe(command[0], command, environment)
    try:
        _read_until(terminal, PROMPT, patience_s)
        os.write(terminal, f"{typed}\t".encode())
        return _read_until(terminal, expected, patience_s)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def _read_until(terminal: int, wanted: str, patience_s: float) -> str:
    seen = b""
    end = time.monotonic() + patience_s
    while time.monotonic() < end and wanted not in _shown(seen):
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:  # the shell has ended
                break
    return _shown(seen)


def _shown(seen: bytes) -> str:
    return _CONTROL.sub("", seen.decode("utf-8", errors="replace"))

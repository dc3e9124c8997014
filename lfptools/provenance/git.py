"""The commit of a checkout, and whether it was changed."""

import os
import subprocess
from pathlib import Path
from typing import Final

UNKNOWN: Final = "unknown"
COMMIT_VARIABLE: Final = "LFPTOOLS_GIT_COMMIT"
DIRTY_VARIABLE: Final = "LFPTOOLS_GIT_DIRTY"

# New files elsewhere (an exported table, a report) have no part in results.
DECIDING: Final = ("lfptools", "workflow", "config", "resources", "profiles", "Snakefile")


def state(root: Path | str) -> tuple[str, bool | None]:
    """Commit and whether the tree has changes; ``("unknown", None)`` without git or a repository.

    Where ``LFPTOOLS_GIT_COMMIT`` is set (once per run, by the workflow), it and ``LFPTOOLS_GIT_DIRTY`` ("0" or "1")
    are the answer: the files of one run all say the same, whatever is edited meanwhile.
    """
    commit = os.environ.get(COMMIT_VARIABLE)
    if commit:
        return commit, {"0": False, "1": True}.get(os.environ.get(DIRTY_VARIABLE, ""))
    found = _git(root, "rev-parse", "HEAD")
    if found is None:
        return UNKNOWN, None
    changes = _git(root, "status", "--porcelain", "--untracked-files=no")
    new = _git(root, "ls-files", "--others", "--exclude-standard", "--", *DECIDING)
    return found, None if changes is None or new is None else bool(changes or new)


def environment(root: Path | str) -> dict[str, str]:
    """What to set so that :func:`state` answers the same in child processes."""
    commit, dirty = state(root)
    return {COMMIT_VARIABLE: commit, DIRTY_VARIABLE: "" if dirty is None else str(int(dirty))}


def _git(root: Path | str, *arguments: str) -> str | None:
    try:
        # No optional locks: a look at the state must not disturb a git that works in the same checkout.
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments],
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()

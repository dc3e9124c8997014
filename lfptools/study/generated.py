"""Files of the repository that are written from the models and registries, and checked against them."""

import sys
from collections.abc import Callable
from pathlib import Path

from lfptools.io.atomic import atomic_path


def write_or_check(text: Callable[[], str], arguments: list[str]) -> int:
    """``[--check] FILE``: write what ``text`` says, or with ``--check`` return 1 unless the file says it already."""
    path = Path(arguments[-1])
    if "--check" not in arguments:
        with atomic_path(path) as partial:
            partial.write_text(text(), encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == text():
        return 0
    sys.stderr.write(f"{path} is not what the models and registries of lfptools say: make schema\n")
    return 1

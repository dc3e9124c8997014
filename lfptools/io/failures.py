"""Results that could not be made: a file in their place says why."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from lfptools.io.atomic import atomic_path


@dataclass(frozen=True)
class Failure:
    """Why a result is not there.

    Parameters
    ----------
    stage : str
        That failed.
    message : str
        What was wrong.
    log : str
        The log of the job.
    """

    stage: str
    message: str
    log: str


def marker(path: Path) -> Path:
    """The file that stands in place of a result: ``<key>.failed.json``."""
    return path.with_name(f"{path.name.split('.')[0]}.failed.json")


def write_failure(failure: Failure, path: Path) -> None:
    """Say why the result ``path`` is not there."""
    with atomic_path(marker(path)) as partial:
        partial.write_text(json.dumps(asdict(failure), indent=1) + "\n", encoding="utf-8")


def failure_of(path: Path) -> Failure | None:
    """Why a result is not there; None if nothing says so."""
    try:
        return Failure(**json.loads(marker(path).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def first_failure(paths: Iterable[Path]) -> Failure | None:
    """Of several results, why the first of those that failed did."""
    return next((failure for path in paths if (failure := failure_of(path)) is not None), None)

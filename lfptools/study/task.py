"""What a job has to do, as plain data that the main process leaves for it: no study is read again in every job."""

import os
import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfptools.io.atomic import atomic_path
from lfptools.provenance.files import content_hash

VARIABLE = "LFPTOOLS_TASKS"
"""Environment variable with the folder that the main process has left the tasks in."""


@dataclass(frozen=True)
class Task:
    """One member to be made.

    Parameters
    ----------
    key, stamp : str
        What decides about it: its configuration and files; the source that makes it, and how its inputs were made.
    name : str
        Of its first file.
    config : mapping
        The part of the configuration that decides about it.
    inputs : mapping
        Role to the path of a file that is read, or to a mapping of such paths.
    files : mapping
        Role to the path of a file that the study names.
    cases : tuple of str
        Ids of the cases that it serves.
    labels : tuple of str
        Their experiments and labels, for messages.
    """

    key: str
    stamp: str
    name: str
    config: Mapping[str, Any]
    inputs: Mapping[str, Any]
    files: Mapping[str, Path]
    cases: tuple[str, ...]
    labels: tuple[str, ...]

    def input_paths(self) -> Iterable[Path]:
        """Every file that is read."""
        for value in self.inputs.values():
            yield from value.values() if isinstance(value, Mapping) else [value]


@dataclass(frozen=True)
class StudyTasks:
    """The tasks of a study, by stage and bucket, and what every result says of the study.

    Parameters
    ----------
    study : str
        Its name.
    folder : path
        Of its results.
    config : mapping
        The whole study, as results carry it.
    seed : int
        The study's.
    of : mapping
        (stage, bucket) to the bucket's tasks.
    """

    study: str
    folder: Path
    config: Mapping[str, Any]
    seed: int
    of: Mapping[tuple[str, str], tuple[Task, ...]]


def publish(tasks: StudyTasks, folder: Path) -> None:
    """Leave a study's tasks in a folder for the jobs of this process: they find it by :data:`VARIABLE`."""
    # In which jobs: another batch size has the same members in other buckets.
    members = sorted(f"{stage} {bucket} {t.key} {t.stamp}" for (stage, bucket), ts in tasks.of.items() for t in ts)
    digest = content_hash([tasks.study, str(tasks.folder), members])
    path = folder / f"{tasks.study}-{digest[:16]}.pickle"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as partial:
            partial.write_bytes(pickle.dumps(tasks))
    known = dict(entry.split("=", 1) for entry in os.environ.get(VARIABLE, "").split(os.pathsep) if entry)
    known[tasks.study] = str(path.resolve())
    os.environ[VARIABLE] = os.pathsep.join(f"{study}={file}" for study, file in known.items())


def published(study: str) -> StudyTasks | None:
    """What the main process has left for a study; None where it has left nothing that can be read (another machine)."""
    known = dict(entry.split("=", 1) for entry in os.environ.get(VARIABLE, "").split(os.pathsep) if entry)
    try:
        found = pickle.loads(Path(known[study]).read_bytes())
    except (KeyError, OSError, pickle.UnpicklingError, EOFError, AttributeError):
        return None
    return found if isinstance(found, StudyTasks) else None

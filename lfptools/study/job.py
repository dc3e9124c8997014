"""One job of the workflow: its log, its threads, its members, and a folder that appears when it is complete."""

import logging
import os
import shutil
import sys
import traceback
import uuid
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from lfptools.errors import LfptoolsError, LfptoolsWarning, StorageError
from lfptools.io.failures import Failure, first_failure, write_failure
from lfptools.provenance.source import package_root
from lfptools.study.store import STORE, Store, link_files
from lfptools.study.task import StudyTasks, Task, published

log = logging.getLogger(__name__)

STAGES = frozenset(
    {"compile", "capture", "build", "lead_field", "simulate", "forward", "recording", "analysis", "gather"}
)
ALL_OR_NOTHING = frozenset({"compile"})  # without its library nothing of a cell can be made
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class Job:
    """Context of a rule's script.

    Everything that is printed inside, by NEURON too, goes to the rule's log; an error's message also to the terminal.
    Threads of BLAS, OpenMP and numba are bound by the rule's.

    Parameters
    ----------
    snakemake : object
        What Snakemake hands to a script.
    """

    def __init__(self, snakemake: Any):
        self.snakemake = snakemake
        self.wildcards = snakemake.wildcards
        self._stack = ExitStack()
        self._temporary: Path | None = None
        for name in _THREADS:  # before numpy and numba are imported
            os.environ[name] = str(snakemake.threads)

    def __enter__(self) -> "Job":
        from threadpoolctl import threadpool_limits

        self._terminal = os.dup(2)
        path = Path(self.snakemake.log[0])
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as stream:
            for descriptor in (1, 2):
                os.dup2(stream.fileno(), descriptor)
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
        warnings.showwarning = self._warn
        self._stack.enter_context(threadpool_limits(limits=int(self.snakemake.threads)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        if error is None:
            if self._temporary is not None:
                _replace(self._temporary, self.output)
        else:
            if self._temporary is not None:
                shutil.rmtree(self._temporary, ignore_errors=True)
            traceback.print_exception(error)
            self.say(_message(error))
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(self._terminal, 2)
        os.close(self._terminal)
        if isinstance(error, LfptoolsError):
            raise SystemExit(1)  # the message has been given; a traceback through the script would bury it

    def _warn(self, message: Warning | str, category: type[Warning], *where: object, **more: object) -> None:
        """All warnings go to the log; what a scientist should know of a result, to the terminal too."""
        logging.getLogger("warning").warning("%s: %s", category.__name__, message)
        if issubclass(category, LfptoolsWarning):
            self.say(f"lfptools: {self.snakemake.rule}: warning: {message}")

    def say(self, text: str) -> None:
        """Write a line to the terminal."""
        os.write(self._terminal, f"{text}\n".encode())

    @property
    def output(self) -> Path:
        """The rule's first output."""
        return Path(self.snakemake.output[0])

    def path(self, name: str) -> Path:
        """A named output."""
        return Path(getattr(self.snakemake.output, name))

    def plan(self, derived: bool = True) -> Any:
        """The plan of the job's study; without ``derived`` that of the study's own cases, which is made sooner."""
        from lfptools.study.workflow import Workflow

        return Workflow(self.snakemake.config, package_root().parent, derived).plan(self.wildcards.study)

    def make(self, function: Callable[..., None]) -> None:
        """Make the members of the bucket with a stage's function, as far as the store has them not, and link them.

        The function takes ``config``, ``inputs``, ``files``, ``output`` and ``provenance``. A member that cannot be
        made for a reason of its own (a run that diverged) does not stop the others: in its place there is a file
        ``<key>.failed.json`` that says why, what is made from it fails for the same reason, and the study's verdict
        names it. A full disk, a lack of memory or an unforeseen error ends the job; what it had finished is kept.
        """
        stage = self.snakemake.rule
        tasks = self._study_tasks()
        store = Store(tasks.folder / STORE)
        folder = self.output.with_name(f".{self.output.name}.{uuid.uuid4().hex}.tmp")
        self._temporary = folder
        mine = tasks.of[stage, self.wildcards.bucket]
        folder.mkdir(parents=True)
        for task in mine:
            entry = store.entry(stage, task.key, task.stamp)
            failure = first_failure(task.input_paths())
            if failure is None and not entry.is_dir():
                log.info("%s %s", stage, task.key)
                failure = self._make_one(function, task, tasks, store, entry)
            if failure is None:
                link_files(entry, folder)
            else:
                write_failure(failure, folder / task.name)

    def _make_one(
        self, function: Callable[..., None], task: Task, tasks: StudyTasks, store: Store, entry: Path
    ) -> Failure | None:
        """Make one entry of the store; what was wrong if it cannot be made."""
        stage = self.snakemake.rule
        provenance = self._stamped(
            tasks.study, tasks.config, tasks.seed, task.key, task.config, task.cases, task.config["files"]
        )
        try:
            with store.making(entry) as folder:
                function(
                    config=task.config, inputs=task.inputs, files=task.files, output=folder / task.name,
                    provenance=provenance,
                )  # fmt: skip
        except LfptoolsError as error:
            if stage in ALL_OR_NOTHING or isinstance(error, StorageError):
                raise
            traceback.print_exception(error)
            message = _message(error).removeprefix("lfptools: ")
            self.say(f"lfptools: {stage}: failed: {'; '.join(task.labels[:3])}: {message}")
            return Failure(stage, message, str(self.snakemake.log[0]))
        return None

    def _study_tasks(self) -> StudyTasks:
        """What the main process has left for this study's jobs; worked out here where it has left nothing."""
        return published(self.wildcards.study) or self.plan().tasks()

    def _source(self, config: Any) -> str:
        """Hash of the source that one member uses; the rule's parameter is that of all in the bucket."""
        from lfptools.study.sources import source

        if self.snakemake.rule in STAGES:
            return source(self.snakemake.rule, [config])["source"]
        return self.snakemake.params.depends["source"]

    def provenance(self, plan: Any, result: str, config: Any, cases: Sequence[str], files: Mapping[str, str]) -> Any:
        """Where one of this job's results comes from.

        Parameters
        ----------
        plan : Plan
            Of the study.
        result : str
            A member's key, or a figure's name.
        config : mapping
            What decides about the result.
        cases : sequence of str
            Ids of the cases that it serves.
        files : mapping of str to str
            Hashes of the files that it comes from.
        """
        from lfptools.study.files import portable

        whole = portable(plan.study.config())
        return self._stamped(plan.study.name, whole, plan.study.model.seed, result, config, cases, files)

    def _stamped(
        self,
        study: str,
        whole: Any,
        seed: int,
        result: str,
        config: Any,
        cases: Sequence[str],
        files: Mapping[str, str],
    ) -> Any:
        """The same for a study that is known as plain data."""
        from lfptools.provenance.git import state
        from lfptools.provenance.record import Provenance
        from lfptools.provenance.versions import versions

        commit, dirty = state(package_root().parent)
        return Provenance(
            study=study, case=cases[0] if len(cases) == 1 else "", cases=cases, stage=self.snakemake.rule,
            result=result, config=config, study_config=whole, git_commit=commit, git_dirty=dirty,
            source_hash=self._source(config), versions=versions(), input_hashes=files, seed=config.get("seed", seed),
        )  # fmt: skip


def _message(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    notes = "".join(f"\n  ({note})" for note in getattr(error, "__notes__", ()))
    return f"lfptools: {text if isinstance(error, LfptoolsError) else f'{type(error).__name__}: {text}'}{notes}"


def _replace(temporary: Path, folder: Path) -> None:
    """Give a complete folder its name; what was there before (left by an earlier run) goes."""
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(temporary, folder)

"""One job of the workflow: its log, its threads, its members, and a folder that appears when it is complete."""

import logging
import os
import shutil
import sys
import traceback
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from lfptools.errors import LfptoolsError, LfptoolsWarning
from lfptools.provenance.source import package_root

log = logging.getLogger(__name__)

STAGES = frozenset({"compile", "capture", "build", "lead_field", "simulate", "forward"})
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

    def plan(self) -> Any:
        """The plan of the job's study."""
        from lfptools.study.workflow import Workflow

        return Workflow(self.snakemake.config, package_root().parent).plan(self.wildcards.study)

    def members(self) -> Iterator[dict[str, Any]]:
        """For each member of the bucket what its stage's function takes: config, inputs, files, output, provenance.

        They are written to a folder of another name, which gets its own when all are there.
        """
        plan, stage = self.plan(), self.snakemake.rule
        members = plan.in_bucket(stage, self.wildcards.bucket)
        self._temporary = self.output.with_name(f".{self.output.name}.{uuid.uuid4().hex}.tmp")
        self._temporary.mkdir(parents=True)
        for member in members:
            log.info("%s %s", stage, member.key)
            inputs = {
                role: {key: plan.path(one) for key, one in value.items()}
                if isinstance(value, Mapping)
                else plan.path(value)
                for role, value in member.inputs.items()
            }
            yield {
                "config": member.config, "inputs": inputs, "files": member.files,
                "output": self._temporary / plan.path(member).name,
                "provenance": self.provenance(
                    plan, member.key, member.config, plan.cases_of(member), member.config["files"]
                ),
            }  # fmt: skip

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
        from lfptools.provenance.git import state
        from lfptools.provenance.record import Provenance
        from lfptools.provenance.versions import versions
        from lfptools.study.files import portable

        commit, dirty = state(package_root().parent)
        return Provenance(
            study=plan.study.name, case=cases[0] if len(cases) == 1 else "", cases=cases, stage=self.snakemake.rule,
            result=result, config=config, study_config=portable(plan.study.config()), git_commit=commit,
            git_dirty=dirty, source_hash=self._source(config), versions=versions(), input_hashes=files,
            seed=config.get("seed", plan.study.model.seed),
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

"""``lfptools run``: Snakemake under a lock of its own, and where the results lie."""

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lfptools.cli.cases import CasesMade
from lfptools.cli.child import die_with_parent, watched
from lfptools.cli.codes import DONE, FAILED, MOVED, EndedBy
from lfptools.cli.lock import clear_leftovers, held
from lfptools.cli.outcome import REPORT, met, unmet
from lfptools.cli.watch import Watch
from lfptools.errors import ConfigError
from lfptools.study.inspection import inspect
from lfptools.study.plan import Plan
from lfptools.study.store import STORE, Store
from lfptools.study.workflow import Workflow

log = logging.getLogger(__name__)

_PATIENCE_S = 3.0
_DRY = frozenset({"-n", "--dry-run", "--dryrun"})
_LOUD = _DRY | {"--verbose", "-q", "--quiet", "-p", "--printshellcmds", "-h", "--help"}


def run(studies: Sequence[str], cores: str, more: Sequence[str], verbose: bool = False) -> int:
    """Make studies in the working directory.

    Parameters
    ----------
    studies : sequence of str
        Names or paths of study files; ``quick``, ``all``; empty for what ``config/config.yaml`` says.
    cores : str
        A number or ``all``.
    more : sequence of str
        Further arguments of Snakemake.
    verbose : bool
        Show everything that Snakemake says; otherwise steps done, warnings, and at the end why jobs failed.

    Returns
    -------
    int
        One of :mod:`lfptools.cli.codes`: ``DONE`` if every study was made and every claim is met, ``MOVED`` if every
        study was made and a claim or a check was missed.

    Raises
    ------
    ConfigError
        If something is wrong in a study's file, or ``cores`` is no number; before anything runs.
    BusyError
        If another run is at work here.
    EndedBy
        If Ctrl-C or another signal ended it, after Snakemake has ended its jobs.
    """
    logging.basicConfig(level=logging.INFO, format="lfptools: %(message)s")
    if cores != "all" and not (cores.isdecimal() and int(cores) > 0):
        raise ConfigError(f"--cores: expected a number of at least 1, or 'all', got {cores!r}")
    root, here = workflow_root(), Path.cwd()
    config = studies_config(root, studies, more)
    workflow = Workflow(config, root)
    plans = [workflow.plan(name) for name in workflow.selected]
    wrong = [line for plan in plans for line in _unknown_names(plan)]
    if wrong:
        raise ConfigError("\n".join(wrong))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), "--cores", cores, *more]
    if studies:
        command += ["--config", f"study={config['study']}", *_config_words(more)]
    for plan in plans:
        if plan.study.model.runtime_s is not None:
            log.info("%s takes about %g s on 2 cores", plan.study.name, plan.study.model.runtime_s)
    with held(here):
        clear_leftovers(here, here / workflow.folder)
        code, watch = _made(command, here, plans, verbose or bool(_LOUD & set(more)))
    if not _DRY & set(more):
        told = [_outcome(plan, command, code == 0) for plan in plans]
        code = MOVED if code and MOVED in told and FAILED not in told else code
    if watch is not None and watch.ended_by is not None:
        raise EndedBy(watch.ended_by)
    if code not in (DONE, MOVED) and watch is not None:
        _tell_reasons(watch, here)
    return code


def _unknown_names(plan: Plan) -> Sequence[str]:
    """Names that NEURON does not know, where it can be asked at once: no mod file is compiled, no model is loaded.

    It is not asked again about runs that were made.
    """
    cells = [member.config["cell"] for member in plan.members["build"].values()]
    if any(cell.get("mechanisms") or cell.get("hoc_model") for cell in cells):
        return ()
    store = Store(plan.folder / STORE)
    runs = plan.members["simulate"].values()
    if all(store.entry("simulate", one.key, plan.stamp(one)).is_dir() for one in runs):
        return ()
    return inspect(plan.study, _PATIENCE_S).problems


def _made(command: Sequence[str], here: Path, plans: Sequence[Plan], loud: bool) -> tuple[int, Watch | None]:
    """Run Snakemake: with its own words, or watched."""
    if loud:
        return subprocess.run(command, cwd=here, check=False, preexec_fn=die_with_parent).returncode, None

    def count(watch: Watch) -> None:
        watch.cases = CasesMade(plans)

    return watched(command, here, count)


def _tell_reasons(watch: Watch, here: Path) -> None:
    """Why jobs failed, as the last lines; what Snakemake said last, if no job failed."""
    sys.stdout.flush()
    if not watch.failed:
        sys.stderr.writelines(f"{line}\n" for line in watch.last)
    for reason in watch.reasons(here):
        sys.stderr.write(f"lfptools: {reason}\n")


def _outcome(plan: Plan, command: Sequence[str], done: bool) -> int:
    """Tell what became of a study; what lies there may be of an earlier run."""
    checks = list(dict.fromkeys(one.figure for one in plan.study.variations))
    if done or is_current(command, plan.folder):
        return met(plan.study.name, plan.folder, checks)
    if is_current(command, plan.folder, REPORT):
        return unmet(plan.study.name, plan.folder, checks)
    sys.stdout.write(f"{plan.study.name}: not finished; logs: {os.path.relpath(plan.folder / 'logs')}\n")
    return FAILED


def is_current(command: Sequence[str], folder: Path, name: str = "verdict.txt") -> bool:
    """Whether a study's verdict (or report) is of this run or holds still: after a failure it may be an earlier one."""
    path = folder / name
    if not path.is_file():
        return False
    dry = [*command[:3], str(path), "--dry-run", "--nolock", *command[3:]]
    done = subprocess.run(dry, capture_output=True, text=True, check=False)
    return done.returncode == 0 and "Nothing to be done" in done.stdout + done.stderr


def workflow_root() -> Path:
    """The checkout that this package is part of.

    Raises
    ------
    ConfigError
        If the package was installed without its workflow.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "Snakefile").is_file():
        raise ConfigError(
            f"there is no Snakefile in {root}: run needs a clone of the repository, installed with pip install -e"
        )
    return root


def studies_config(root: Path, studies: Sequence[str], more: Sequence[str]) -> dict[str, object]:
    """Snakemake's configuration for some studies (none: what the configuration file says) and further arguments.

    Raises
    ------
    ConfigError
        If a study's name is empty, or ``more`` names studies too.
    """
    from lfptools.config.document import read

    if not all(name.strip() for name in studies):
        raise ConfigError("a study's name is empty; expected a name or a file (is a variable of the shell not set?)")
    if studies and any(word.startswith("study=") for word in _config_words(more)):
        raise ConfigError("studies are named twice: before -- and by --config study=…; leave one of them out")
    config = dict(read(root / "config/config.yaml").data)
    for word in _config_words(more):
        name, _, value = word.partition("=")
        config[name] = None if value in ("", "null") else value
    if studies:
        config["study"] = ",".join(studies)
    return config


def _config_words(more: Sequence[str]) -> list[str]:
    """What the user gave to Snakemake's own --config."""
    words: list[str] = []
    taking = False
    for word in more:
        if word.startswith("-"):
            taking = word in ("--config", "-C")
        elif taking and "=" in word:
            words.append(word)
    return words

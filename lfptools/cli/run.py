"""``lfptools run``: Snakemake under a lock of its own, and where the results lie."""

import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from lfptools.cli.lock import clear_leftovers, held
from lfptools.cli.watch import Watch, watched
from lfptools.errors import ConfigError
from lfptools.study.claims import failed, missed, missed_checks
from lfptools.study.inspection import inspect
from lfptools.study.plan import Plan
from lfptools.study.workflow import Workflow

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
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
        0 if every study was made and every claim is met.

    Raises
    ------
    ConfigError
        If something is wrong in a study's file, or ``cores`` is no number; before anything runs.
    BusyError
        If another run is at work here.
    KeyboardInterrupt
        If Ctrl-C ended it, after Snakemake has ended its jobs.
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
        code, watch = _made(command, here, verbose or bool(_LOUD & set(more)))
    if not _DRY & set(more):
        for plan in plans:
            checks = dict.fromkeys(one.figure for one in plan.study.variations)
            _tell(plan.study.name, plan.folder, code == 0 or is_current(command, plan.folder), checks)
    if code and watch is not None and not watch.interrupted:
        _tell_reasons(watch, here)
    if watch is not None and watch.interrupted:
        raise KeyboardInterrupt
    return code


def _unknown_names(plan: Plan) -> Sequence[str]:
    """Names that NEURON does not know, where it can be asked at once: no mod file is compiled, no model is loaded."""
    cells = [member.config["cell"] for member in plan.members["build"].values()]
    if any(cell.get("mechanisms") or cell.get("hoc_model") for cell in cells):
        return ()
    return inspect(plan.study, _PATIENCE_S).problems


def _made(command: Sequence[str], here: Path, loud: bool) -> tuple[int, Watch | None]:
    """Run Snakemake: with its own words, or watched."""
    if loud:
        return subprocess.run(command, cwd=here, check=False, preexec_fn=_die_with_parent).returncode, None
    return watched(command, here, preexec_fn=_die_with_parent)


def _tell_reasons(watch: Watch, here: Path) -> None:
    """Why jobs failed, as the last lines; what Snakemake said last, if no job failed."""
    sys.stdout.flush()
    if not watch.failed:
        sys.stderr.writelines(f"{line}\n" for line in watch.last)
    for reason in watch.reasons(here):
        sys.stderr.write(f"lfptools: {reason}\n")


def is_current(command: Sequence[str], folder: Path) -> bool:
    """Whether a study's verdict is of this run or still holds: after a failure it may be of an earlier one."""
    verdict = folder / "verdict.txt"
    if not verdict.is_file():
        return False
    dry = [*command[:3], str(verdict), "--dry-run", "--nolock", *command[3:]]
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
    """Snakemake's configuration for some studies (none: what the configuration file says) and further arguments."""
    from lfptools.config.document import read

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


def _die_with_parent() -> None:
    """Ask Linux to end Snakemake when this process ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _tell(name: str, folder: Path, current: bool, checks: Iterable[str] = ()) -> None:
    """Where a study's report lies, which cases failed, and which claims and checks of figures were missed."""
    report = folder / "report.html"
    found, failures = (
        json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        for path in (folder / "claims.json", folder / "failures.json")
    )
    answers = [path for check in checks if (path := folder / f"checks/{check}.json").is_file()]
    checked = [json.loads(path.read_text(encoding="utf-8")) for path in answers]
    if current and (folder / "verdict.txt").is_file():
        text = {0: "claims no numbers", 1: "its claim is met"}.get(len(found), f"all {len(found)} claims are met")
        more = f", {len(checked)} figures' numbers checked" if checked else ""
        sys.stdout.write(f"{name}: {text}{more}; report: {os.path.relpath(report)}\n")
        return
    lines, unmet, wrong = missed(found), missed_checks(checked), failed(failures)
    if (lines or wrong or unmet) and report.is_file():
        said = {"cases failed": wrong, "claims missed": lines, "checks of figures' numbers missed": unmet}
        what = " and ".join(text for text, listed in said.items() if listed)
        sys.stdout.write(f"{name}: {what}; report: {os.path.relpath(report)}\n")
        sys.stdout.writelines(f"  {line}\n" for line in [*wrong, *lines, *unmet])
    else:
        sys.stdout.write(f"{name}: not finished; logs: {os.path.relpath(folder / 'logs')}\n")

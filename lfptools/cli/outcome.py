"""What became of a study, told in lines: its report, failed cases, missed claims and checks."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from lfptools.cli.codes import DONE, FAILED, MOVED
from lfptools.study.claims import failed, missed, missed_checks

REPORT: Final = "report.html"


def met(name: str, folder: Path, checks: Sequence[str]) -> int:
    """Tell of a study that is made, and whose claims and checks are met.

    Parameters
    ----------
    name : str
        Of the study.
    folder : path
        Of its results.
    checks : sequence of str
        Figures whose numbers are checked.
    """
    found = _read(folder / "claims.json")
    text = {0: "claims no numbers", 1: "its claim is met"}.get(len(found), f"all {len(found)} claims are met")
    more = f", figures whose numbers are checked: {len(checks)}" if checks else ""
    sys.stdout.write(f"{name}: {text}{more}; report: {os.path.relpath(folder / REPORT)}\n")
    return DONE


def unmet(name: str, folder: Path, checks: Sequence[str]) -> int:
    """Tell of a study with a report and without a verdict: why.

    Returns ``MOVED`` where all cases were made, ``FAILED`` where some could not be.
    """
    wrong = failed(_read(folder / "failures.json"))
    lines = missed(_read(folder / "claims.json"))
    beyond = missed_checks([_read(folder / f"checks/{check}.json") for check in checks])
    said = {"cases failed": wrong, "claims missed": lines, "checks of figures' numbers missed": beyond}
    what = " and ".join(text for text, listed in said.items() if listed)
    sys.stdout.write(f"{name}: {what or 'no verdict'}; report: {os.path.relpath(folder / REPORT)}\n")
    sys.stdout.writelines(f"  {line}\n" for line in [*wrong, *lines, *beyond])
    return MOVED if (lines or beyond) and not wrong else FAILED


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []

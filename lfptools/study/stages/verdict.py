"""Stage verdict: fails if a claim or check is missed or a case failed, after the report is safe."""

import json
from collections.abc import Sequence
from pathlib import Path

from lfptools.errors import ClaimMissed
from lfptools.io.atomic import atomic_path
from lfptools.study.claims import failed, missed, missed_checks


def verdict(
    study: str, claims_path: Path, failures_path: Path, check_paths: Sequence[Path], report_path: Path, output: Path
) -> None:
    """Write that all cases were made, all claims are met, and what figures ask of their numbers holds.

    Raises
    ------
    ClaimMissed
        If they were not; names each case and why it failed, each claim or number, what was expected and what came.
    """
    claims, failures = (json.loads(path.read_text(encoding="utf-8")) for path in (claims_path, failures_path))
    checks = [json.loads(path.read_text(encoding="utf-8")) for path in check_paths]
    lines, wrong, unmet = missed(claims), failed(failures), missed_checks(checks)
    if lines or wrong or unmet:
        counts = [f"{len(lines)} of {len(claims)} claims missed"] if lines else []
        counts += [f"{len(wrong)} cases failed"] if wrong else []
        counts += [f"{len(unmet)} checks of figures' numbers missed"] if unmet else []
        listed = "\n  ".join([*wrong, *lines, *unmet])
        raise ClaimMissed(f"study {study}: {', '.join(counts)}; the report is {report_path}\n  {listed}")
    with atomic_path(output) as partial:
        more = f", figures whose numbers are checked: {len(checks)}" if checks else ""
        partial.write_text(f"{study}: {len(claims)} of {len(claims)} claims met{more}\n", encoding="utf-8")

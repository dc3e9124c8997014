"""Stage verdict: fails if a claim is missed or a case failed, after the report is safe."""

import json
from pathlib import Path

from lfptools.errors import ClaimMissed
from lfptools.io.atomic import atomic_path
from lfptools.study.claims import failed, missed


def verdict(study: str, claims_path: Path, failures_path: Path, report_path: Path, output: Path) -> None:
    """Write that all cases were made and all claims are met.

    Raises
    ------
    ClaimMissed
        If they were not; names each case and why it failed, each claim, what was expected and what came.
    """
    claims, failures = (json.loads(path.read_text(encoding="utf-8")) for path in (claims_path, failures_path))
    lines, wrong = missed(claims), failed(failures)
    if lines or wrong:
        counts = [f"{len(lines)} of {len(claims)} claims missed"] if lines else []
        counts += [f"{len(wrong)} cases failed"] if wrong else []
        listed = "\n  ".join([*wrong, *lines])
        raise ClaimMissed(f"study {study}: {', '.join(counts)}; the report is {report_path}\n  {listed}")
    with atomic_path(output) as partial:
        partial.write_text(f"{study}: {len(claims)} of {len(claims)} claims met\n", encoding="utf-8")

"""Stage verdict: fails if a claim is missed, after the report is safe."""

import json
from pathlib import Path

from lfptools.errors import ClaimMissed
from lfptools.io.atomic import atomic_path
from lfptools.study.claims import missed


def verdict(study: str, claims_path: Path, report_path: Path, output: Path) -> None:
    """Write that all claims are met.

    Raises
    ------
    ClaimMissed
        If one is not; names each, what was expected and what came.
    """
    claims = json.loads(claims_path.read_text(encoding="utf-8"))
    lines = missed(claims)
    if lines:
        listed = "\n  ".join(lines)
        raise ClaimMissed(
            f"study {study}: {len(lines)} of {len(claims)} claims missed; the report is {report_path}\n  {listed}"
        )
    with atomic_path(output) as partial:
        partial.write_text(f"{study}: {len(claims)} of {len(claims)} claims met\n", encoding="utf-8")

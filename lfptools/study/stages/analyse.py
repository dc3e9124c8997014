"""Stage analyse: the index of a study's results, and its claims measured from them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lfptools.io.atomic import atomic_path
from lfptools.io.results import StudyResults
from lfptools.study.claims import evaluate
from lfptools.study.claims_model import Claim


def analyse(index: Mapping[str, Any], claims: Mapping[str, Claim], index_path: Path, claims_path: Path) -> None:
    """Write ``index.json`` and ``claims.json``."""
    write_json(index, index_path)
    write_json(evaluate(StudyResults.from_index(index_path), claims), claims_path)


def write_json(content: Mapping[str, Any] | Sequence[Any], path: Path) -> None:
    """Write plain data as JSON, complete or not at all."""
    with atomic_path(path) as partial:
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        partial.write_text(text + "\n", encoding="utf-8")

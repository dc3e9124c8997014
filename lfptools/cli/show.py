"""``lfptools show``: what a file of results holds, or how far a study is and which of its numbers hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lfptools.errors import DatasetError
from lfptools.io.results import CaseResults, StudyResults, read_json
from lfptools.io.table import describe
from lfptools.study.claims import failed, missed_checks, told
from lfptools.study.stages.analyse import failures as failures_of

_MOST_CASES: Final = 20


def show(path: Path) -> Iterator[str]:
    """Lines of text on a file, a study's folder of results, or a folder of such folders.

    Raises
    ------
    DatasetError
        If it is none of these.
    """
    if not path.is_dir():
        yield describe(path)
        return
    folders = [path] if (path / "index.json").is_file() else sorted(found.parent for found in path.glob("*/index.json"))
    if not folders:
        inside = "no index.json in it, nor in a folder in it: not made by 'lfptools run', or not begun"
        raise DatasetError(f"{path}: expected a file of results, results/STUDY or results; there is {inside}")
    for folder in folders:
        yield from _study(folder)


def _study(folder: Path) -> Iterator[str]:
    results = StudyResults.from_index(folder / "index.json")
    question = results.config.get("question", "")
    yield f"{folder}: study {results.study}" + (f": {question}" if question else "")
    failures = failures_of(results)  # as far as they are known: failures.json comes at the end
    experiments: dict[str, list[CaseResults]] = {}
    for case in results.cases:
        experiments.setdefault(case.experiment, []).append(case)
    for name, cases in experiments.items():
        yield _experiment(name, cases, len({one["case"] for one in failures if one["experiment"] == name}))
    yield from (f"  {'met' if claim['met'] else 'missed'} {told(claim)}" for claim in _list(folder / "claims.json"))
    checks = [read_json(path) for path in sorted((folder / "checks").glob("*.json"))]
    yield from (f"  missed {line}" for line in missed_checks(checks))
    yield from (f"  {line}" for line in failed(failures))
    yield from (f"  figure {path}" for path in sorted((folder / "figures").glob("*.svg")))
    report = folder / "report.html"
    yield f"  report {report}" if report.is_file() else "  no report yet"


def _experiment(name: str, cases: list[CaseResults], failures: int) -> str:
    made = sum(case.is_made for case in cases)
    rest = len(cases) - made - failures
    parts = [f"{made} of {len(cases)} cases made", *([f"{failures} failed"] if failures else [])]
    parts += [f"{rest} not yet"] if rest > 0 else []
    labels = [case.label for case in cases[:_MOST_CASES]] + (["…"] if len(cases) > _MOST_CASES else [])
    return f"  experiment {name}: {', '.join(parts)}: {'; '.join(labels)}"


def _list(path: Path) -> list[dict[str, Any]]:
    """A list that a run has written; empty where it has not come so far."""
    return read_json(path) if path.is_file() else []

"""``lfptools compare`` and ``lfptools baseline``: what moved between two runs, and runs kept for later."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from lfptools.cli.codes import DONE, MOVED
from lfptools.errors import ConfigError
from lfptools.report.numbers import minus, text
from lfptools.study.comparison import Finding, Tolerances, compare_all
from lfptools.study.kept_runs import kept_runs, write_baseline

_QUIET = ("same", "within")


def compare(a: Path, b: Path, to: Tolerances, as_json: bool = False, everything: bool = False) -> int:
    """Print what differs between two runs; 3 if something moved.

    Parameters
    ----------
    a, b : path
        The run that is compared with, and the other: folders of results or baselines.
    to : Tolerances
        What counts as moved.
    as_json : bool
        Print every finding as JSON.
    everything : bool
        Print what is the same, too.

    Raises
    ------
    DatasetError
        If one of them cannot be read.
    """
    for name in ("rtol", "atol", "claims_rtol"):
        if not getattr(to, name) >= 0.0:
            raise ConfigError(f"--{name.replace('_', '-')}: expected a number >= 0, got {getattr(to, name)}")
    found = compare_all(kept_runs(a), kept_runs(b), to)
    moved = any(one.moved for findings in found.values() for one in findings)
    if as_json:
        studies = {study: [asdict(one) | {"moved": one.moved} for one in findings] for study, findings in found.items()}
        whole = {"moved": moved, "tolerances": asdict(to), "studies": studies}
        sys.stdout.write(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    else:
        for study, findings in found.items():
            sys.stdout.writelines(f"{line}\n" for line in table(study, findings, everything))
    return MOVED if moved else DONE


def table(study: str, findings: Sequence[Finding], everything: bool = False) -> list[str]:
    """Lines about one study: what moved first, then the rest, then counts of what is the same."""
    count = sum(one.moved for one in findings)
    lines = [f"{study}: {f'{count} things moved' if count > 1 else '1 thing moved' if count else 'nothing moved'}"]
    shown = [one for one in findings if everything or one.status not in _QUIET]
    rows = [_row(one) for one in sorted(shown, key=lambda one: not one.moved)]
    widths = [max((len(row[k]) for row in rows), default=0) for k in range(3)]
    lines += [
        f"  {row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}".rstrip() for row in rows
    ]
    lines += [f"  {line}" for line in _counts(findings)]
    return lines


def _row(one: Finding) -> tuple[str, str, str, str]:
    parts = []
    if one.before is not None or one.after is not None:
        digits = _digits(one)
        before, after = (
            "no number" if value is None else text(value, digits=digits) for value in (one.before, one.after)
        )
        parts.append(f"{before} → {after} {one.unit}".rstrip())
    if one.difference:
        parts.append(f"by {text(one.difference, digits=3)} {one.unit}".rstrip())
    if one.tolerance is not None and one.difference:
        parts.append(f"tolerance {text(one.tolerance, digits=3)}")
    return one.status, one.kind, one.name, minus(", ".join(parts)) + ("; " if parts and one.note else "") + one.note


def _digits(one: Finding) -> int:
    """As many digits as show the difference."""
    for digits in range(4, 17):
        if one.before is None or one.after is None or one.before == one.after:
            return 6
        if f"{one.before:.{digits}g}" != f"{one.after:.{digits}g}":
            return min(digits + 1, 17)
    return 17


def _counts(findings: Sequence[Finding]) -> list[str]:
    words = {
        "claim": "claims", "check": "numbers of checks", "figure": "variables drawn in figures",
        "data": "variables of datasets",
    }  # fmt: skip
    lines = []
    for kind, noun in words.items():
        counts: Mapping[str, int] = Counter(one.status for one in findings if one.kind == kind)
        if counts:
            said = {"same": "the same to the bit", "within": "within the tolerance"}
            lines.append(f"{noun}: " + ", ".join(f"{n} {said.get(status, status)}" for status, n in counts.items()))
    return lines


def baseline(results: Path, path: Path, data: bool = True, replace: bool = False) -> int:
    """Keep a run's claims, checks and, with ``data``, digests of its data as a JSON file.

    Raises
    ------
    ConfigError
        If the file's name does not end in .json, or it is there and not to be replaced.
    DatasetError
        If the run cannot be read, or is not complete.
    """
    if path.suffix.lower() != ".json":
        raise ConfigError(f"a baseline is a JSON file: expected a name that ends in .json, got {str(path)!r}")
    if path.exists() and not replace:
        raise ConfigError(f"there is a file {path} already, which is left as it is: choose another name, or --replace")
    runs = kept_runs(results)
    write_baseline(runs, path, data)
    sys.stdout.writelines(
        f"{name}: {len(run.claims)} claims, {len(run.checks)} checks, {len(run.tables or ()) if data else 0} datasets "
        f"kept in {path}\n"
        for name, run in runs.items()
    )
    return DONE

"""What moved between two runs of a study: claims, what figures ask, the numbers that are drawn, data."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lfptools.io.compared import Comparison, compare_arrays, compare_digests
from lfptools.provenance.files import content_hash
from lfptools.study.kept_runs import KeptRun, Table

MOVED = frozenset({"moved", "newly missed", "gone", "reshaped"})
MOST_KEYS = 8


@dataclass(frozen=True)
class Tolerances:
    """What counts as moved.

    Parameters
    ----------
    rtol : float
        Of data: relative to a variable's largest magnitude.
    atol : float
        Of data: absolute, in the variable's unit.
    claims_rtol : float
        Of claims without a tolerance of their own (inequalities) and of checks: relative to the number or its bound,
        whichever is larger.
    """

    rtol: float = 1e-9
    atol: float = 0.0
    claims_rtol: float = 0.01


@dataclass(frozen=True)
class Finding:
    """One thing that is compared.

    Parameters
    ----------
    kind : str
        ``study``, ``claim``, ``check``, ``figure``, ``data``, ``configuration``.
    name : str
        Of the claim, figure, dataset and variable, case.
    status : str
        ``same``, ``within``, ``moved``, ``reshaped``, ``newly missed``, ``newly met``, ``gone``, ``new``, ``changed``
        (a configuration).
    before, after, difference, tolerance : float or None
        Of numbers.
    unit, note : str
        Further words.
    """

    kind: str
    name: str
    status: str
    before: float | None = None
    after: float | None = None
    difference: float | None = None
    tolerance: float | None = None
    unit: str = ""
    note: str = ""

    @property
    def moved(self) -> bool:
        """Whether it counts: what is new or newly met does not."""
        return self.status in MOVED


def compare_all(a: Mapping[str, KeptRun], b: Mapping[str, KeptRun], to: Tolerances) -> dict[str, list[Finding]]:
    """Findings for each study; one study on each side is compared whatever the two are called."""
    if len(a) == 1 and len(b) == 1:
        (one,), (other,) = a.values(), b.values()
        return {one.study: list(compare(one, other, to))}
    found = {}
    for name in dict.fromkeys([*a, *b]):
        if name in a and name in b:
            found[name] = list(compare(a[name], b[name], to))
        else:
            found[name] = [Finding("study", name, "gone" if name in a else "new")]
    return found


def compare(a: KeptRun, b: KeptRun, to: Tolerances) -> Iterator[Finding]:
    """Everything that two runs of a study have, and what only one has."""
    yield from _configurations(a, b)
    yield from _each("claim", a.claims, b.claims, lambda name, *two: _claim(name, *two, a.bounds.get(name, []), to))
    yield from _each("check", a.checks, b.checks, lambda name, *two: _check(name, *two, to))
    if a.tables is not None and b.tables is not None:
        yield from _datasets(a.tables, b.tables, to)


def _datasets(a: Mapping[str, Table], b: Mapping[str, Table], to: Tolerances) -> Iterator[Finding]:
    told: set[tuple[Any, Any]] = set()
    kinds = {"figures": "figure", "checks": "figure", "data": "data"}
    for name in dict.fromkeys([*a, *b]):
        kind, one, other = kinds[name.partition("/")[0]], a.get(name), b.get(name)
        if one is None or other is None or one.missing or other.missing:
            yield from _incomplete(kind, name, one, other)
            continue
        files = (one.path and one.path.resolve(), other.path and other.path.resolve())
        if None in files or files not in told:  # what cases share is told once
            told.add(files)
            yield from _table(kind, name, one, other, to)


def _each(kind: str, a: Mapping, b: Mapping, both: Callable[..., Iterator[Finding]]) -> Iterator[Finding]:
    """What ``both`` finds of names that are on both sides; what is on one side alone."""
    for name in dict.fromkeys([*a, *b]):
        if name in a and name in b:
            yield from both(name, a[name], b[name])
        else:
            yield Finding(kind, name, "gone" if name in a else "new")


def _configurations(a: KeptRun, b: KeptRun) -> Iterator[Finding]:
    """Cases on one side alone, and those whose configuration is another."""
    for case in dict.fromkeys([*a.configs, *b.configs]):
        name = ": ".join(case)
        if case not in b.configs or case not in a.configs:
            yield Finding("case", name, "gone" if case in a.configs else "new")
            continue
        before, after = a.configs[case], b.configs[case]
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            keys = list(_other_keys(before, after))
            if keys:
                more = f", … ({len(keys)} keys)" if len(keys) > MOST_KEYS else ""
                yield Finding("configuration", name, "changed", note=", ".join(keys[:MOST_KEYS]) + more)
        elif _hashed(before) != _hashed(after):
            yield Finding("configuration", name, "changed", note="which keys is not known: the baseline has its hash")


def _hashed(config: Any) -> str:
    return content_hash(config) if isinstance(config, Mapping) else str(config)


def _other_keys(before: Any, after: Any, key: str = "") -> Iterator[str]:
    """Dotted keys that differ, with their values where these are short."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            yield from _other_keys(before.get(name), after.get(name), f"{key}.{name}" if key else str(name))
    elif before != after:
        shown = f"{before} → {after}"
        yield f"{key} {shown}" if len(shown) <= 60 else key


def _claim(
    name: str, a: Mapping[str, Any], b: Mapping[str, Any], bounds: list[float], to: Tolerances
) -> Iterator[Finding]:
    tolerance = a["tolerance"]
    if tolerance is None and a["got"] is not None:
        tolerance = to.claims_rtol * max(abs(a["got"]), *(abs(bound) for bound in bounds), 0.0)
    notes = [f"now expected {b['expected']}"] if a["expected"] != b["expected"] else []
    notes += [b["error"]] if b["error"] else []
    yield _number("claim", name, (a["got"], a["met"]), (b["got"], b["met"]), tolerance, a["unit"], "; ".join(notes))


def _check(name: str, a: Mapping[str, Any], b: Mapping[str, Any], to: Tolerances) -> Iterator[Finding]:
    """The number, its error at each refined key, and its distribution."""
    for kind in ("convergence", "uncertainty"):
        one, other = a.get(kind), b.get(kind)
        if one is None or other is None:
            if one is not other:
                yield Finding("check", f"{name}, {kind}", "gone" if other is None else "new")
            continue
        unit, scale = one["unit"], abs(one["number"] or 0.0)
        tolerance = one.get("tolerance") if one.get("tolerance") is not None else to.claims_rtol * scale
        met = (one["met"], other["met"])
        yield _number(
            "check", f"{name}, {kind}: number", (one["number"], met[0]), (other["number"], met[1]), tolerance, unit
        )
        before, after = _parts(one), _parts(other)
        for part in dict.fromkeys([*before, *after]):
            label = f"{name}, {kind}: {part}"
            if part not in before or part not in after:
                yield Finding("check", label, "gone" if part in before else "new")
            else:
                yield _number("check", label, (before[part], True), (after[part], True), tolerance, unit)


def _parts(check: Mapping[str, Any]) -> dict[str, float | None]:
    """The numbers of a check that have the measure's unit."""
    if "over" in check:
        return {f"error over {one['key']}": one["error"] for one in check["over"]}
    low, high = check["interval"] or (None, None)
    return {"mean": check["mean"], "std": check["std"], "2.5 %": low, "97.5 %": high}


def _number(
    kind: str, name: str, a: tuple[float | None, bool], b: tuple[float | None, bool], tolerance: float | None,
    unit: str, note: str = "",
) -> Finding:  # fmt: skip
    (before, was_met), (after, is_met) = a, b
    difference = None if before is None or after is None else after - before
    if was_met and not is_met:
        status = "newly missed"
    elif before is None or after is None:
        status = "same" if before is after else "moved" if after is None else "newly met" if is_met else "moved"
    elif difference == 0.0:
        status = "same"
    elif abs(difference) > (tolerance or 0.0):
        status = "moved"
    else:
        status = "within"
    if status in ("same", "within") and is_met and not was_met:
        status = "newly met"
    return Finding(kind, name, status, before, after, difference, tolerance, unit, note)


def _incomplete(kind: str, name: str, a: Table | None, b: Table | None) -> Iterator[Finding]:
    """A dataset that is on one side alone, or on none."""
    why = [None if table is None else table.missing for table in (a, b)]
    there = [table is not None and missing is None for table, missing in zip((a, b), why, strict=True)]
    note = "; ".join(f"{side}: {text}" for side, text in zip(("before", "now"), why, strict=True) if text)
    if any(there):
        yield Finding(kind, name, "gone" if there[0] else "new", note=note)
    else:
        yield Finding(kind, name, "same" if why[0] == why[1] else "changed", note=note)


def _table(kind: str, name: str, a: Table, b: Table, to: Tolerances) -> Iterator[Finding]:
    """Every variable of two datasets."""
    if a.digests is not None or b.digests is not None:
        yield from _variables(
            kind, name, a.digested(), b.digested(), lambda *two: compare_digests(*two, to.rtol, to.atol)
        )
        return
    with a.opened() as one, b.opened() as other:
        yield from _variables(kind, name, one, other, lambda *two: compare_arrays(*two, to.rtol, to.atol))


def _variables(
    kind: str, name: str, a: Mapping[str, Any], b: Mapping[str, Any], function: Callable[..., Comparison]
) -> Iterator[Finding]:
    def both(label: str, one: Any, other: Any) -> Iterator[Finding]:
        found = function(one, other)
        unit = str(getattr(one, "units", ""))
        relative = f"{found.relative:.2g} of its largest magnitude" if found.relative else ""
        note = "; ".join(filter(None, (found.note, relative)))
        yield Finding(kind, label, found.status, difference=found.difference, unit=unit, note=note)

    yield from _each(kind, *({f"{name}: {key}": one for key, one in side.items()} for side in (a, b)), both)

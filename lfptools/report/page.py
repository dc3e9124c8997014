"""One self-contained HTML page for each study."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfptools.plots.style import printed
from lfptools.report.methods import methods as methods_of
from lfptools.report.numbers import minus, text
from lfptools.report.svg import inline
from lfptools.report.variations import variation_block

if TYPE_CHECKING:
    from lfptools.io.results import StudyResults

MANY_ROWS = 12
_ABBREVIATIONS = frozenset({"lfp", "csd", "eeg", "meg", "epsp", "ipsp", "epsc", "ipsc"})


def write_report(
    path: str | Path, results: "StudyResults", claims: Sequence[Mapping[str, Any]],
    figures: Sequence[Mapping[str, Any]], provenance: Mapping[str, Any], run_times: Sequence[Mapping[str, Any]],
    methods: str | Sequence[Any] | None = None, failures: Sequence[Mapping[str, Any]] = (),
) -> Path:  # fmt: skip
    """Write a study's report, complete or not at all.

    The page needs no network: styles and figures are part of it. All text is escaped.

    Parameters
    ----------
    path : path
        Of the page.
    results : StudyResults
        Title, question, cases and their configuration; no dataset is opened.
    claims : sequence of mapping
        ``name``, ``measure``, ``got`` (a number, or None), ``unit``, ``expected`` (text), ``met`` (bool), ``source``;
        optional ``statement``, ``case``, ``experiment``, ``error`` (why there is no number).
    figures : sequence of mapping
        ``name``, ``svg`` (path); optional ``kind``, ``title``, ``caption``, ``files`` (mapping of text to link),
        ``check`` (what the stage of that name wrote, and the path of its SVG). A figure whose file is not there is
        named as missing.
    provenance : mapping
        Commit, versions, hashes …; nested mappings become rows of their own.
    run_times : sequence of mapping
        ``stage`` and ``seconds`` of each job; optional ``memory_MB``.
    methods : str or sequence, optional
        Paragraphs, or mappings of ``title`` and ``paragraphs``; by default from the configuration that ran.
    failures : sequence of mapping
        Cases that failed: ``experiment``, ``case``, ``stage``, ``message``, ``log``.

    Raises
    ------
    DatasetError
        If a figure's file is no SVG.
    """
    from lfptools.io.atomic import atomic_path

    path = Path(path)
    html = render(results, claims, figures, provenance, run_times, methods, failures)
    with atomic_path(path) as partial:
        Path(partial).write_text(html, encoding="utf-8")
    return path


def render(
    results: "StudyResults", claims: Sequence[Mapping[str, Any]], figures: Sequence[Mapping[str, Any]],
    provenance: Mapping[str, Any], run_times: Sequence[Mapping[str, Any]], methods: str | Sequence[Any] | None = None,
    failures: Sequence[Mapping[str, Any]] = (),
) -> str:  # fmt: skip
    """The page as text; see :func:`write_report`."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    rows = [claim_row(claim) for claim in claims]
    blocks = [figure_block(figure) for figure in figures]
    checked = [block for block in blocks if block["check"] is not None]
    return environment.get_template("page.html").render(
        study=results.study,
        title=results.title or results.study,
        question=results.config.get("question") or "",
        claims=rows,
        missed=[row["name"] for row in rows if not row["met"]],
        failures=list(failures),
        cases=len(results.cases),
        figures=blocks,
        checked=len(checked),
        unmet=[block["title"] for block in checked if not block["check"]["met"]],
        methods=_method_blocks(methods_of(results) if methods is None else methods),
        tables=case_tables(results),
        provenance=flatten(provenance),
        run_times=run_time_rows(run_times),
        total_seconds=sum(float(job["seconds"]) for job in run_times),
        config=json.dumps(dict(results.config), indent=2, sort_keys=False, ensure_ascii=False, default=str),
        many=MANY_ROWS,
    )


def claim_row(claim: Mapping[str, Any]) -> dict[str, Any]:
    """A claim as the table shows it."""
    unit = printed(str(claim.get("unit") or "1"))
    got = claim.get("got")
    where = [str(claim[key]) for key in ("experiment", "case") if claim.get(key)]
    return {
        "name": str(claim["name"]),
        "statement": str(claim.get("statement") or ""),
        "measure": str(claim.get("measure") or ""),
        "where": ", ".join(where),
        "expected": f"{minus(str(claim.get('expected', '')))} {unit}".strip(),
        "got": f"{minus(text(got, claim.get('tolerance')))} {unit}".strip() if got is not None else "no number",
        "error": str(claim.get("error") or ""),
        "met": bool(claim.get("met")),
        "source": str(claim.get("source") or ""),
    }


def figure_block(figure: Mapping[str, Any]) -> dict[str, Any]:
    """A figure's SVG as markup, its caption, its files."""
    from markupsafe import Markup

    path, name = Path(figure["svg"]), str(figure["name"])
    title = str(figure.get("title") or readable(name))
    # the one piece of markup that is not escaped: parsed and cleaned by `inline`
    svg = Markup(inline(path.read_text(encoding="utf-8"), name, title)) if path.is_file() else None
    return {
        "name": name,
        "title": title,
        "kind": str(figure.get("kind") or ""),
        "caption": str(figure.get("caption") or ""),
        "svg": svg,
        "files": {str(text): str(link) for text, link in (figure.get("files") or {}).items()},
        "check": variation_block(*figure["check"], name) if figure.get("check") else None,
    }


def case_tables(results: "StudyResults") -> list[dict[str, Any]]:
    """For each experiment the swept keys and the value of each case."""
    tables = []
    for experiment in dict.fromkeys(case.experiment for case in results.cases):
        cases = [case for case in results.cases if case.experiment == experiment]
        keys = list(dict.fromkeys(key for case in cases for key in case.values))
        rows = [[case.label, *(_short(case.values.get(key, "")) for key in keys), case.id] for case in cases]
        tables.append({"experiment": experiment, "keys": keys, "rows": rows})
    return tables


def flatten(provenance: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Rows of key and text; keys of nested mappings joined by a space."""
    rows: list[tuple[str, str]] = []
    for key, value in provenance.items():
        name = f"{prefix} {key}".strip().replace("_", " ") if not prefix else f"{prefix} {key}"
        if isinstance(value, Mapping):
            rows += flatten(value, name) or [(name, "none")]
        elif value is not None:
            rows.append((name, {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)))
    return rows


def run_time_rows(run_times: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Jobs, total, longest and largest memory for each stage."""
    rows = []
    for stage in dict.fromkeys(str(job["stage"]) for job in run_times):
        jobs = [job for job in run_times if str(job["stage"]) == stage]
        seconds = [float(job["seconds"]) for job in jobs]
        memory = [float(job["memory_MB"]) for job in jobs if job.get("memory_MB") is not None]
        rows.append({
            "stage": stage, "jobs": str(len(jobs)), "total": f"{sum(seconds):.1f}", "longest": f"{max(seconds):.1f}",
            "memory": f"{max(memory):.0f}" if memory else "",
        })  # fmt: skip
    return rows


def _method_blocks(methods: str | Sequence[Any]) -> list[dict[str, Any]]:
    parts = [methods] if isinstance(methods, str) else list(methods)
    blocks: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, Mapping):
            blocks.append({"title": str(part.get("title") or ""), "paragraphs": [str(p) for p in part["paragraphs"]]})
        else:
            blocks.append({"title": "", "paragraphs": [str(part)]})
    if len(blocks) == 1:
        blocks[0]["title"] = ""
    return blocks


def _short(value: object) -> str:
    return minus(text(value, digits=8)) if isinstance(value, int | float) else str(value)


def readable(name: str) -> str:
    """A name of a study file as a title: ``lfp_map`` is "LFP map"."""
    words = [word.upper() if word in _ABBREVIATIONS else word for word in name.split("_") if word]
    title = " ".join(words) or name
    return title[:1].upper() + title[1:]

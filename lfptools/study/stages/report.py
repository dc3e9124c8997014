"""Stage report: figures and claims to a page."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lfptools.io.netcdf import attributes
from lfptools.io.results import StudyResults
from lfptools.provenance.record import Provenance
from lfptools.report.page import write_report
from lfptools.study.variations_model import KINDS


def report(
    results: StudyResults, figures: Mapping[str, Mapping[str, Any]], folder: Path, output: Path, provenance: Provenance
) -> None:
    """Write the page of a study.

    Parameters
    ----------
    results : StudyResults
        Of the whole study; no dataset is opened.
    figures : mapping
        Figure name to its block of the study.
    folder : path
        The study's folder of results, with ``claims.json``, ``failures.json``, ``figures/``, ``checks/`` and
        ``benchmarks/``.
    output : path
        Of the page.
    provenance : Provenance
        Shown on it.
    """
    claims, failures = (json.loads((folder / f"{n}.json").read_text(encoding="utf-8")) for n in ("claims", "failures"))
    blocks = [_figure(name, config, folder) for name, config in figures.items()]
    hidden = ("case", "cases", "config", "study_config", "input_hashes", "result")
    about = {key: value for key, value in provenance.attrs().items() if key not in hidden}
    about["versions"] = dict(provenance.versions)
    write_report(output, results, claims, blocks, about, list(run_times(folder / "benchmarks")), failures=failures)


def _figure(name: str, config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    stem = folder / "figures" / name
    said = str(attributes(stem.with_suffix(".nc")).get("caption", ""))
    return {
        "name": name,
        "kind": config["kind"],
        "svg": stem.with_suffix(".svg"),
        "title": config.get("title"),
        "caption": " ".join(filter(None, (config.get("caption"), said))),
        "files": {ending: f"figures/{name}.{ending}" for ending in ("svg", "pdf", "png", "nc", "csv")},
        "check": _check(folder / "checks" / name) if any(kind in config for kind in KINDS) else None,
    }


def _check(stem: Path) -> tuple[dict[str, Any], Path]:
    return json.loads(stem.with_suffix(".json").read_text(encoding="utf-8")), stem.with_suffix(".svg")


def run_times(folder: Path) -> Iterable[dict[str, Any]]:
    """Seconds and memory of each job, from Snakemake's benchmark files."""
    for path in sorted(folder.glob("**/*.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) < 2:
            continue
        row = dict(zip(lines[0].split("\t"), lines[1].split("\t"), strict=False))
        found = {"stage": path.relative_to(folder).parts[0].removesuffix(".tsv"), "seconds": float(row["s"])}
        memory = row.get("max_rss", "NA")
        yield {**found, "memory_MB": float(memory)} if memory not in ("NA", "-") else found

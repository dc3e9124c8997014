"""An archive's metadata as a Workflow Run RO-Crate (https://w3id.org/ro/wfrun/workflow/0.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

METADATA: Final = "ro-crate-metadata.json"
README: Final = "README.md"
README: Final = "README.md"

_PROFILES: Final = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
_BIOSCHEMAS: Final = "https://bioschemas.org/profiles/{}/1.0-RELEASE"
_UNKNOWN_TYPE: Final = "application/octet-stream"
_TYPES: Final = {
    "nc": "application/x-netcdf", "json": "application/json", "yaml": "application/yaml", "svg": "image/svg+xml",
    "png": "image/png", "pdf": "application/pdf", "csv": "text/csv", "html": "text/html", "md": "text/markdown",
    "py": "text/x-python", "xml": "application/xml",
    **dict.fromkeys(("asc", "cff", "hoc", "lock", "mod", "patch", "sh", "smk", "swc", "toml", "txt"), "text/plain"),
}  # fmt: skip


@dataclass(frozen=True)
class Archived:
    """What the metadata say of an archive.

    Parameters
    ----------
    name, title, question : str
        Of the study.
    study_file, workflow : str
        Names in the archive of the study's file and the Snakefile.
    commit, date : str
        The source's commit, and its date in ISO 8601.
    snakemake : str
        Version of Snakemake.
    remark : str
        What is not as it should be; empty if nothing is.
    hashes, sizes : mapping of str
        File to its SHA-256 and number of bytes.
    """

    name: str
    title: str
    question: str
    study_file: str
    workflow: str
    commit: str
    date: str
    snakemake: str
    remark: str
    hashes: Mapping[str, str]
    sizes: Mapping[str, int]


def crate(archived: Archived) -> dict[str, Any]:
    """The metadata as JSON-LD."""
    results = [name for name in sorted(archived.hashes) if name.startswith("results/")]
    described = [name for name in sorted(archived.hashes) if name != archived.workflow]
    shown = {archived.study_file: "study", **dict.fromkeys(results, "results")}
    graph: list[dict[str, Any]] = [
        {
            "@id": METADATA, "@type": "CreativeWork", "about": _ref("./"),
            "conformsTo": [_ref("https://w3id.org/ro/crate/1.1"), _ref(list(_PROFILES)[-1])],
        },
        {
            "@id": "./", "@type": "Dataset", "name": f"{archived.title}: study, results and source",
            "description": " ".join(filter(None, (archived.question, archived.remark))),
            "datePublished": archived.date, "license": _ref("https://spdx.org/licenses/BSD-3-Clause"),
            "conformsTo": [_ref(profile) for profile in _PROFILES], "mainEntity": _ref(archived.workflow),
            "hasPart": [_ref(name) for name in (archived.workflow, *described)], "mentions": _ref("#run"),
        },
        *(
            {"@id": url, "@type": "CreativeWork", "name": name, "version": url.rpartition("/")[2]}
            for url, name in _PROFILES.items()
        ),
        {"@id": "https://spdx.org/licenses/BSD-3-Clause", "@type": "CreativeWork", "name": "BSD 3-Clause License"},
        {
            **_file(archived, archived.workflow), "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            "conformsTo": _ref(_BIOSCHEMAS.format("ComputationalWorkflow")), "name": "lfptools",
            "version": archived.commit, "programmingLanguage": _ref("#snakemake"),
            "input": _ref("#study"), "output": _ref("#results"),
        },
        {
            "@id": "#snakemake", "@type": "ComputerLanguage", "name": "Snakemake", "version": archived.snakemake,
            "identifier": _ref("https://doi.org/10.1093/bioinformatics/bts480"), "url": _ref("https://snakemake.readthedocs.io"),
        },
        _parameter("study", archived.study_file, False),
        _parameter("results", results, True),
        {
            "@id": "#run", "@type": "CreateAction", "name": f"lfptools run {archived.name}",
            "instrument": _ref(archived.workflow), "object": _ref(archived.study_file),
            "result": [_ref(name) for name in results],
            "description": f"Snakemake made all results of the study {archived.name} from its file and the source.",
        },
        *(_file(archived, name, shown.get(name)) for name in described),
    ]  # fmt: skip
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _ref(name: str) -> dict[str, str]:
    return {"@id": name}


def _parameter(name: str, examples: str | list[str], several: bool) -> dict[str, Any]:
    return {
        "@id": f"#{name}", "@type": "FormalParameter",
        "conformsTo": _ref(_BIOSCHEMAS.format("FormalParameter")), "additionalType": "File", "name": name,
        "valueRequired": True, "multipleValues": several,
        "workExample": [_ref(one) for one in examples] if isinstance(examples, list) else _ref(examples),
    }  # fmt: skip


def _file(archived: Archived, name: str, shows: str | None = None) -> dict[str, Any]:
    """A file, and the parameter of the workflow that it is a value of."""
    described: dict[str, Any] = {
        "@id": name, "@type": "File", "name": name.rpartition("/")[2], "contentSize": str(archived.sizes[name]),
        "sha256": archived.hashes[name], "encodingFormat": _TYPES.get(name.rpartition(".")[2].lower(), _UNKNOWN_TYPE),
    }  # fmt: skip
    if name == README:
        described["about"] = _ref("./")
    return described | ({"exampleOfWork": _ref(f"#{shows}")} if shows else {})

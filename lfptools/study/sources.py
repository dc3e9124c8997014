"""What a job's result depends on besides its configuration: the source that it uses, and versions of libraries."""

from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from lfptools.analysis.registry import MEASURES
from lfptools.forward.registry import MODELS
from lfptools.plots.registry import FIGURES
from lfptools.probes.registry import PROBES
from lfptools.provenance.source import source_hash
from lfptools.recording.registry import STEPS

_STAGES = "lfptools.study.stages"
_VERSIONS = {
    "compile": ("neuron",),
    "capture": ("neuron", "numpy"),
    "build": ("neuron", "numpy"),
    "lead_field": ("numpy", "numba"),
    "simulate": ("neuron", "numpy"),
    "forward": ("numpy",),
    "recording": ("numpy", "scipy"),
    "analyse": ("numpy",),
    "figure": ("numpy", "matplotlib"),
    "report": ("jinja2",),
    "verdict": (),
}


def modules(stage: str, configs: Iterable[Mapping[str, Any]]) -> list[str]:
    """The modules whose imports make up the source of a stage: its own, and those that its configuration names.

    Registries are lazy strings, which no import shows: the model and probe of a lead field, the steps of a
    recording, the kind of a figure and the measures of claims are added here.
    """
    found = {f"{_STAGES}.{stage}"}
    for config in configs:
        found |= {entry.partition(":")[0] for entry in _entries(config)}
    return sorted(found)


def source(stage: str, configs: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """What a rule has as a parameter: hash of the source (comments and docstrings apart), versions of libraries."""
    configs = list(configs)
    return {"source": source_hash(modules(stage, configs)), "versions": _versions(stage, configs)}


def _versions(stage: str, configs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    found = {}
    kinds = {config["probe"].get("kind") for config in configs} if stage == "lead_field" else set()
    for name in (*_VERSIONS[stage], *(kinds & {"probeinterface"})):  # its tables are the kind's
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _entries(config: Any) -> Iterable[str]:
    """Registry entries that a configuration names, at every depth."""
    if isinstance(config, Mapping):
        named = {"model": MODELS, "step": STEPS, "kind": {**PROBES, **FIGURES}, "measure": MEASURES, "of": MEASURES}
        for key, registry in named.items():
            name = config.get(key)
            if isinstance(name, str) and name in registry:
                yield registry[name]
                # Probes and figures share the key: "line" is a probe, and may become a figure.
                yield from (other[name] for other in (PROBES, FIGURES) if key == "kind" and name in other)
        for value in config.values():
            yield from _entries(value)
    elif isinstance(config, list | tuple):
        for value in config:
            yield from _entries(value)

"""What a job's result depends on besides its configuration: the source that it uses, and versions of libraries."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from lfptools.analysis.registry import ANALYSES, GATHERS, MEASURES
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
    "analysis": ("numpy", "scipy"),
    "gather": ("numpy", "scipy"),
    "analyse": ("numpy",),
    "figure": ("numpy", "matplotlib"),
    "check": ("numpy", "scipy", "matplotlib"),
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
    """What a rule has as a parameter: hash of the source (comments and docstrings apart), versions of libraries.

    The source is read once in a process: a run of ten thousand cases asks for the same few hashes again and again, and
    all its results are stamped with the source that it began with.
    """
    configs = list(configs)
    return {"source": _source_hash(tuple(modules(stage, configs))), "versions": _versions(stage, configs)}


_source_hash = cache(source_hash)


def _versions(stage: str, configs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    found = {}
    kinds = {config["probe"].get("kind") for config in configs} if stage == "lead_field" else set()
    sampled = {"SALib"} if stage == "check" and any("uncertainty" in config for config in configs) else set()
    for name in (*_VERSIONS[stage], *sampled, *(kinds & {"probeinterface"})):  # its tables are the kind's
        found[name] = _version(name)
    return found


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


_NAMED = {
    "model": (MODELS,), "step": (STEPS,), "kind": (PROBES, FIGURES), "measure": (MEASURES,), "of": (MEASURES,),
    "analysis": (ANALYSES,), "gather": (GATHERS,),
}  # fmt: skip
"""Keys whose values name an entry. Probes and figures share one: "line" is a probe, and may become a figure."""


def _entries(config: Any) -> Iterator[str]:
    """Registry entries that a configuration, as plain data, names at every depth."""
    waiting = [config]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            for key, registries in _NAMED.items():
                name = node.get(key)
                if isinstance(name, str):
                    yield from (registry[name] for registry in registries if name in registry)
            node = node.values()
        waiting += [value for value in node if isinstance(value, dict | list | tuple)]

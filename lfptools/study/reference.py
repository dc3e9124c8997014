"""``python -m lfptools.study.reference [--check] FILE``: every key of a study file, from the models and registries."""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from lfptools.analysis.firing import unit_of_key
from lfptools.analysis.registry import ANALYSES, GATHERS, MEASURES
from lfptools.config.parameters import Parameters
from lfptools.config.registry import load
from lfptools.forward.registry import MODELS
from lfptools.plots.registry import FIGURES, FILES
from lfptools.plots.style import printed
from lfptools.probes.registry import PROBES
from lfptools.recording.registry import STEPS
from lfptools.study.cell import Cell
from lfptools.study.claims_model import Claim
from lfptools.study.driven import Sine, WhiteNoise
from lfptools.study.gathering_model import Gathering
from lfptools.study.generated import write_or_check
from lfptools.study.model import Header, figure_model
from lfptools.study.protocol import Electrode, Record, Run, Synapse
from lfptools.study.recordings import Recording
from lfptools.study.sweep import Sweep
from lfptools.study.synapses import Synapses
from lfptools.study.variations_model import Convergence, Uncertainty

HEAD = """\
# Every key of a study file

Made from the models and registries by `make schema`; do not edit. How the parts fit together: [adding.md](adding.md).
Numbers are in the unit that their key ends in. A default of "needed" means that the key must be given.
A study has `cell`, `run`, `inputs`, `record`, `probes`, `signals`, `recordings`, `analyses` and `sweep` at the top, or
several such blocks under `experiments: {name: …}`; `figures` and `claims` stand at the top. A sweep may be a grid or a
list by itself.
"""

BLOCKS: Mapping[str, type[Parameters]] = {
    "The file": Header, "`cell:`": Cell, "`run:`": Run, "`inputs:` a synapse": Synapse,
    "`inputs:` many synapses": Synapses, "`inputs:` an electrode": Electrode,
    "`inputs:` a sinusoidal current": Sine, "`inputs:` white noise": WhiteNoise, "`record:`": Record,
    "`recordings:`": Recording, "`sweep:`": Sweep, "`gathered:`": Gathering,
    "`convergence:` of a figure": Convergence, "`uncertainty:` of a figure": Uncertainty,
}  # fmt: skip
REGISTRIES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "`probes:` kinds": ("kind", PROBES), "`signals:` forward models": ("model", MODELS),
    "`recordings:` steps": ("step", STEPS), "`analyses:`": ("analysis", ANALYSES),
    "`gathered:` results": ("gather", GATHERS),
    "`figures:` kinds": ("kind", FIGURES), "`lfptools plot`: movies and pages": ("kind", FILES),
    "`claims:` measures": ("measure", MEASURES),
}  # fmt: skip
SHARED: Mapping[str, type[Parameters]] = {"kind": figure_model(), "measure": Claim}

_REFERENCE = re.compile(r"^#/\$defs/(.+)$")


def text() -> str:
    """The page as it stands in the file."""
    parts = [HEAD]
    for title, model in BLOCKS.items():
        parts += [f"## {title}\n", *block(model)]
    for title, (key, registry) in REGISTRIES.items():
        parts.append(f"## {title}\n")
        if registry in (FIGURES, MEASURES):
            parts += [f"Keys of all, beside `{key}`:\n", *table(SHARED[key].model_json_schema())]
        for name, entry in registry.items():
            found = load(entry)
            about = (inspect.getdoc(found) or "").partition("\n\n")[0].replace("\n", " ").replace("``", "`")
            about = about.replace(" and return the figure and the numbers drawn", "")
            parts += [f"### `{key}: {name}`\n", f"{about}\n" if about else "", *block(found.Parameters)]
            if getattr(found, "needs_contacts", False):
                parts.append("It needs `probe`, the name of one of the study's probes.\n")
            if registry is GATHERS:
                parts.append("It needs `signal`, a signal or recording of the experiment.\n")
            if registry is ANALYSES:
                roles = " and ".join(f"`{role}`" for role in ("of", *found.roles))
                parts.append(f"It needs {roles}: a signal, a recording, or a variable of the run.\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def block(model: type[Parameters]) -> Iterator[str]:
    """What a model says of itself, its keys, and those of the models in it."""
    schema = model.model_json_schema()
    own = (inspect.getdoc(model) or "").replace("``", "`").replace("*or*", "or").replace(":class:", "")
    yield f"{own}\n"
    yield from table(schema)
    for name, inner in schema.get("$defs", {}).items():
        if inner.get("properties"):
            about = (inner.get("description") or "").partition("\n\n")[0].replace("\n", " ").replace("``", "`")
            yield f"**{name}**: {about}\n" if about else f"**{name}**\n"
            yield from table(inner)


def table(schema: Mapping[str, Any]) -> Iterator[str]:
    """The keys of an object of a JSON schema, each with type, default, unit and description."""
    properties = schema.get("properties", {})
    if not properties:
        yield "No keys.\n"
        return
    yield "| key | type | default | unit | description |\n| --- | --- | --- | --- | --- |"
    for key, found in properties.items():
        needed = key in schema.get("required", ())
        default = "needed" if needed else _default(found)
        cells = (f"`{key}`", _type(found), default, _unit(key), found.get("description", ""))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _default(found: Mapping[str, Any]) -> str:
    value = found.get("default")
    if value is None or value in ({}, []):
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {text_of(inner)}" for key, inner in value.items())
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else text_of(value)


def text_of(value: object) -> str:
    """A value as one writes it: 100, not 100.0."""
    if isinstance(value, list):
        return f"[{', '.join(map(text_of, value))}]"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _unit(key: str) -> str:
    for ending, unit in (("_um", "µm"), ("_rad", "rad"), ("_mm", "mm"), ("_degC", "°C"), ("_ohm_cm", "Ω·cm")):
        if key.endswith(ending):
            return unit
    return printed(unit_of_key(key)).replace(" cm-2", "/cm²")


def _type(found: Mapping[str, Any]) -> str:
    """A JSON schema's type in words, with its limits."""
    if "$ref" in found:
        return _REFERENCE.sub(r"\1", found["$ref"])
    if "const" in found:
        return f"`{found['const']}`"
    if "enum" in found:
        return ", ".join(f"`{value}`" for value in found["enum"])
    for word in ("anyOf", "oneOf", "allOf"):
        if word in found:
            return _either(found[word])
    kind = found.get("type")
    if kind == "array":
        if "prefixItems" in found:
            return f"[{', '.join(_type(one) for one in found['prefixItems'])}]"
        return f"list of {_inside(found['items'])}" if found.get("items") else "list"
    if kind == "object":
        inner = found.get("additionalProperties") or next(iter(found.get("patternProperties", {}).values()), None)
        return f"mapping of names to {_inside(inner)}" if isinstance(inner, Mapping) and inner else "mapping"
    words = {"number": "number", "integer": "whole number", "string": "text", "boolean": "true or false"}
    return "none" if kind == "null" else words.get(kind, "any value") + _limits(found)


def _inside(found: Mapping[str, Any]) -> str:
    words = _type(found)
    return f"({words})" if " or " in words else words


def _either(alternatives: list[Mapping[str, Any]]) -> str:
    return " or ".join(dict.fromkeys(_type(one) for one in alternatives if one.get("type") != "null"))


def _limits(found: Mapping[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    shown = [f"{sign} {found[word]:g}" for word, sign in signs.items() if word in found]
    return f" {', '.join(shown)}" if shown else ""


if __name__ == "__main__":
    sys.exit(write_or_check(text, sys.argv[1:]))

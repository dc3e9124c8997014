"""Cases: every point of an experiment's sweep, resolved to a configuration in which nothing is left open."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lfptools.config.document import Document, dotted
from lfptools.config.parameters import Parameters
from lfptools.config.problems import legal_keys, messages
from lfptools.errors import unknown_name
from lfptools.provenance.files import content_hash
from lfptools.study.files import portable
from lfptools.study.model import EXPERIMENT_KEYS, experiment_model
from lfptools.study.parameters import computed
from lfptools.study.sweep import LABEL, SCENARIO, SEED, points

ID_DIGITS = 10


@dataclass(frozen=True)
class Case:
    """One point of a sweep.

    Parameters
    ----------
    experiment, label : str
        Where it belongs, and its readable name.
    values : mapping
        Dotted sweep key to the value of this case.
    model : Parameters
        The resolved experiment.
    config : mapping
        The same as plain data, every default filled in.
    """

    experiment: str
    label: str
    values: Mapping[str, Any]
    model: Parameters
    config: Mapping[str, Any]

    @cached_property
    def id(self) -> str:
        """Readable slug and hash of the resolved content."""
        slug = re.sub(r"[^A-Za-z0-9.+-]+", "-", f"{self.experiment}-{self.label}").strip("-")[:60].rstrip("-")
        return f"{slug}-{content_hash([self.experiment, self.label, portable(self.config)])[:ID_DIGITS]}"


def resolve(
    name: str, data: Mapping[str, Any], sweep: Any, document: Document, key: tuple
) -> tuple[list[Case], list[str]]:
    """Every case of an experiment, and what is wrong with those that cannot be.

    Parameters
    ----------
    name : str
        The experiment.
    data : mapping
        What the file holds for it.
    sweep : object
        Its validated sweep.
    document : Document
        The file, for messages.
    key : tuple
        Where in the file the experiment stands: () or ("experiments", name).
    """
    fixed = {part: data[part] for part in EXPERIMENT_KEYS if part in data and part != "sweep"}
    where = f"{document.where((*key, 'sweep'))}: {'.'.join(map(str, (*key, 'sweep')))}"
    cases: list[Case] = []
    wrong: dict[str, None] = {}
    seen: dict[str, str] = {}
    for point in points(sweep, data.get("seed", 0)):
        values = {k: v for k, v in point.items() if k != LABEL}
        label = str(point.get(LABEL) or _label(values, sweep) or name)
        if label in seen:
            wrong[f"{where}: two cases have the label {label!r}: give the points a label, or leave one out"] = None
        seen[label] = label
        found = None
        changed = copy.deepcopy(fixed)
        problems = [problem for k, v in values.items() if k != SCENARIO and (problem := _set(changed, k, v, where))]
        if not problems:
            found, problems = _validated(changed, document)
            problems = [f"{where}: case {label!r}: {problem}" for problem in problems]
        if found is not None and not problems:
            cases.append(Case(name, label, values, found, found.model_dump(mode="json", exclude={"sweep"})))
        wrong |= dict.fromkeys(problems)
    return cases, list(wrong)


def _validated(data: dict[str, Any], document: Document) -> tuple[Parameters | None, list[str]]:
    """A case's data as a model, its expressions computed; or what is wrong with them."""
    data, faults = computed(data)
    if faults:
        return None, [f"{dotted(key)}: {text}" for key, text in faults]
    try:
        return experiment_model().model_validate(data), []
    except ValidationError as error:
        prefix = f"{document.path}: "
        found = messages(error, Document(document.path, data, {}), _schema())
        return None, [message.removeprefix(prefix) for message in found]


@cache
def _schema() -> dict[str, Any]:
    return experiment_model().model_json_schema()


def _label(values: Mapping[str, Any], sweep: Any) -> str:
    """The values in words; a scenario by its name alone, a replicate by its seed."""
    scenario = (getattr(sweep, "scenarios", None) or {}).get(values.get(SCENARIO), {})
    named = {key: value for key, value in values.items() if key not in scenario}
    return ", ".join(f"seed {value}" if key == SEED else _short(value) for key, value in named.items())


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return " ".join(_short(inner) for inner in value.values())
    text = str(value)
    return Path(text).name if text.startswith(("/", "~/")) else text


def _set(data: dict[str, Any], name: str, value: Any, where: str) -> str | None:
    """Set a dotted key; a message if the way to it does not exist."""
    parts = name.split(".")
    node: Any = data
    for i, part in enumerate(parts):
        so_far = tuple(parts[:i])
        here = f"{where}: key {name!r}"
        if isinstance(node, list):
            if not (part.isdigit() and int(part) < len(node)):
                return f"{here}: {'.'.join(so_far)} has the entries 0 to {len(node) - 1}, got {part!r}"
            part = int(part)
        elif not isinstance(node, dict):
            return f"{here}: {'.'.join(so_far)} is the value {node!r}, which has no keys"
        elif part not in node:
            legal = legal_keys(_schema(), so_far, data) - {"sweep"} if i else set(EXPERIMENT_KEYS) - {"sweep"}
            free = parts[i - 1] in ("parameters", "globals") if i else False
            free = free and so_far != ("parameters",)  # a study's own parameters are those that it states
            if part not in legal and not free:
                return unknown_name("sweep key", part, legal | set(node), here)
            if i < len(parts) - 1:
                node[part] = {}
        if i == len(parts) - 1:
            node[part] = copy.deepcopy(value)
        else:
            node = node[part]
    return None

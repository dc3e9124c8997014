"""Cases: every point of an experiment's sweep, resolved to a configuration in which nothing is left open."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lfptools.config.document import Document
from lfptools.config.parameters import Parameters
from lfptools.config.problems import legal_keys, messages
from lfptools.errors import unknown_name
from lfptools.provenance.files import content_hash
from lfptools.study.files import portable
from lfptools.study.model import EXPERIMENT_KEYS, experiment_model
from lfptools.study.sweep import LABEL, points

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
    model = experiment_model()
    fixed = {part: data[part] for part in EXPERIMENT_KEYS if part in data and part != "sweep"}
    where = f"{document.where((*key, 'sweep'))}: {'.'.join(map(str, (*key, 'sweep')))}"
    cases: list[Case] = []
    wrong: dict[str, None] = {}
    seen: dict[str, str] = {}
    for point in points(sweep):
        values = {k: v for k, v in point.items() if k != LABEL}
        label = str(point.get(LABEL) or _label(values) or name)
        if label in seen:
            wrong[f"{where}: two cases have the label {label!r}: give the points a label, or leave one out"] = None
        seen[label] = label
        changed = copy.deepcopy(fixed)
        problems = [problem for k, v in values.items() if (problem := _set(changed, k, v, where))]
        if not problems:
            try:
                found = model.model_validate(changed)
            except ValidationError as error:
                place = Document(document.path, changed, {})
                prefix = f"{document.path}: "
                problems = [
                    f"{where}: case {label!r}: {message.removeprefix(prefix)}"
                    for message in messages(error, place, _schema())
                ]
            else:
                config = found.model_dump(mode="json", exclude={"sweep"})
                cases.append(Case(name, label, values, found, config))
        wrong |= dict.fromkeys(problems)
    return cases, list(wrong)


@cache
def _schema() -> dict[str, Any]:
    return experiment_model().model_json_schema()


def _label(values: Mapping[str, Any]) -> str:
    return ", ".join(_short(value) for value in values.values())


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return " ".join(_short(inner) for inner in value.values())
    text = str(value)
    return Path(text).name if text.startswith(("/", "~/")) else text


def _set(data: dict[str, Any], dotted: str, value: Any, where: str) -> str | None:
    """Set a dotted key; a message if the way to it does not exist."""
    parts = dotted.split(".")
    node: Any = data
    for i, part in enumerate(parts):
        so_far = tuple(parts[:i])
        here = f"{where}: key {dotted!r}"
        if isinstance(node, list):
            if not (part.isdigit() and int(part) < len(node)):
                return f"{here}: {'.'.join(so_far)} has the entries 0 to {len(node) - 1}, got {part!r}"
            part = int(part)
        elif not isinstance(node, dict):
            return f"{here}: {'.'.join(so_far)} is the value {node!r}, which has no keys"
        elif part not in node:
            legal = legal_keys(_schema(), so_far, data) - {"sweep"} if i else set(EXPERIMENT_KEYS) - {"sweep"}
            free = parts[i - 1] in ("parameters", "globals") if i else False
            if part not in legal and not free:
                return unknown_name("sweep key", part, legal | set(node), here)
            if i < len(parts) - 1:
                node[part] = {}
        if i == len(parts) - 1:
            node[part] = copy.deepcopy(value)
        else:
            node = node[part]
    return None

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
from lfptools.study.blocks import Block, Blocks, model_of
from lfptools.study.model import EXPERIMENT_KEYS, experiment_model
from lfptools.study.parameters import computed, expressions
from lfptools.study.sweep import LABEL, SCENARIO, SEED, points

ID_DIGITS = 10


@dataclass(frozen=True, eq=False)
class Case:
    """One point of a sweep.

    Parameters
    ----------
    experiment, label : str
        Where it belongs, and its readable name.
    values : mapping
        Dotted sweep key to the value of this case.
    blocks : mapping
        The parts of the resolved experiment by their names; what cases share is the same object.
    """

    experiment: str
    label: str
    values: Mapping[str, Any]
    blocks: Mapping[str, Block]

    @cached_property
    def model(self) -> Parameters:
        """The resolved experiment."""
        return model_of(self.blocks)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The same as plain data, every default filled in."""
        return {name: block.config for name, block in self.blocks.items()}

    @cached_property
    def id(self) -> str:
        """Readable slug and hash of the resolved content."""
        slug = re.sub(r"[^A-Za-z0-9.+-]+", "-", f"{self.experiment}-{self.label}").strip("-")[:60].rstrip("-")
        content = [self.experiment, self.label, {name: block.hash for name, block in self.blocks.items()}]
        return f"{slug}-{content_hash(content)[:ID_DIGITS]}"


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
    resolver = Resolver(name, data, document, key)
    where = f"{document.where((*key, 'sweep'))}: {'.'.join(map(str, (*key, 'sweep')))}"
    cases: list[Case] = []
    wrong: dict[str, None] = {}
    seen: set[str] = set()
    for point in points(sweep, data.get("seed", 0)):
        values = {k: v for k, v in point.items() if k != LABEL}
        label = str(point.get(LABEL) or label_of(values, sweep) or name)
        if label in seen:
            wrong[f"{where}: two cases have the label {label!r}: leave one out, or give each a 'label' in list"] = None
        seen.add(label)
        case, problems = resolver.case(label, values, where=where)
        cases += [case] if case is not None else []
        wrong |= dict.fromkeys(problems)
    return cases, list(wrong)


class Resolver:
    """Makes an experiment's cases; what they share is one object.

    Parameters
    ----------
    name, data, document, key
        See :func:`resolve`.
    """

    def __init__(self, name: str, data: Mapping[str, Any], document: Document, key: tuple):
        self.name, self.document, self.key = name, document, key
        self._fixed = {part: data[part] for part in EXPERIMENT_KEYS if part in data and part != "sweep"}
        self._blocks = Blocks()
        self._has_expressions = any(True for _ in expressions(data))

    def case(
        self, label: str, values: Mapping[str, Any], changes: Mapping[str, Any] | None = None, where: str = ""
    ) -> tuple[Case | None, list[str]]:
        """One case, or what is wrong with it.

        Parameters
        ----------
        label : str
            Its readable name.
        values : mapping
            Dotted sweep key to its value.
        changes : mapping, optional
            Further keys to values, which a case has that was derived from one of the study's.
        where : str
            Where in the file they stand, for messages.
        """
        changed: dict[str, Any] = dict(self._fixed)
        owned: set[int] = {id(changed)}
        own = {key: value for key, value in values.items() if key != SCENARIO}
        set_keys = [*_from_the_top(own), *_from_the_top(changes or {})]
        problems = [problem for k, v in set_keys if (problem := _set(changed, owned, k, v, where))]
        if problems:
            return None, problems
        found, problems = _validated(changed, self._blocks, self.document, self._has_expressions)
        if problems:
            return None, [f"{where}: case {label!r}: {problem}" for problem in problems]
        return Case(self.name, label, values, found), []


def _from_the_top(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Keys with their values, whole entries before what lies in them, which would be lost otherwise."""
    return sorted(values.items(), key=lambda one: one[0].count("."))


def _validated(
    data: dict[str, Any], blocks: Blocks, document: Document, has_expressions: bool
) -> tuple[dict[str, Block], list[str]]:
    """A case's parts, their expressions computed; or what is wrong with them."""
    if has_expressions:
        data, faults = computed(data)
        if faults:
            return {}, [f"{dotted(key)}: {text}" for key, text in faults]
    try:
        return blocks.of(data), []
    except ValidationError as error:
        prefix = f"{document.path}: "
        found = messages(error, Document(document.path, data, {}), _schema())
        return {}, [message.removeprefix(prefix) for message in found]


@cache
def _schema() -> dict[str, Any]:
    return experiment_model().model_json_schema()


def label_of(values: Mapping[str, Any], sweep: Any) -> str:
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


_NAMED = frozenset({("inputs",), ("record",), ("probes",), ("signals",), ("recordings",), ("analyses",)})
"""Keys below which names are the user's: a case may have an entry more, given whole, or one less, given as null."""


def _set(data: dict[str, Any], owned: set[int], name: str, value: Any, where: str) -> str | None:
    """Set a dotted key; a message if the way to it does not exist.

    What lies on the way is copied unless it is ``owned``, so that the other cases keep theirs, and share the rest.
    """
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
            whole = so_far in _NAMED and i == len(parts) - 1 and isinstance(value, dict)
            if part not in legal and not (free or whole):
                return unknown_name("sweep key", part, legal | set(node), here)
            if i < len(parts) - 1:
                node[part] = {}
                owned.add(id(node[part]))
        if i == len(parts) - 1 and value is None and so_far in _NAMED:
            del node[part]
        elif i == len(parts) - 1:
            node[part] = value
        else:
            if id(node[part]) not in owned and isinstance(node[part], dict | list):
                node[part] = copy.copy(node[part])
                owned.add(id(node[part]))
            node = node[part]
    return None

"""From pydantic's errors to messages that name file, line, key, what was expected, what came and the nearest key."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from lfptools.config.document import Document, KeyPath, dotted
from lfptools.errors import ConfigError, unknown_name

M = TypeVar("M", bound=BaseModel)

_PREFIXES = ("Input should be ", "Value error, ", "Assertion failed, ")


def validate(model: type[M], document: Document) -> M:
    """The document as a model.

    Raises
    ------
    ConfigError
        With one line for each thing that is wrong in the file.
    """
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise ConfigError("\n".join(messages(error, document, model.model_json_schema()))) from error


def messages(error: ValidationError, document: Document, schema: Mapping) -> list[str]:
    """One message per key that is wrong, in the order of the file."""
    expected: dict[KeyPath, list[str]] = {}
    found: dict[KeyPath, str] = {}
    for problem in error.errors(include_url=False):
        key = _key_in_file(problem["loc"], problem["type"], document.data)
        if problem["type"] == "extra_forbidden":
            legal = legal_keys(schema, key[:-1], document.data)
            found[key] = unknown_name("key", key[-1], legal, f"{document.where(key)}: {dotted(key)}")
        elif problem["type"] == "missing":
            found[key] = f"{document.where(key[:-1])}: {dotted(key)}: this key is needed, and is missing"
        else:
            expected.setdefault(key, []).append(_expectation(problem))
            came = "" if problem["type"] == "value_error" else f", got {_short(problem['input'])}"
            alternatives = " or ".join(dict.fromkeys(expected[key]))
            found[key] = f"{document.where(key)}: {dotted(key) or 'the file'}: {alternatives}{came}"
    return list(found.values())


def legal_keys(schema: Mapping, key: KeyPath, data: object) -> set[str]:
    """The keys that a JSON schema allows at a place of the data."""
    nodes = _objects(schema, [schema], data)
    for part in key:
        data = _step(data, part)
        below: list[Mapping] = []
        for node in nodes:
            if isinstance(part, int):
                items = node.get("items")
                below += [items] if isinstance(items, Mapping) else []
                below += [node["prefixItems"][part]] if part < len(node.get("prefixItems", ())) else []
            elif part in node.get("properties", {}):
                below.append(node["properties"][part])
            else:
                below += node.get("patternProperties", {}).values()
                below += [node["additionalProperties"]] if isinstance(node.get("additionalProperties"), Mapping) else []
        nodes = _objects(schema, below, data)
    return {name for node in nodes for name in node.get("properties", {})}


def _objects(root: Mapping, nodes: Iterable[Mapping], data: object) -> list[Mapping]:
    """Follow references and alternatives; of several objects those that fit the data best."""
    flat: list[Mapping] = []
    waiting = list(nodes)
    while waiting:
        node = waiting.pop(0)
        if "$ref" in node:
            waiting.append(root["$defs"][node["$ref"].rsplit("/", 1)[-1]])
        for word in ("anyOf", "oneOf", "allOf"):
            waiting += node.get(word, [])
        if not ({"$ref", "anyOf", "oneOf", "allOf"} & set(node)):
            flat.append(node)
    if not isinstance(data, Mapping) or len(flat) < 2:
        return flat
    scores = [_fit(node, data) for node in flat]
    return [node for node, score in zip(flat, scores, strict=True) if score == max(scores)]


def _fit(node: Mapping, data: Mapping) -> int:
    score = 0
    for name, inner in node.get("properties", {}).items():
        if name in data:
            score += 1
            if "const" in inner:
                score += 100 if inner["const"] == data[name] else -100
    return score


def _key_in_file(loc: tuple, kind: str, data: object) -> KeyPath:
    """pydantic's location without the names of unions' members, which are not in the file."""
    key: list[str | int] = []
    for i, part in enumerate(loc):
        last = i == len(loc) - 1
        inside = (isinstance(data, Mapping) and part in data) or (
            isinstance(data, list | tuple) and isinstance(part, int) and 0 <= part < len(data)
        )
        # A union's member may have the name of a key ("synapse"); there is nothing below a key with a plain value.
        if inside and (last or isinstance(_step(data, part), Mapping | list | tuple)):
            key.append(part)
            data = _step(data, part)
        elif last and kind == "missing":
            key.append(part)
    return tuple(key)


def _step(data: object, part: str | int) -> object:
    if isinstance(data, Mapping):
        return data.get(part)
    if isinstance(data, list | tuple) and isinstance(part, int) and part < len(data):
        return data[part]
    return None


def _expectation(problem: Mapping) -> str:
    if problem["type"] == "union_tag_invalid":
        names = [name.strip().strip("'") for name in problem["ctx"]["expected_tags"].split(", ")]
        return unknown_name(problem["ctx"]["discriminator"].strip("'"), problem["ctx"]["tag"], names)
    if problem["type"] == "union_tag_not_found":
        return f"needs the key {problem['ctx']['discriminator']}"
    text = problem["msg"]
    for prefix in _PREFIXES:
        if text.startswith(prefix):
            text = text.removeprefix(prefix)
            return f"expected {text}" if prefix == _PREFIXES[0] else text
    return text[0].lower() + text[1:]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"

"""A study's named parameters, and the values that are expressions of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from lfptools.config.document import KeyPath, dotted
from lfptools.config.expressions import evaluate, is_expression
from lfptools.errors import ConfigError

PARAMETERS = "parameters"


def computed(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[KeyPath, str]]]:
    """An experiment's data with every expression replaced by its number, and what is wrong with the others.

    ``parameters`` may use each other in any order, but not in a circle.

    Returns
    -------
    dict, list of (key, message)
    """
    given = data.get(PARAMETERS)
    names, wrong = _names(given) if isinstance(given, Mapping) else ({}, [])
    failed = {key[1] for key, _ in wrong}
    found: dict[str, Any] = {}
    for part, value in data.items():
        if part == PARAMETERS and isinstance(value, Mapping):
            found[part] = {name: names.get(name, value[name]) for name in value}
        elif part == "sweep":
            found[part] = value
        else:
            found[part] = _replaced(value, (part,), names, failed, wrong)
    return found, wrong


def expressions(data: Any, key: KeyPath = ()) -> Iterator[KeyPath]:
    """Where expressions stand."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from expressions(value, (*key, name))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from expressions(value, (*key, i))
    elif is_expression(data):
        yield key


def _names(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[KeyPath, str]]]:
    names = {name: value for name, value in given.items() if not is_expression(value)}
    waiting = {name: value for name, value in given.items() if is_expression(value)}
    wrong: list[tuple[KeyPath, str]] = []
    while waiting:
        messages: dict[str, str] = {}
        for name, text in waiting.items():
            try:
                names[name] = evaluate(text, _numbers(names))
            except ConfigError as error:
                messages[name] = str(error)
        done = [name for name in waiting if name in names]
        if not done:
            circle = [
                name for name, text in messages.items() if any(f"parameter {other!r}" in text for other in waiting)
            ]
            for name, text in messages.items():
                about = f"parameters {', '.join(circle)} need each other: {text}" if name in circle else text
                wrong.append(((PARAMETERS, name), about))
            break
        for name in done:
            del waiting[name]
    return names, wrong


def _numbers(names: Mapping[str, Any]) -> dict[str, float]:
    return {name: v for name, v in names.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _replaced(value: Any, key: KeyPath, names: Mapping[str, Any], failed: set, wrong: list) -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(inner, (*key, name), names, failed, wrong) for name, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, (*key, i), names, failed, wrong) for i, inner in enumerate(value)]
    if not is_expression(value):
        return value
    try:
        return evaluate(value, _numbers(names))
    except ConfigError as error:
        if not any(f"parameter {name!r}" in str(error) for name in failed):  # its own message says why
            wrong.append((key, str(error)))
        return value


def told(wrong: list[tuple[KeyPath, str]], where: Any, prefix: KeyPath = ()) -> list[str]:
    """Messages with file, line and key. ``where`` is a document's method of that name."""
    return [f"{where((*prefix, *key))}: {dotted((*prefix, *key))}: {text}" for key, text in wrong]

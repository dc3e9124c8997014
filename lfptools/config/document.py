"""YAML files with the line of every key: what an error message needs to name the place."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from lfptools.errors import ConfigError

KeyPath = tuple[str | int, ...]

# YAML 1.1, which PyYAML reads, takes 1e-3 for a text and yes, no, on, off for truth values; YAML 1.2 does not.
_FLOAT = re.compile(
    r"^(?:[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)|[-+]?[0-9][0-9_]*\.[0-9_]*|[-+]?\.[0-9][0-9_]*"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_OWN = {"tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}


class _Loader(yaml.SafeLoader):
    """Numbers and truth values as in YAML 1.2."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _OWN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, list("tTfF"))


@dataclass
class Document:
    """What a YAML file holds, and on which line each key stands.

    ``included`` are documents that stand in place of a value (a cell or probe in a file of its own).
    """

    path: Path
    data: object
    lines: dict[KeyPath, int]
    included: dict[KeyPath, "Document"] = field(default_factory=dict)

    def where(self, key: KeyPath) -> str:
        """``file:line`` of a key, or of the nearest key above it that is in the file."""
        for length in range(len(key), 0, -1):
            inner = self.included.get(key[:length])
            if inner is not None:
                return inner.where(key[length:])
        for length in range(len(key), -1, -1):
            if key[:length] in self.lines:
                return f"{self.path}:{self.lines[key[:length]]}"
        return str(self.path)


def read(path: Path | str) -> Document:
    """Read a YAML file that holds a mapping.

    Raises
    ------
    ConfigError
        If the file cannot be read, is no YAML, repeats a key, or holds no mapping; names the file and the line.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        return _parsed(text, path)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{path}:{line}: is not YAML: the character {chr(error.character)!r} is not allowed"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{line}: is not YAML: {getattr(error, 'problem', None) or error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: is nested too deeply, or an alias (*name) stands inside what it names") from error


def value(text: str) -> object:
    """What one value of such a file stands for.

    Raises
    ------
    ConfigError
        If it is no YAML.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{text!r} is not YAML: {getattr(error, 'problem', None) or error}") from error


def _parsed(text: str, path: Path) -> Document:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(f"{path}: expected a mapping of keys to values, got {_describe(node)}")
        lines: dict[KeyPath, int] = {}
        repeated = _walk(node, (), lines, path)
        if repeated:
            raise ConfigError("\n".join(repeated))
        return Document(path, loader.construct_document(node), lines)
    finally:
        loader.dispose()


def dotted(key: KeyPath) -> str:
    """``inputs.epsp.at.section``, ``figures.map.sites[2]``."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _walk(node: yaml.Node, key: KeyPath, lines: dict[KeyPath, int], path: Path) -> list[str]:
    """Fill ``lines``; return messages about repeated keys and keys that are no text."""
    messages = []
    lines.setdefault(key, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            messages += _walk(item, (*key, i), lines, path)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for name, value in node.value:
            line = name.start_mark.line + 1
            if not isinstance(name, yaml.ScalarNode):
                messages.append(f"{path}:{line}: {dotted(key)}: a key must be a word, got {_describe(name)}")
                continue
            if name.value in seen:
                twice = dotted((*key, name.value))
                messages.append(f"{path}:{line}: key {twice!r} is given twice, first on line {seen[name.value]}")
            seen[name.value] = line
            lines[(*key, name.value)] = line
            messages += _walk(value, (*key, name.value), lines, path)
    return messages


def _describe(node: yaml.Node | None) -> str:
    if node is None:
        return "an empty file"
    return {"mapping": "a mapping", "sequence": "a list", "scalar": f"the value {str(node.value)[:40]!r}"}[node.id]

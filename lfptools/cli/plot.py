"""``lfptools plot``: a figure, a movie or a page from results that are there."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from lfptools.cli.codes import DONE
from lfptools.cli.outputs import refuse_unwritable
from lfptools.config import document
from lfptools.config.parameters import Parameters
from lfptools.config.registry import load
from lfptools.errors import ConfigError, unknown_name
from lfptools.io.results import StudyResults
from lfptools.plots.registry import FIGURES, FILES
from lfptools.plots.save import FORMATS, save_as
from lfptools.plots.usual import usual_picture

_EXPECTED: Final = "expected key=value, for example plane=xz or 'times=[10, 12]'"


def plot(source: Path, words: Sequence[str]) -> int:
    """Draw results and write the picture, complete or not at all.

    Parameters
    ----------
    source : path
        A study's folder of results, a case's folder in its ``data``, or a file in that.
    words : sequence of str
        A kind of :data:`FIGURES` or :data:`FILES`, by default the one that is usual for the file; a file to write,
        whose ending says the format (.svg, .pdf, .png of a figure; .gif, .mp4 of a movie; .html of a page), by default
        one here that is called like the source; and ``key=value``, the value as YAML, with keys of the kind in a study
        file.

    Raises
    ------
    ConfigError
        For an unknown kind or key, a value that is not legal, an ending that the kind does not make, or a file that
        would be replaced without having been named.
    """
    kinds = {**FIGURES, **FILES}
    kind, out, settings = _sorted(words)
    usual: dict[str, Any] = {}
    if kind is None:
        kind, usual = _usual(source)
    if kind not in kinds:
        raise ConfigError(unknown_name("kind", kind, kinds))
    found = load(kinds[kind])
    endings = getattr(found, "endings", tuple(f".{name}" for name in FORMATS))
    out = _output(source, out, kind, endings)
    parameters = _parameters(found.Parameters, kind, settings, usual)
    results = StudyResults.from_path(source)
    if kind in FILES:
        found(results, parameters, out)
    else:
        figure, numbers = found(results, parameters)
        about = {"kind": kind, "study": results.study, "caption": numbers.attrs["caption"]}
        save_as(figure, out, about | {"parameters": parameters.model_dump(mode="json", exclude_none=True)})
    sys.stdout.write(f"{out}\n")
    return DONE


def _sorted(words: Sequence[str]) -> tuple[str | None, Path | None, list[str]]:
    """Kind, file and settings among the words of the command; a word with a point is a file."""
    settings = [word for word in words if "=" in word]
    others = [word for word in words if "=" not in word]
    kind = others.pop(0) if others and not Path(others[0]).suffix else None
    if len(others) > 1:
        raise ConfigError(f"{others[1]!r}: {_EXPECTED}")
    return kind, Path(others[0]) if others else None, settings


def _usual(source: Path) -> tuple[str, dict[str, Any]]:
    if source.is_dir():
        kinds = ", ".join(sorted({**FIGURES, **FILES}))
        raise ConfigError(f"{source} is a folder: name a file in it, or a kind of picture: {kinds}")
    return usual_picture(source)


def _output(source: Path, out: Path | None, kind: str, endings: Sequence[str]) -> Path:
    """The file to write: it is of a legal ending, can be written, and replaces nothing that was not named."""
    if out is None:
        out = Path(f"{source.stem or source.resolve().name}{endings[0]}")
        if out.exists():
            raise ConfigError(f"{out} is here already: name the file to write")
    if out.suffix.lower() not in endings:
        raise ConfigError(f"{out}: a {kind} is written as {', '.join(endings)}; give a name with such an ending")
    refuse_unwritable(out)
    return out


def _parameters(model: type[Parameters], kind: str, settings: Sequence[str], usual: Mapping[str, Any]) -> Parameters:
    """Parameters from ``key=value``, above those that are usual for the file."""
    given: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise ConfigError(f"{setting!r}: {_EXPECTED}")
        if key in given:
            raise ConfigError(f"{key} is given twice")
        given[key] = document.value(value)
    try:
        return model(**{**usual, **given})
    except ValidationError as error:
        raise ConfigError("\n".join(_fault(one, kind, model) for one in error.errors(include_url=False))) from error


def _fault(error: Any, kind: str, model: type[Parameters]) -> str:
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return unknown_name("key", key, model.model_fields, where=f"kind {kind}")
    if error["type"] == "missing":
        return f"kind {kind}: {key}=… is needed"
    return f"kind {kind}: {key or 'keys'}: {error['msg']}, got {error['input']!r}"

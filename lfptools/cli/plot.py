"""``lfptools plot``: a figure, a movie or a page from results that are there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lfptools.config import document
from lfptools.config.parameters import Parameters
from lfptools.config.registry import load
from lfptools.errors import ConfigError, unknown_name
from lfptools.io.results import StudyResults
from lfptools.plots.registry import FIGURES, FILES
from lfptools.plots.save import FORMATS, save_as


def plot(source: Path, out: Path, kind: str, settings: Sequence[str]) -> int:
    """Draw what ``kind`` says and write it to ``out``, complete or not at all.

    Parameters
    ----------
    source : path
        A study's folder of results, a case's folder in its ``data``, or a file in that.
    out : path
        Its ending says the format: .svg, .pdf, .png of a figure; .gif, .mp4 of a movie; .html of a page.
    kind : str
        Of :data:`FIGURES` or :data:`FILES`.
    settings : sequence of str
        ``key=value``, the value as YAML; the keys are those of the kind in a study file.

    Raises
    ------
    ConfigError
        For an unknown kind or key, a value that is not legal, or an ending that the kind does not make.
    """
    kinds = {**FIGURES, **FILES}
    if kind not in kinds:
        raise ConfigError(unknown_name("kind", kind, kinds))
    found = load(kinds[kind])
    endings = getattr(found, "endings", tuple(f".{name}" for name in FORMATS))
    if out.suffix.lower() not in endings:
        raise ConfigError(f"{out}: a {kind} is written as {', '.join(endings)}; give a name with such an ending")
    parameters = _parameters(found.Parameters, kind, settings)
    results = StudyResults.from_path(source)
    if kind in FILES:
        found(results, parameters, out)
        return 0
    figure, numbers = found(results, parameters)
    about = {"kind": kind, "study": results.study, "caption": numbers.attrs["caption"]}
    save_as(figure, out, about | {"parameters": parameters.model_dump(mode="json", exclude_none=True)})
    return 0


def _parameters(model: type[Parameters], kind: str, settings: Sequence[str]) -> Parameters:
    given: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise ConfigError(f"{setting!r}: expected key=value, for example plane=xz or 'times=[10, 12]'")
        if key in given:
            raise ConfigError(f"{key} is given twice")
        given[key] = document.value(value)
    try:
        return model(**given)
    except ValidationError as error:
        raise ConfigError("\n".join(_fault(one, kind, model) for one in error.errors(include_url=False))) from error


def _fault(error: Any, kind: str, model: type[Parameters]) -> str:
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return unknown_name("key", key, model.model_fields, where=f"kind {kind}")
    if error["type"] == "missing":
        return f"kind {kind}: {key}=… is needed"
    return f"kind {kind}: {key or 'keys'}: {error['msg']}, got {error['input']!r}"

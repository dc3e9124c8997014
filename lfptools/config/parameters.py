"""Parameter classes: what a registry's entry may be given, as closed and typed models."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

F = TypeVar("F", bound=Callable)

FileName = Annotated[str, Field(min_length=1)]
"""Type of a parameter that names a file; its key must be one by :func:`names_file`."""


def names_file(key: str) -> bool:
    """Whether the value of this key is the name of a file: ``file``, and what ends in ``_file``.

    A study looks such files up, and their content is part of the result's key.
    """
    return key == "file" or key.endswith("_file")


class Parameters(BaseModel):
    """Base of all configuration models: unknown keys, NaN and infinities are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)

    def files(self) -> dict[str, str]:
        """Key to the file that it names, of this block's own keys."""
        named = {key: getattr(self, key) for key in type(self).model_fields if names_file(key)}
        return {key: name for key, name in named.items() if name is not None}

    def portable(self) -> Any:
        """A copy in which files are called by their names alone: where they lie depends on the machine."""
        return self.model_copy(update={key: Path(name).name for key, name in self.files().items()})


def plain(model: BaseModel) -> dict[str, Any]:
    """The model as plain data of JSON, without keys that are None and have no other default.

    A None that takes the place of a default stays: without it the default would come back when the data are read.
    """
    return pruned(model, model.model_dump(mode="json"))


def pruned(value: Any, dumped: Any) -> Any:
    """As :func:`plain`, of any value of a model and its dump."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        kept = [name for name in dumped if dumped[name] is not None or fields[name].get_default() is not None]
        return {name: pruned(getattr(value, name), dumped[name]) for name in kept}
    if isinstance(value, Mapping):
        return {str(name): pruned(inner, dumped[str(name)]) for name, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [pruned(*pair) for pair in zip(value, dumped, strict=True)]
    return dumped


def with_parameters(parameters: type[Parameters]) -> Callable[[F], F]:
    """Attach a parameter class to a registry's function, where the study schema finds it as ``.Parameters``."""

    def attach(function: F) -> F:
        function.Parameters = parameters
        return function

    return attach

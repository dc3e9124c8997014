"""Parameter classes: what a registry's entry may be given, as closed and typed models."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

F = TypeVar("F", bound=Callable)


class Parameters(BaseModel):
    """Base of all configuration models: unknown keys, NaN and infinities are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)


def with_parameters(parameters: type[Parameters]) -> Callable[[F], F]:
    """Attach a parameter class to a registry's function, where the study schema finds it as ``.Parameters``."""

    def attach(function: F) -> F:
        function.Parameters = parameters
        return function

    return attach

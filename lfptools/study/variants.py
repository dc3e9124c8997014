"""Blocks of a study whose keys depend on a registry's entry: probes, signals, figures, claims.

``{kind: grid, x_um: …}`` is read by a model made of the entry's own parameter class and the key that names it.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, create_model

from lfptools.config.parameters import Parameters
from lfptools.config.registry import load


class Variant(Parameters):
    """Base of the models that :func:`variants` makes; ``suffix`` tells apart the models of two bases."""

    suffix: ClassVar[str] = ""

    def own(self, parameters: type[Parameters]) -> Parameters:
        """Those of the values that belong to the entry's own parameter class."""
        return parameters(**{name: getattr(self, name) for name in parameters.model_fields})


def variants(
    registry: Mapping[str, str],
    key: str,
    base: type[Variant] = Variant,
    more: Callable[[object], dict[str, Any]] | None = None,
) -> Any:
    """A union over the registry's entries, told apart by ``key``.

    Parameters
    ----------
    registry : mapping of str to str
        Name to "module:object"; the object carries ``Parameters``.
    key : str
        The YAML key that holds the name.
    base : type
        Model with further keys that every entry accepts.
    more : callable, optional
        From an entry's object to further fields, as :func:`pydantic.create_model` takes them.

    Raises
    ------
    ValueError
        If an entry's parameter has the name of a key of the block.
    """
    models = [_variant(name, load(entry), key, base, more) for name, entry in registry.items()]
    union = models[0] if len(models) == 1 else reduce(or_, models)
    return Annotated[union, Field(discriminator=key)] if len(models) > 1 else union


def _variant(name: str, entry: Any, key: str, base: type[Variant], more: Callable | None) -> type[Parameters]:
    parameters = entry.Parameters
    fields = {key: (Literal[name], ...), **(more(entry) if more else {})}
    taken = (set(base.model_fields) | set(fields)) & set(parameters.model_fields)
    if taken:
        raise ValueError(f"registry entry {name!r}: its parameters {sorted(taken)} are keys of the block itself")
    text = (parameters.__doc__ or "").strip().splitlines()
    title = f"{name}_{key}{base.suffix}"
    return create_model(title, __base__=(base, parameters), __doc__=text[0] if text else None, **fields)

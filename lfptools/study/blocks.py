"""The parts of experiments (``cell``, ``run``, ``inputs`` …), each checked, written out and hashed once.

The cases of a sweep differ in one or two parts; what they share is the same object. So a sweep of ten thousand cases
costs what its differences cost.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError, create_model

from lfptools.config.parameters import Parameters, pruned
from lfptools.provenance.files import content_hash
from lfptools.study.files import portable
from lfptools.study.model import experiment_fields, experiment_model

MISSING: Any = object()


@dataclass(frozen=True, eq=False)
class Block:
    """One part of an experiment.

    Parameters
    ----------
    value : object
        What the study's model has for it.
    config : object
        The same as plain data, every default filled in.
    """

    name: str
    value: Any
    config: Any

    @cached_property
    def plain(self) -> Any:
        """Plain data without keys that hold nothing by default."""
        return pruned(self.value, self.config)

    @cached_property
    def portable(self) -> Any:
        """The same, files by their names alone."""
        return portable({self.name: self.plain})[self.name]

    @cached_property
    def hash(self) -> str:
        """Of :attr:`portable`."""
        return content_hash(self.portable)


class Blocks:
    """The blocks that have been made so far, found again by what they were made from."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, int], tuple[Any, Block]] = {}
        self._equal: dict[tuple[str, str], Block] = {}

    def of(self, data: Mapping[str, Any]) -> dict[str, Block]:
        """Every part of an experiment.

        Raises
        ------
        pydantic.ValidationError
            Of the whole experiment, if a part is wrong.
        """
        found = {}
        for name in experiment_fields():
            if name == "sweep":
                continue
            given = data.get(name, MISSING)
            key = (name, id(given))
            if key not in self._made:
                try:
                    self._made[key] = (given, self._new(name, given))  # kept, so that its id stays its own
                except ValidationError:
                    experiment_model().model_validate(dict(data))  # the same error, as the file has its keys
                    raise
            found[name] = self._made[key][1]
        unknown = set(data) - set(experiment_fields())
        if unknown:
            experiment_model().model_validate(dict(data))
        return found

    def _new(self, name: str, given: Any) -> Block:
        text = "" if given is MISSING else json.dumps(given, sort_keys=True, default=repr)
        if (name, text) not in self._equal:
            self._equal[name, text] = _block(name, given)
        return self._equal[name, text]


def model_of(blocks: Mapping[str, Block]) -> Parameters:
    """The experiment that blocks make up."""
    return experiment_model().model_construct(**{name: block.value for name, block in blocks.items()}, sweep=None)


def _block(name: str, given: Any) -> Block:
    value = getattr(_part(name).model_validate({} if given is MISSING else {name: given}), name)
    return Block(name, value, _plain(name).dump_python(value, mode="json"))


@cache
def _part(name: str) -> type[BaseModel]:
    return create_model(f"Only_{name}", __base__=Parameters, **{name: experiment_fields()[name]})


@cache
def _plain(name: str) -> TypeAdapter:
    return TypeAdapter(experiment_fields()[name][0])

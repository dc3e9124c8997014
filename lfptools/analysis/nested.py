"""Measures that are named inside the parameters of another measure or figure."""

from typing import Any

from pydantic import ValidationError

from lfptools.analysis.registry import MEASURES
from lfptools.config.registry import load
from lfptools.errors import unknown_name


def case_measure(name: str, parameters: dict[str, Any]) -> tuple[Any, Any]:
    """A measure of single cases by its name, and its parameters.

    Raises
    ------
    ValueError
        For an unknown name, a measure that looks at several cases together, or parameters that it has not.
    """
    if name not in MEASURES or not hasattr(load(MEASURES[name]), "of_case"):
        legal = [one for one, entry in MEASURES.items() if hasattr(load(entry), "of_case")]
        raise ValueError(unknown_name("measure of single cases", name, legal))
    found = load(MEASURES[name])
    try:
        return found, found.Parameters(**parameters)
    except ValidationError as error:
        faults = [f"parameters.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise ValueError("; ".join(faults)) from error

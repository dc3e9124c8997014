"""Keys whose value is one of the names of a table."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from lfptools.errors import unknown_name


def one_of(what: str, table: Mapping[str, object]) -> Any:
    """Type of a key that takes a name of ``table``; another one is an error that says the nearest.

    Parameters
    ----------
    what : str
        What it is the name of, for the message.
    table : mapping
        Name to anything.
    """

    def known(value: str) -> str:
        if value not in table:
            raise ValueError(unknown_name(what, value, table))
        return value

    return Annotated[str, AfterValidator(known), WithJsonSchema({"type": "string", "enum": sorted(table)})]

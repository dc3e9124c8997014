"""A place on a cell, as a study says it."""

from pydantic import Field

from lfptools.config.parameters import Parameters


class At(Parameters):
    """A place on the cell: a section's exact name and the normalised position along it."""

    section: str = Field(min_length=1)
    fraction: float = Field(0.5, ge=0.0, le=1.0)

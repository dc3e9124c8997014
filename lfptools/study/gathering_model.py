"""What a study says of cases that are taken together."""

from pydantic import Field

from lfptools.config.parameters import Parameters


class Gathering(Parameters):
    """Which cases are taken together: all of an experiment that differ in ``over`` alone make one gathered case.

    Figures and claims name it like an experiment, its results like signals or analyses.
    """

    experiment: str = Field(description="whose cases are gathered")
    over: list[str] | None = Field(
        None, min_length=1, description="swept keys that the gathered cases differ in; by default all, so there is one"
    )

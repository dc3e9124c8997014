"""Velocity of a spike between two places on the cell."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from lfptools.analysis.firing import SpikesParameters, spike_times
from lfptools.analysis.measure import CaseSelector, measure
from lfptools.analysis.selection import Site, Trace, site_position, trace
from lfptools.errors import MeasureError

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults


class VelocityParameters(SpikesParameters, CaseSelector):
    """First crossings at two recorded sites, and the distance between them."""

    site: None = Field(None, description="not used: see sites")
    sites: tuple[Site, Site]
    distance_um: float | None = Field(
        None, gt=0.0, description="by default along the section if both sites are on one, otherwise straight"
    )


@measure(VelocityParameters, unit="m s-1")
def velocity(case: "CaseResults", p: VelocityParameters) -> float:
    """Distance over the difference of first crossing times, m/s; negative if the spike runs from the second site.

    Raises
    ------
    MeasureError
        If a site is not reached, or both are crossed at the same time.
    """
    times, names = [], []
    for site in p.sites:
        times.append(first_crossing(case, p, site))
        names.append(trace(case, variable=p.variable, site=site).site)
    if times[0] == times[1]:
        raise MeasureError(f"both sites cross {p.threshold_mV:g} mV at {times[0]:g} ms: no velocity can be measured")
    distance = p.distance_um if p.distance_um is not None else distance_between(case, names[0], names[1])
    return distance / (times[1] - times[0]) * 1e-3  # um/ms is 1e-3 m/s


def first_crossing(case: "CaseResults", p: SpikesParameters, site: Site) -> float:
    """Time of the first crossing at a site, ms."""
    times = spike_times(case, p.model_copy(update={"site": site}))
    if not times.size:
        found: Trace = trace(case, variable=p.variable, site=site)
        raise MeasureError(
            f"{found.name!r} at {found.site!r} never crosses {p.threshold_mV:g} mV; its maximum is "
            f"{found.values.max():.4g} {found.units}"
        )
    return float(times[0])


def distance_between(case: "CaseResults", a: str, b: str) -> float:
    """Distance between the segments at two sites in µm: along the section if it is the same one, otherwise straight.

    Segments are where the potential is computed: their middles count, not the fractions by which they were named.

    Raises
    ------
    MeasureError
        If both are the same segment.
    """
    (section_a, along_a, at_a), (section_b, along_b, at_b) = site_position(case, a), site_position(case, b)
    distance = abs(along_b - along_a) if section_a == section_b else float(np.linalg.norm(at_b - at_a))
    if distance == 0.0:
        raise MeasureError(f"the sites {a!r} and {b!r} are the same segment: no velocity can be measured")
    return distance

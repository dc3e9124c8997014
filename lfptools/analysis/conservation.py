"""Conservation of current: what leaves a cell through its membrane was injected."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from lfptools.analysis.measure import CaseSelector, measure
from lfptools.errors import MeasureError

if TYPE_CHECKING:
    from lfptools.io.results import CaseResults

BLOCK_BYTES = 2**25


class ConservationParameters(CaseSelector):
    """The worst of all selected cases by default."""

    over_cases: Literal["one", "smallest", "largest"] = Field(
        "largest", description="which number counts, of several cases"
    )


@measure(ConservationParameters, unit="nA")
def conservation(case: "CaseResults", p: ConservationParameters) -> float:
    """Largest |Σ membrane currents − Σ currents of physical electrodes| over all recorded times, nA.

    Both the sum that was kept while the cell ran and, where the currents themselves were kept, their sum taken anew
    count. Currents are read in blocks, so a file may be larger than memory.

    Raises
    ------
    MeasureError
        If the run holds neither.
    """
    run = case.run
    worst = []
    if "net_current" in run:
        worst.append(float(np.abs(run["net_current"].values).max()))
    if "membrane_current" in run:
        physical = run["electrode_stands_for"].values == "electrode" if "electrode_stands_for" in run else slice(None)
        current = run["membrane_current"]
        step = max(1, BLOCK_BYTES // (8 * current.sizes["segment"]))
        for start in range(0, run.sizes["t"], step):
            block = slice(start, start + step)
            total = current.isel(t=block).transpose("segment", "t").values.sum(axis=0)
            if "electrode_current" in run:
                injected = run["electrode_current"].isel(t=block).transpose("electrode", "t").values
                total = total - injected[physical].sum(axis=0)
            worst.append(float(np.abs(total).max()))
    if not worst:
        raise MeasureError(f"run of case {case.label!r} has neither net_current nor membrane_current")
    return float(np.max(worst))

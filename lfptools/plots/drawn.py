"""Collects the numbers that a figure draws into the dataset that is stored beside it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lfptools.analysis.selection import Trace
from lfptools.units import attrs

if TYPE_CHECKING:
    import xarray as xr


class Drawn:
    """Numbers of a figure, added as they are drawn; :meth:`dataset` hands them over with the caption."""

    def __init__(self) -> None:
        self._variables: dict[str, tuple] = {}
        self._coords: dict[str, tuple] = {}

    def add(self, name: str, dims: str | Sequence[str], values: object, units: str, long_name: str) -> None:
        """Add a variable; ``dims`` as xarray's, a name or several. Nothing drawn (no spike, say) adds no variable."""
        dims = (dims,) if isinstance(dims, str) else tuple(dims)
        array = np.asarray(values, dtype=float)
        if not array.size:
            return
        self._variables[name] = (dims, array, {"units": units, "long_name": long_name})

    def labels(self, dim: str, names: Sequence[str]) -> None:
        """Add ids ``<dim>_id`` of the rows of a dimension."""
        self._coords[f"{dim}_id"] = (
            (dim,),
            np.asarray([str(name) for name in names]),
            {"long_name": f"id of the {dim}"},
        )

    def traces(self, name: str, traces: Sequence[Trace], units: str, long_name: str, ids: Sequence[str]) -> None:
        """Add traces (already in ``units``): one variable if they share their times, otherwise one for each."""
        first = traces[0].t
        if all(np.array_equal(trace.t, first) for trace in traces):
            dim = self._time(name, first)
            values = np.stack([trace.values for trace in traces])
            self.add(name, (f"{name}_line", dim), values, units, long_name)
            self.labels(f"{name}_line", ids)
            return
        for i, (trace, key) in enumerate(zip(traces, ids, strict=True)):
            dim = self._time(f"{name}_{i}", trace.t)
            self.add(f"{name}_{i}", dim, trace.values, units, f"{long_name}: {key}")

    def _time(self, name: str, t: np.ndarray) -> str:
        """Name of a dimension with these times: the shared ``t`` while all agree, otherwise one of its own."""
        if "t" not in self._coords and (np.diff(t) > 0).all():
            self._coords["t"] = (("t",), t, attrs("t"))
        if "t" in self._coords and np.array_equal(self._coords["t"][1], t):
            return "t"
        dim = f"{name}_sample"
        self.add(f"{name}_t", dim, t, "ms", "time")
        return dim

    @property
    def names(self) -> list[str]:
        """Names of the variables so far."""
        return list(self._variables)

    def dataset(self, caption: str) -> "xr.Dataset":
        """The numbers, with the caption as an attribute."""
        import xarray as xr

        return xr.Dataset(self._variables, coords=self._coords, attrs={"caption": caption})

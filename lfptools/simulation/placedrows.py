"""Currents and potentials of what is placed on a cell, in one run."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from lfptools.errors import CellError
from lfptools.simulation import outputs
from lfptools.simulation.labels import placed_coords
from lfptools.simulation.placing import Placed, is_electrode


class PlacedRows:
    """Rows, outputs and labels of a cell's synapses, electrodes and places.

    Electrodes are all that inject current into its segments, those that somebody placed with NEURON itself among them:
    the sum of membrane currents is known to be what they inject.

    Attributes
    ----------
    references : dict of str to list
        NEURON references to record.
    outputs : list of Output
        ``synapse_current``, ``electrode_potential``, …; NaN where it was not asked for.
    injecting : numpy.ndarray
        Rows of ``electrode_current`` that are currents of physical electrodes.
    stand_ins : (numpy.ndarray, numpy.ndarray)
        Rows of ``electrode_current`` that stand for synapses, and their segments.
    """

    def __init__(self, cell):
        self._cell = cell
        placed = cell.placed
        electrodes = [one for one in placed if not (one.is_synapse or one.is_place)]
        self._rows = {
            "synapse": [one for one in placed if one.is_synapse and (one.record_current or one.record_potential)],
            "electrode": [
                one
                for one in (*electrodes, *_electrodes_of_others(cell, electrodes))
                if (one.is_electrode and one.kept) or one.record_current or one.record_potential
            ],
            "place": [one for one in placed if one.is_place and one.record_potential],
        }
        self.references: dict[str, list] = {}
        self.outputs: list[outputs.Output] = []
        silent = [one for one in electrodes if one.is_electrode and one not in self._rows["electrode"]]
        for dim, rows in self._rows.items():
            _refuse_twins(dim, rows)
            self._plan(f"{dim}_current", dim, [_current_of(one) if _has_current(one) else None for one in rows])
            voltages = [cell.segment(one.idx)._ref_v if one.record_potential else None for one in rows]
            self._plan(f"{dim}_potential", dim, voltages)
        injected = [one for one in self._rows["electrode"] if _has_current(one)] + silent
        if silent:
            self.references.setdefault("electrode_current", []).extend(_current_of(one) for one in silent)
        self.injecting = np.flatnonzero([one.is_electrode and one.stands_for == "electrode" for one in injected])
        stands = np.flatnonzero([one.stands_for == "synapse" for one in injected])
        self.stand_ins = stands, np.array([injected[row].idx for row in stands], dtype=np.int64)

    def _plan(self, name: str, dim: str, references: Sequence) -> None:
        """One row for each of a dimension; NaN where there is no reference."""
        having = np.array([reference is not None for reference in references], dtype=bool)
        if not having.any():
            return
        self.references[name] = [reference for reference in references if reference is not None]

        count = int(having.sum())  # rows behind these are of electrodes whose currents are not kept

        def compute(rows: outputs.Rows) -> np.ndarray:
            if having.all():
                return rows[name][:count]
            values = np.full((having.size, rows[name].shape[1]), np.nan)
            values[having] = rows[name][:count]
            return values

        self.outputs.append(outputs.Output(name, compute, dim, outputs.unit_attrs(name)))

    def coords(self) -> dict[str, tuple]:
        """Labels of the dimensions that there are."""
        coords: dict[str, tuple] = {}
        for dim, rows in self._rows.items():
            if rows:
                coords |= placed_coords(dim, rows, self._cell.segments)
        if self._rows["electrode"]:
            rows = self._rows["electrode"]
            stands = np.array([one.stands_for if one.is_electrode else "synapse" for one in rows], dtype=object)
            about = "what its current is counted as: of a physical electrode, or of a synapse's membrane current"
            coords["electrode_stands_for"] = ("electrode", stands, {"long_name": about})
        return coords

    def keep_results(self, values: dict[str, np.ndarray]) -> None:
        """Hand to each handle what it has asked for."""
        for dim, rows in self._rows.items():
            for k, one in enumerate(rows):
                wanted = {"i": (f"{dim}_current", one.record_current), "v": (f"{dim}_potential", one.record_potential)}
                one.results = {short: values[name][k] for short, (name, asked) in wanted.items() if asked}
        recorded = [one for rows in self._rows.values() for one in rows]
        for one in self._cell.placed:
            if all(one is not other for other in recorded):
                one.results = {}


def _refuse_twins(dim: str, rows: Sequence[Placed]) -> None:
    counted = Counter(one.name for one in rows if one.name is not None)
    twins = sorted(name for name, count in counted.items() if count > 1)
    if twins:
        raise CellError(f"two {dim}s that are recorded are called {twins[0]!r}: give each a name of its own, or None")


def _electrodes_of_others(cell, own: Sequence[Placed]) -> list[Placed]:
    """What injects current into the cell's segments and was not placed through it."""
    return [
        Placed.of_others(process, idx)
        for idx, segment in enumerate(cell.neuron_segments())
        for process in electrodes_on(segment)
        if not any(process == one.hoc for one in own)
    ]


def electrodes_on(segment) -> list:
    """NEURON's point processes on a segment that inject current."""
    return [process for process in segment.point_processes() if is_electrode(process.hname().partition("[")[0])]


def _has_current(placed: Placed) -> bool:
    return placed.is_electrode or placed.record_current


def _current_of(placed: Placed):
    try:
        return placed.hoc._ref_i
    except AttributeError as error:
        raise CellError(f"{placed.kind} has no current 'i' to record") from error

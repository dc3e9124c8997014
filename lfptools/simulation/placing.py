"""Point processes that a cell owns: placed on its segments, everything checked first."""

import re
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from neuron import h

from lfptools.errors import CellError, unknown_name
from lfptools.simulation.mechanisms import (
    point_process_parameters,
    point_processes,
    range_parameters,
    require_mechanism,
)

_ELECTRODES = frozenset({"IClamp", "SEClamp", "VClamp"})
_PLACE = "place"


@dataclass(eq=False)
class Placed:
    """A point process that a cell owns. Holds no reference to the cell.

    ``name`` is what it is called in datasets. ``kept`` says whether an electrode's current is part of a run's results;
    it is recorded in any case, for the sum of membrane currents is known from it. ``played`` is the vector of what it
    injects.
    """

    hoc: object
    kind: str
    idx: int
    parameters: dict[str, object]
    record_current: bool
    record_potential: bool
    is_electrode: bool
    is_synapse: bool
    name: str | None = None
    stands_for: str = "electrode"
    kept: bool = True
    played: object = None
    weight: float | None = None
    connection: object = None
    stimulus: object = None
    spike_times: np.ndarray = field(default_factory=lambda: np.zeros(0))
    results: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of_others(cls, hoc, idx: int) -> "Placed":
        """An electrode that somebody placed with NEURON itself on the segment of this index."""
        return cls(
            hoc=hoc, kind=hoc.hname().partition("[")[0], idx=idx, parameters={}, record_current=False,
            record_potential=False, is_electrode=True, is_synapse=False,
        )  # fmt: skip

    @property
    def is_place(self) -> bool:
        """Whether it is a mere place, with no point process of NEURON's."""
        return self.kind == _PLACE

    def events(self) -> list[tuple[object, float]]:
        """What the engine delivers in a run of this cell."""
        return [(self.connection, float(when)) for when in self.spike_times]

    def __getstate__(self) -> dict[str, object]:
        """Without NEURON's objects, which cannot be pickled."""
        return {**self.__dict__, "hoc": None, "connection": None, "stimulus": None, "played": None}

    def release(self) -> None:
        """Let go of the NEURON objects, connections first: they must not outlive what they point to."""
        self.connection = self.stimulus = self.played = self.hoc = None


def place(
    cell, idx: int, kind: str | None, parameters: dict, record_current: bool, record_potential: bool, is_synapse: bool
) -> Placed:
    """Put a point process on a cell, which owns it from then on; everything is checked first."""
    segment = cell.segment(idx)
    if kind is None:
        if parameters or record_current:
            raise CellError(
                f"a PointProcess without pptype has no parameters {sorted(parameters)} and no current to record: give "
                "pptype, or use Synapse or StimIntElectrode"
            )
        hoc = None
    else:
        hoc = _made(segment, kind, parameters)
    placed = Placed(
        hoc=hoc, kind=kind or _PLACE, idx=int(np.ravel(idx)[0]), parameters=dict(parameters),
        record_current=bool(record_current), record_potential=bool(record_potential),
        is_electrode=kind is not None and is_electrode(kind), is_synapse=is_synapse,
    )  # fmt: skip
    cell.placed.append(placed)
    return placed


def _made(segment, kind: str, parameters: dict):
    """NEURON's point process with its parameters set."""
    require_mechanism(kind)
    if kind not in point_processes():
        raise CellError(f"{kind} is a density mechanism: it is inserted in sections, not placed on a segment")
    legal = point_process_parameters(kind)
    for name in parameters:
        if name not in legal:
            raise CellError(unknown_name(f"parameter of {kind}", name, legal))
    values = {name: _value(kind, name, value, legal[name]) for name, value in parameters.items()}
    hoc = getattr(h, kind)(segment)
    _refuse_what_neuron_clamps(hoc, kind, values)
    for name, value in values.items():
        if legal[name] == 1:
            setattr(hoc, name, value)
        else:
            for k, number in enumerate(value):
                getattr(hoc, name)[k] = number
    return hoc


def _refuse_what_neuron_clamps(hoc, kind: str, values: dict[str, float | list[float]]) -> None:
    """Exp2Syn sets tau1 to 0.9999 tau2 by itself where it is larger, and no time constant may be 0 or less."""
    if kind not in ("ExpSyn", "Exp2Syn"):
        return
    taus = {name: values.get(name, getattr(hoc, name)) for name in range_parameters(kind) if name.startswith("tau")}
    for name, value in taus.items():
        if not value > 0:
            raise CellError(f"{kind}.{name} must be > 0 ms, got {value:g}")
    if kind == "Exp2Syn" and taus["tau1"] > 0.9999 * taus["tau2"]:
        raise CellError(
            f"Exp2Syn rises faster than it decays: tau1 < tau2 is needed, got tau1 = {taus['tau1']:g} and "
            f"tau2 = {taus['tau2']:g} ms (NEURON would set tau1 to 0.9999 tau2)"
        )


def _value(kind: str, name: str, value: object, size: int) -> float | list[float]:
    """A parameter's value, one number or up to ``size`` of them."""
    if size == 1:
        return number(f"{kind}.{name}", value)
    values = np.atleast_1d(np.asarray(value, dtype=float))
    if values.ndim != 1 or values.size > size or not np.isfinite(values).all():
        raise CellError(f"{kind}.{name} takes up to {size} finite numbers, got {value!r}")
    return values.tolist()


def number(what: str, value: object) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise CellError(f"{what} must be a finite number, got {value!r}")
    return number


@cache
def receives_events(kind: str) -> bool:
    """Whether a NetCon can end at a point process of this kind."""
    catalogue = h.MechanismType(1)
    catalogue.select(kind)
    return bool(catalogue.is_netcon_target(int(catalogue.selected())))


@cache  # it reads the mod file's text, some milliseconds
def is_electrode(kind: str) -> bool:
    """Whether NEURON counts the point process's current as injected: its mod file says ELECTRODE_CURRENT."""
    if kind in _ELECTRODES:
        return True
    catalogue = h.MechanismType(1)
    catalogue.select(kind)
    return bool(re.search(r"^\s*[^:]*\bELECTRODE_CURRENT\b", catalogue.code() or "", re.MULTILINE))

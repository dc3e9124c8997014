"""What of a loaded hoc model cannot be carried: found in its text, in NEURON's lists, and by initialising a copy."""

import contextlib
import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from neuron import h

from lfptools.geometry.hoc_files import definitions, mentions, reachable
from lfptools.simulation.mechanisms import (
    density_mechanisms,
    global_parameters,
    mechanism_text,
    point_processes,
    range_parameters,
)
from lfptools.simulation.state import mechanism_globals

# The procedures of NEURON's stdrun.hoc between run() and fadvance().
_RUN = frozenset({"run", "init", "stdinit", "stdrun", "advance", "continuerun", "continueRun", "step", "steprun"})
_LISTED = {
    "initialize_handlers": "FInitializeHandler",
    "linear_mechanisms": "LinearMechanism",
    "state_transitions": "StateTransitionEvent",
}
_PLAYS = r"\w+(?:\[[^\]\n]*\])*\.play\s*\("
_POINTER = re.compile(r"\b(?:BBCORE)?POINTER\s+(\w+(?:\s*,\s*\w+)*)")
_NMODL_COMMENT = re.compile(r"\bCOMMENT\b.*?\bENDCOMMENT\b|[:?][^\n]*", re.DOTALL)
_SOLVERS_OWN = frozenset({"i_membrane", "sav_g", "sav_rhs"})  # of extracellular
_EQUAL = 1e-9


class Loss(NamedTuple):
    """One thing that cannot be carried: its kind, a name of :data:`.losses.LOSSES`, and what and where it is.

    ``mechanism`` is the density mechanism that the copies do without.
    """

    kind: str
    what: str
    mechanism: str | None = None


class Before:
    """What the process had before the model was loaded."""

    def __init__(self) -> None:
        self._listed = {template: _names(template) for template in _LISTED.values()}
        self._mechanisms = {*density_mechanisms(), *point_processes()}
        self._globals = mechanism_globals()
        self._arrays = _global_arrays()

    def new(self, template: str) -> list[str]:
        """Names of the objects of a template that came since."""
        return sorted(_names(template) - self._listed.get(template, set()))

    def built(self, mechanism: str) -> bool:
        """Whether a mechanism came since."""
        return mechanism not in self._mechanisms

    def changed_globals(self, mechanisms: Sequence[str], v_init: float) -> dict[str, float]:
        """GLOBALs of some mechanisms with other values than before, apart from those that initialisation sets."""
        changed = {}
        for name in dict.fromkeys(one for mechanism in mechanisms for one in global_parameters(mechanism)):
            before = self._globals.get(name)
            now = getattr(h, name)
            if before is None or now == before:
                continue
            setattr(h, name, before)
            h.finitialize(v_init)
            if getattr(h, name) == before:
                changed[name] = now
            setattr(h, name, now)
        return changed

    def changed_arrays(self) -> list[str]:
        """GLOBAL arrays with other values than before."""
        return sorted(name for name, values in _global_arrays().items() if values != self._arrays.get(name, values))


def in_text(file: Path, folder: Path) -> Iterator[Loss]:
    """What only the text of the hoc files tells."""
    texts = reachable(file, folder)
    for name, place, line in definitions(texts):
        if name in _RUN:
            yield Loss("run_procedures", f"{name}() in {_place(place, folder, line)}")
    for text, place, line in mentions(texts, r"\b(?:source_var|target_var)\s*\("):
        yield Loss("gap_junctions", f"{text.rstrip('( ')} in {_place(place, folder, line)}")
    if _names("Random"):
        for text, place, line in mentions(texts, _PLAYS):
            yield Loss("played_vectors", f"{text})… in {_place(place, folder, line)}, which may be a Random's")


def in_process(sections: Sequence, before: Before) -> Iterator[Loss]:
    """What NEURON's lists tell, apart from point processes."""
    for kind, template in _LISTED.items():
        yield from (Loss(kind, name) for name in before.new(template))
    own = set(sections)
    others = [section.name() for section in h.allsec() if section not in own]
    if others:
        yield Loss("other_trees", _some(others))
    for connection in connections_of(sections):
        yield Loss("connections", f"{connection}: {_end(connection.preseg(), connection.pre())} → {connection.syn()}")
    for name in mechanisms_of(sections):
        if before.built(name):
            yield Loss("built_channels", name, name)
        for pointer in pointers(name):
            yield Loss("pointers", f"{pointer} of {name}", name)
    yield from (Loss("global_arrays", name) for name in before.changed_arrays())
    if getattr(sys.modules.get("neuron.rxd.species"), "_all_species", ()):
        yield Loss("reaction_diffusion", "neuron.rxd has species")


def played(v_init: float) -> Iterator[Loss]:
    """Vectors that are played: they wait in the queue of events of an initialised model."""
    told = io.StringIO()
    h.finitialize(v_init)
    with contextlib.redirect_stdout(told):
        h.CVode().print_event_queue()
    for how, vector in dict.fromkeys(re.findall(r"(VecPlay\w+) (\w+\[\d+\])", told.getvalue())):
        yield Loss("played_vectors", f"{vector} ({how})")


def stop_playing() -> None:
    """Play no Vector any more."""
    vectors = h.List("Vector")
    for k in range(int(vectors.count())):
        vectors.o(k).play_remove()


def hand_set(originals: Sequence, copies: Sequence, v_init: float) -> Iterator[Loss]:
    """Variables that differ between initialised sections and their initialised copies."""
    h.finitialize(v_init)
    found: dict[str, list[str]] = {}
    for original, copy in zip(originals, copies, strict=True):
        for name in mechanisms_of([original]):
            for here, there in zip(original, copy, strict=True):
                for variable in _differing(name, here, there):
                    found.setdefault(variable, []).append(str(here))
    for variable, places in found.items():
        yield Loss("hand_set_states", f"{variable} in {_some(places)}")


def connections_of(sections: Sequence) -> list:
    """NetCons with a target that begin or end in some sections."""
    own, everyone = set(sections), h.List("NetCon")
    found = []
    for k in range(int(everyone.count())):
        connection = everyone.o(k)
        ends = (connection.preseg(), connection.postseg())
        if connection.syn() is not None and any(end is not None and end.sec in own for end in ends):
            found.append(connection)
    return found


def mechanisms_of(sections: Sequence) -> tuple[str, ...]:
    """Density mechanisms in any of some sections, ions among them, in NEURON's order."""
    return tuple(
        name
        for name in density_mechanisms()
        if name not in ("capacitance", "morphology") and any(section.has_membrane(name) for section in sections)
    )


def pointers(mechanism: str) -> list[str]:
    """Names of a mechanism's POINTERs."""
    text = _NMODL_COMMENT.sub(" ", mechanism_text(mechanism))
    return [name for match in _POINTER.finditer(text) for name in re.findall(r"\w+", match.group(1))]


def _differing(mechanism: str, here, there) -> Iterator[str]:
    one, other = (h.MechanismStandard(mechanism, 0) for _ in range(2))
    one._in(here)
    other._in(there)
    for name, size in range_parameters(mechanism, 0).items():
        for k in range(size):
            a, b = one.get(name, k), other.get(name, k)
            if name not in _SOLVERS_OWN and not (abs(a - b) <= _EQUAL * max(1.0, abs(a)) or (a != a and b != b)):
                yield name
                break


def _names(template: str) -> set[str]:
    instances = h.List(template)
    return {str(instances.o(k)) for k in range(int(instances.count()))}


def _global_arrays() -> dict[str, list[float]]:
    sizes: Mapping[str, int] = {
        name: size
        for mechanism in (*density_mechanisms(), *point_processes())
        for name, size in global_parameters(mechanism).items()
        if size > 1
    }
    return {name: [getattr(h, name)[k] for k in range(size)] for name, size in sizes.items()}


def _end(segment, process) -> str:
    return str(segment) if segment is not None else str(process)


def _place(file: Path, folder: Path, line: int) -> str:
    return f"{file.relative_to(folder) if file.is_relative_to(folder) else file}:{line}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f", … ({len(names)} in all)" if len(names) > 5 else "")

"""What stands in the way of a run by CoreNEURON, found by looking at the model.

CoreNEURON ends the process on some models and silently computes others wrongly, so nothing is left to trying. The table
of what it can do is ``docs/engines.md``.
"""

import contextlib
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from neuron import h

from lfptools.simulation.engines import LACKING_IN_CORENEURON
from lfptools.simulation.mechanisms import density_mechanisms, point_processes

_HELD = re.compile(r"cont=(\w+) ")
_NEURON_BLOCK = re.compile(r"\bNEURON\s*\{([^}]*)\}")
_POINTER = re.compile(r"\bPOINTER\s+(\w+(?:\s*,\s*\w+)*)")
_EVENT = re.compile(r"^\s*(HocEvent|PlayRecordEvent)\b.*$", re.MULTILINE)


def without_coreneuron(available: Iterable[str]) -> list[str]:
    """What this process has of mechanisms and point processes that CoreNEURON's library has not.

    Parameters
    ----------
    available : iterable of str
        Mechanisms of the library.
    """
    names = {*available, "morphology", "capacitance"}
    return [one for one in (*density_mechanisms(), *point_processes()) if one not in names]


def obstacles(
    available: Iterable[str], dt: float, references: Mapping[str, Sequence] | None = None, variable_step: bool = False
) -> list[str]:
    """One line for each thing alive in NEURON, or asked of the run, that CoreNEURON cannot do, with what to do instead.

    Parameters
    ----------
    available : iterable of str
        Mechanisms of the library that CoreNEURON would load.
    dt : float
        Step of the run, ms.
    references : mapping of str to sequence, optional
        What is to be recorded: name to NEURON references.
    variable_step : bool
        Whether the run has a variable step.
    """
    lacking = without_coreneuron(available)
    return [
        *(["the step is variable: give dt and no tolerances"] if variable_step else []),
        *_mechanisms(lacking),
        *_equations(),
        *_connections(dt),
        *_pointers(lacking),
        *_recorded(references or {}, lacking),
    ]


def queued() -> list[str]:
    """Obstacles among the events that NEURON has queued; asked between ``finitialize`` and the run's own events."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        h.CVode().print_event_queue()
    found = {match.group(1) for match in _EVENT.finditer(told.getvalue())}
    texts = {
        "HocEvent": "CVode.event() calls code during the run: cut the run there",
        "PlayRecordEvent": "a Vector is played into the model, or records at times of its own: record every step, and "
        "write what is played into a mod file",
    }
    return [text for kind, text in texts.items() if kind in found]


# --- one kind each ----------------------------------------------------------------------------------------------------


def _mechanisms(lacking: Sequence[str]) -> Iterator[str]:
    sections, processes = list(h.allsec()), set(point_processes())
    for name in lacking:
        if name in processes:
            where = ["" if _is_artificial(name) else str(one.get_segment()) for one in h.List(name)]
        else:
            where = [section.name() for section in sections if section.has_membrane(name)]
        if where:
            places = f" at {_some(where)}" if any(where) else ""
            advice = LACKING_IN_CORENEURON.get(
                name, "load its mod file with load_mechanisms before the first run by CoreNEURON"
            )
            yield f"{name}{places} is no mechanism of CoreNEURON's" + (f": {advice}" if advice else "")


def _equations() -> Iterator[str]:
    if h.List("LinearMechanism").count():
        yield "a LinearMechanism adds equations"
    species = sys.modules.get("neuron.rxd.species")
    if species is not None and any(one() is not None for one in getattr(species, "_all_species", ())):
        yield "neuron.rxd adds equations"
    supervisor = sys.modules.get("neuron.nonvint_block_supervisor")
    if supervisor is not None and supervisor.call:
        yield "a nonvint block calls code during the run"
    if h.nrn_netrec_state_adjust:
        yield "nrn_netrec_state_adjust is set: set it to 0"
    processes = int(h.ParallelContext().nhost())
    if processes > 1:
        yield f"the run is spread over {processes} MPI processes: run it in one"


def _connections(dt: float) -> Iterator[str]:
    for connection in h.List("NetCon"):
        gid, watched = int(connection.srcgid()), connection.preseg()
        target = connection.syn()
        name = f"{connection} to {'nothing' if target is None else target}"
        if watched is None and connection.preloc() == -2:
            yield f"{name} watches something else than a membrane potential"
        elif watched is not None and gid < 0:
            yield (
                f"{name} watches {watched} without a gid: give it one (ParallelContext.set_gid2node, "
                "cell), or find spikes in the recorded potential"
            )
        elif connection.pre() is not None and gid < 0 and connection.get_recordvec() is not None:
            yield f"{name} records the events of {connection.pre()}, which has no gid: give it one"
        elif watched is None and connection.pre() is None and gid >= 0 and connection.delay < 2 * dt:
            yield f"{name} has a delay of {connection.delay:g} ms: two steps, {2 * dt:g} ms, is the shortest"


def sourceless() -> list:
    """Connections without a source: they get their events from :meth:`NetCon.event`, whatever their delay."""
    return [one for one in h.List("NetCon") if one.pre() is None and one.preseg() is None and one.srcgid() < 0]


def _pointers(lacking: Sequence[str]) -> Iterator[str]:
    for kind, names in enumerate((density_mechanisms(), point_processes())):
        for name in names:
            pointers = () if name in lacking else _pointer_names(kind, name)
            for variable in pointers:
                for instance in _instances(kind, name):
                    held = repr(getattr(instance, f"_ref_{variable}"))
                    if "FastIMem" in held or not _transferred(held, lacking):
                        yield (
                            f"{variable} of {name} at {instance if kind == 0 else instance.get_segment()} points to "
                            "something else than a potential or a variable of a mechanism"
                        )
                        break


@cache
def _pointer_names(kind: int, name: str) -> tuple[str, ...]:
    """POINTERs that a mechanism's source declares."""
    catalogue = h.MechanismType(kind)
    catalogue.select(name)
    text = re.sub(r"COMMENT\b.*?ENDCOMMENT|[:?].*?$", "", catalogue.code() or "", flags=re.DOTALL | re.MULTILINE)
    declared = _POINTER.findall(" ".join(_NEURON_BLOCK.findall(text)))
    return tuple(variable for group in declared for variable in re.split(r"\s*,\s*", group))


def _instances(kind: int, name: str) -> Iterator:
    if kind == 1:
        yield from h.List(name)
        return
    for section in h.allsec():
        if section.has_membrane(name):
            yield from (getattr(segment, name) for segment in section)


def _recorded(references: Mapping[str, Sequence], lacking: Sequence[str]) -> Iterator[str]:
    time = repr(h._ref_t)
    for name, rows in references.items():
        # What belongs to a mechanism that is lacking has been told.
        if not all((held := repr(row)) == time or _transferred(held, ()) for row in rows):
            yield f"{name} cannot be recorded: it is no potential, current or variable of a mechanism in a segment"


def _transferred(held: str, lacking: Sequence[str]) -> bool:
    """Whether a NEURON reference leads to what CoreNEURON has too; NEURON writes into it what holds the number."""
    if "Node::field::Voltage" in held or "Node::field::FastIMemSavRHS" in held:
        return True
    container = _HELD.search(held)
    if container is None or container.group(1) == "morphology" or container.group(1) in lacking:
        return False
    return not _is_artificial(container.group(1))


@cache
def _is_artificial(name: str) -> bool:
    catalogue = h.MechanismType(1)
    if name not in point_processes():
        return False
    catalogue.select(name)
    return bool(catalogue.is_artificial(int(catalogue.selected())))


def _some(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(filter(None, names)))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

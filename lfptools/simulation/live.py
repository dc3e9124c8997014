"""Which cells live in this process: NEURON integrates all of them, whoever's run it is."""

import atexit
import logging
import warnings
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from neuron import h

from lfptools.errors import LfptoolsWarning

log = logging.getLogger(__name__)

_CELLS: weakref.WeakSet = weakref.WeakSet()


def register(cell) -> None:
    """Remember a cell for as long as somebody else does."""
    _CELLS.add(cell)


@atexit.register
def _close_all() -> None:
    """While everything that closing needs is still there."""
    for cell in list(_CELLS):
        cell.close()


def forget(cell) -> None:
    """Forget a closed cell."""
    _CELLS.discard(cell)


@contextmanager
def only(cells: Sequence, variable_step: bool) -> Iterator[None]:
    """Keep the events of all other cells from being delivered, and say what the others cost or change."""
    others = sorted((cell for cell in _CELLS if all(cell is not own for own in cells)), key=lambda cell: cell.name)
    connections = [
        placed.connection
        for cell in others
        for placed in cell.placed
        if placed.stimulus is not None and placed.connection.active()
    ]
    _report(cells, others, variable_step)
    for connection in connections:
        connection.active(False)
    try:
        yield
    finally:
        for connection in connections:
            connection.active(True)


def _report(cells: Sequence, others: Sequence, variable_step: bool) -> None:
    own = sum(cell.totnsegs for cell in cells)
    alive = sum(section.nseg for section in h.allsec())
    if alive == own:
        return
    own_sections = {section for cell in cells for section in cell.sections}
    foreign = [section for section in h.allsec() if section not in own_sections]
    sparse = [section.name() for section in foreign if section.has_membrane("extracellular")]
    if sparse and not any(section.has_membrane("extracellular") for section in own_sections):
        warnings.warn(
            f"other sections alive in NEURON have the mechanism extracellular ({', '.join(sparse[:5])}), so it solves "
            "everything with another matrix method: results equal those of a process of their own to rounding, not to "
            "the bit",
            LfptoolsWarning,
            stacklevel=5,
        )
    if variable_step:
        names = [cell.name for cell in others] or sorted({section.name() for section in foreign})
        warnings.warn(
            "the variable time step is chosen for everything alive in NEURON: results agree within atol, "
            f"not to the bit, with those of a process of its own; also alive: {', '.join(names[:10])}",
            LfptoolsWarning,
            stacklevel=5,
        )
    if alive > 2 * own:
        log.warning(
            "%d of the %d segments alive in NEURON belong to other cells, and their integration is paid for; "
            "close() cells that are done",
            alive - own,
            alive,
        )

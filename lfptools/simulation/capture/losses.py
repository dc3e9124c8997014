"""What of a hoc model cannot be carried into another process, by name."""

from collections.abc import Iterable
from typing import Final

from lfptools.errors import CellError, unknown_name

LOSSES: Final[dict[str, str]] = {
    "built_channels": "channels and ions made by the model (KSChan, ChannelBuilder, rxd), which no other process has",
    "connections": "NetCons that begin or end in the cell",
    "gap_junctions": "ParallelContext's source_var and target_var",
    "global_arrays": "GLOBALs of mechanisms that are arrays and were changed",
    "hand_set_states": "states and variables that were set by hand, and that initialisation does not set",
    "initialize_handlers": "FInitializeHandlers",
    "linear_mechanisms": "LinearMechanisms",
    "other_trees": "sections that do not hang together with the cell",
    "played_vectors": "Vectors and Randoms that are played into variables",
    "point_processes": "synapses and electrodes",
    "pointers": "mechanisms with POINTERs",
    "reaction_diffusion": "NEURON's rxd",
    "run_procedures": "own versions of the procedures with which NEURON runs (init, advance, run, ...)",
    "state_transitions": "StateTransitionEvents",
}


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names, each of a loss.

    Raises
    ------
    CellError
        For an unknown one.
    """
    names = tuple(names)
    for name in names:
        if name not in LOSSES:
            raise CellError(unknown_name("loss to accept", name, LOSSES))
    return names

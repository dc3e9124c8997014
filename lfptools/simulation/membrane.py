"""What is put into the membrane of a cell's sections: uniform values, and density mechanisms by name."""

from collections.abc import Mapping, Sequence

import numpy as np

from lfptools.errors import CellError, unknown_name
from lfptools.simulation.mechanisms import range_parameters, require_mechanism

PASSIVE = {"g_pas": 0.001, "e_pas": -70.0}
_IONIC = ("ena", "ek", "eca", "cai", "cao", "nai", "nao", "ki", "ko")


def set_uniform(
    sections: Sequence, Ra: float | None, cm: float | None, passive: Mapping[str, float] | None, extracellular: bool
) -> None:
    """Ra, cm, ``pas`` and ``extracellular`` the same everywhere."""
    if passive is not None:
        for name in passive:
            if name not in PASSIVE:
                raise CellError(unknown_name("key of passive_parameters", name, PASSIVE))
    for name, value in {"Ra": Ra, "cm": cm, **(passive or {})}.items():
        if value is not None and (not np.isfinite(value) or (name != "e_pas" and value <= 0)):
            raise CellError(f"{name} must be a finite number{'' if name == 'e_pas' else ' > 0'}, got {value}")
    for section in sections:
        if Ra is not None:
            section.Ra = Ra
        if cm is not None:
            section.cm = cm
        if extracellular:
            section.insert("extracellular")
        if passive is not None:
            section.insert("pas")
            for name, value in passive.items():
                for segment in section:
                    setattr(segment, name, value)


def insert_mechanism(sections: Sequence, mechanism: str, parameters: Mapping[str, float]) -> None:
    """Insert a density mechanism in sections and set its RANGE parameters, or those of its ions, in all segments."""
    require_mechanism(mechanism)
    for section in sections:
        section.insert(mechanism)
    legal = [name if name.endswith(f"_{mechanism}") else f"{name}_{mechanism}" for name in range_parameters(mechanism)]
    legal += [name for name in _IONIC if hasattr(sections[0](0.5), name)]
    for name, value in parameters.items():
        if name not in legal:
            raise CellError(unknown_name(f"parameter of {mechanism}", name, legal))
        for section in sections:
            for segment in section:
                setattr(segment, name, float(value))

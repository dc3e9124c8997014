"""Every quantity of the project, its unit and its name, stated once.

Kernels hold no conversion factors: nA/(S/m·µm) is mV exactly. Attributes of datasets come from :func:`attrs`.
Units are written as UDUNITS reads them.
"""

from typing import Final

QUANTITIES: Final[dict[str, tuple[str, str]]] = {
    # name: (unit, long name)
    "t": ("ms", "time"),
    "x": ("um", "position along x"),
    "y": ("um", "position along y"),
    "z": ("um", "position along z"),
    "length": ("um", "length"),
    "diameter": ("um", "diameter"),
    "area": ("um2", "membrane area"),
    "section_x": ("1", "normalised position along the section"),
    "membrane_current": ("nA", "transmembrane current, outward positive, capacitive current included"),
    "net_current": ("nA", "sum of membrane currents minus injected electrode currents"),
    "electrode_current": ("nA", "current injected by the intracellular electrode"),
    "synapse_current": ("nA", "synaptic current, outward positive"),
    "membrane_potential": ("mV", "membrane potential"),
    "soma_potential": ("mV", "membrane potential of the soma"),
    "potential": ("mV", "extracellular potential"),
    "current_dipole_moment": ("nA um", "current dipole moment"),
    "potential_lead_field": ("mV nA-1", "potential at each contact per unit membrane current of each segment"),
    "dipole_lead_field": ("um", "current dipole moment per unit membrane current of each segment"),
    "membrane_conductance": ("S cm-2", "membrane conductance density"),
    "membrane_current_density": ("mA cm-2", "membrane current density, outward positive"),
    "concentration": ("mmol L-1", "concentration"),
    "conductance": ("uS", "conductance"),
    "conductivity": ("S m-1", "electrical conductivity"),
    "temperature": ("degC", "temperature"),
    "frequency": ("Hz", "frequency"),
    "velocity": ("m s-1", "velocity"),
    "number": ("1", "dimensionless number"),
}


def unit(quantity: str) -> str:
    """The unit of a quantity, in UDUNITS notation.

    Raises
    ------
    KeyError
        If the quantity is not in the table.
    """
    return QUANTITIES[quantity][0]


def attrs(quantity: str, **more: object) -> dict[str, object]:
    """Attributes ``units`` and ``long_name`` of a quantity's variable, and whatever else is given."""
    units, long_name = QUANTITIES[quantity]
    return {"units": units, "long_name": long_name, **more}

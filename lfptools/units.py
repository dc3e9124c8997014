"""Every quantity of the project, its unit and its name, stated once.

Kernels hold no conversion factors: nA/(S/m·µm) is mV exactly. Attributes of datasets come from :func:`attrs`.
Units are written as UDUNITS reads them.
"""

import re
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
    "axial_resistivity": ("ohm cm", "axial resistivity of the cytoplasm"),
    "capacitance": ("uF cm-2", "membrane capacitance"),
    "section_x": ("1", "normalised position along the section"),
    "membrane_current": ("nA", "transmembrane current, outward positive, capacitive current included"),
    "net_current": ("nA", "sum of membrane currents minus injected electrode currents"),
    "electrode_current": ("nA", "current injected by the intracellular electrode"),
    "synapse_potential": ("mV", "membrane potential at the synapse"),
    "electrode_potential": ("mV", "membrane potential at the electrode"),
    "place_potential": ("mV", "membrane potential at the place"),
    "synapse_current": ("nA", "synaptic current, outward positive"),
    "membrane_potential": ("mV", "membrane potential"),
    "surface_potential": ("mV", "potential at the membrane's outer face"),
    "soma_potential": ("mV", "membrane potential of the soma"),
    "potential": ("mV", "extracellular potential"),
    "current_dipole_moment": ("nA um", "current dipole moment"),
    "current_source_density": ("nA um-3", "current source density, positive where current leaves the cell"),
    "magnetic_field": ("T", "magnetic flux density"),
    "csd_lead_field": ("um-3", "current source density per unit membrane current of each segment"),
    "magnetic_lead_field": ("T nA-1", "magnetic flux density per unit membrane current of each segment"),
    "potential_dipole_lead_field": ("mV nA-1 um-1", "potential at each contact per unit current dipole moment"),
    "magnetic_dipole_lead_field": ("T nA-1 um-1", "magnetic flux density per unit current dipole moment"),
    "potential_lead_field": ("mV nA-1", "potential at each contact per unit membrane current of each segment"),
    "dipole_lead_field": ("um", "current dipole moment per unit membrane current of each segment"),
    "axial_resistance": ("Mohm", "axial resistance from the segment's centre to the node that it hangs on"),
    "far_resistance": ("Mohm", "axial resistance from the last segment's centre to the section's far end"),
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


def raised(unit: str, power: int) -> str:
    """A power of a unit: ``raised("nA um-3", 2)`` is "nA2 um-6"."""
    if unit == "1":
        return unit
    parts = [_POWER.match(part) for part in unit.split()]
    if not parts or None in parts:
        raise ValueError(f"expected a unit such as 'mV' or 'nA um-3', got {unit!r}")
    powers = [(part["symbol"], int(part["power"] or 1) * power) for part in parts]
    return " ".join(symbol if n == 1 else f"{symbol}{n}" for symbol, n in powers)


_POWER: Final = re.compile(r"^(?P<symbol>[A-Za-z]+)(?P<power>-?\d+)?$")
_EXPONENT: Final = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "": 0, "k": 3, "M": 6}
_SYMBOL: Final = re.compile(r"^(a|f|p|n|u|m|c|k|M)?(V|A|S|s|m|Hz|ohm|F|T)(-?\d+)?$")


def factor(from_unit: str, to_unit: str) -> float:
    """What a number in ``from_unit`` is multiplied with to be in ``to_unit`` (``factor("mV", "uV")`` is 1000).

    Reads products of V, A, S, s, m, Hz, ohm, F, T with a decimal prefix and a power ("nA um", "S cm-2").

    Raises
    ------
    ValueError
        If the two are not the same quantity, or a unit cannot be read.
    """
    if from_unit == to_unit:
        return 1.0
    (a, bases_a), (b, bases_b) = _decompose(from_unit), _decompose(to_unit)
    if bases_a != bases_b:
        raise ValueError(f"a quantity in {from_unit!r} cannot be given in {to_unit!r}")
    return 10.0 ** (a - b)


def _decompose(unit_text: str) -> tuple[int, dict[str, int]]:
    exponent, bases = 0, {}
    for symbol in unit_text.split():
        found = _SYMBOL.match(symbol)
        if not found:
            raise ValueError(f"cannot read the unit {unit_text!r} (at {symbol!r}); expected for example 'uV', 'nA um'")
        prefix, base, power = found.group(1) or "", found.group(2), int(found.group(3) or 1)
        exponent += _EXPONENT[prefix] * power
        bases[base] = bases.get(base, 0) + power
    return exponent, bases

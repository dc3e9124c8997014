"""Names that NEURON alone knows: what can be recorded in a segment, and the GLOBALs of mechanisms."""

from neuron import h

from lfptools.simulation.mechanisms import density_mechanisms, global_parameters, point_processes

MEMBRANE_CURRENT = "i_membrane_"  # NEURON has it during a run alone


def segment_variables(segment) -> list[str]:
    """What can be recorded in a segment: its potential, its membrane current, variables of its mechanisms and ions."""
    names, reference = ["v"], h.ref("")
    for mechanism in segment:
        standard = h.MechanismStandard(mechanism.name(), 0)
        for k in range(int(standard.count())):
            standard.name(reference, k)
            names.append(reference[0])
    return [MEMBRANE_CURRENT, *(name for name in names if hasattr(segment, f"_ref_{name}"))]


def can_record(segment, variable: str) -> bool:
    """Whether a segment has a variable of this name."""
    return variable == MEMBRANE_CURRENT or hasattr(segment, f"_ref_{variable}")


def variable_attrs(variable: str) -> dict[str, object]:
    """Attributes of a NEURON variable in a dataset: its units, as UDUNITS reads them, and its name."""
    units = {"mM": "mmol L-1", "": "1"}
    name = h.units(variable)
    return {"units": units.get(name, name), "long_name": variable}


def is_global(name: str) -> bool:
    """Whether the process has a number of this name that a run can set."""
    return isinstance(getattr(h, name, None), float | int)


def all_globals() -> list[str]:
    """GLOBALs of every mechanism and point process in this process."""
    return [name for one in (*density_mechanisms(), *point_processes()) for name in global_parameters(one)]

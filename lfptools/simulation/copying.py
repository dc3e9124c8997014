"""Everything that a NEURON section is, as data: read from sections, written to others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from neuron import h

from lfptools.simulation.mechanisms import density_mechanisms, look_again, range_parameters

# NEURON counts these among the mechanisms, but they are always there, and part of the shape.
_ALWAYS = ("capacitance", "morphology")


def copy_tree(sections: Sequence, names: Sequence[str], make: Callable[[Sequence[str]], list] | None = None) -> list:
    """Copies of sections under these names, connected to each other as the originals are.

    They are owned by Python, unless ``make`` makes the new sections.
    """
    return make_sections(read_sections(sections), names, make)


def read_sections(sections: Sequence) -> list["SectionData"]:
    """Sections as data: topology (interior attachments and which end hangs), 3-D points, L, diameters, membrane.

    What hangs on a section that is not among them hangs on nothing.
    """
    index = {section: k for k, section in enumerate(sections)}
    ranks = {}
    for section in sections:
        # Children are listed last first; siblings are laid out in the order in which they were connected.
        ranks |= {child: rank for rank, child in enumerate(reversed(section.children()))}
    return [_read(section, index, ranks) for section in sections]


def _read(section, index: Mapping, ranks: Mapping) -> "SectionData":
    parent = section.parentseg()
    hangs = parent is not None and parent.sec in index
    points = [[section.x3d(i), section.y3d(i), section.z3d(i), section.diam3d(i)] for i in range(section.n3d())]
    return SectionData(
        parent=index[parent.sec] if hangs else -1,
        parent_x=parent.x if hangs else 0.0,
        end=int(section.orientation()) if hangs else 0,
        rank=ranks[section] if hangs else 0,
        rallbranch=float(section.rallbranch),
        length=section.L,
        points=np.array(points, dtype=float).reshape(-1, 4),
        diameters=np.array([segment.diam for segment in section]),
        membrane=Membrane.of(section),
    )


def make_sections(
    data: Sequence["SectionData"], names: Sequence[str], make: Callable[[Sequence[str]], list] | None = None
) -> list:
    """Sections from data, owned by Python unless ``make`` makes them from their names."""
    made = [h.Section(name=name) for name in names] if make is None else make(names)
    for k in sorted(range(len(data)), key=lambda k: (data[k].parent, data[k].rank)):
        if data[k].parent >= 0:
            made[k].connect(made[data[k].parent](data[k].parent_x), data[k].end)
    for one, section in zip(data, made, strict=True):
        section.nseg = one.membrane.nseg
        section.rallbranch = one.rallbranch
        for point in one.points:
            h.pt3dadd(*map(float, point), sec=section)
        # L and diameters that were set by hand differ from what the points say.
        if one.length != section.L:
            section.L = one.length
        for segment, diameter in zip(section, one.diameters, strict=True):
            if segment.diam != diameter:
                segment.diam = diameter
        one.membrane.write(section)
    return made


@dataclass(frozen=True, eq=False)
class SectionData:
    """One section of several.

    Parameters
    ----------
    parent : int
        Index of the section that it hangs on; −1 for a root.
    parent_x : float
        Where on the parent.
    end : int
        Which of its own ends hangs there.
    rank : int
        Its place among all that hang on the parent, in the order in which they were connected.
    rallbranch : float
        NEURON's ``rallbranch``.
    length : float
        µm.
    points : numpy.ndarray
        Shape (m, 4): 3-D points and diameters, µm; m may be 0.
    diameters : numpy.ndarray
        Shape (nseg,), µm.
    membrane : Membrane
        nseg, and what is in the membrane.
    """

    parent: int
    parent_x: float
    end: int
    rank: int
    rallbranch: float
    length: float
    points: np.ndarray
    diameters: np.ndarray
    membrane: "Membrane"


class Membrane:
    """nseg, Ra, cm, mechanisms with their parameters per segment, ions and their styles of one section, as data.

    Parameters
    ----------
    nseg : int
    Ra : float
        Ω·cm.
    cm : sequence of float
        One a segment, µF/cm².
    styles : mapping of str to int
        Ion mechanism (``"na_ion"``) to the number that NEURON's ``ion_style`` returns.
    values : mapping of str to list of dict
        Mechanism, ions among them, to the parameters of each segment: name to one number or, of an array, several.
    ions : mapping of str to sequence of float
        Reversal potentials and concentrations (``ena``, ``nai``, ``nao``), one a segment.
    """

    def __init__(self, nseg: int, Ra: float, cm: Sequence, styles: Mapping, values: Mapping, ions: Mapping):
        self.nseg, self.Ra, self.cm = nseg, Ra, cm
        self.styles, self.ions = styles, ions
        self._values = values

    @classmethod
    def of(cls, section) -> "Membrane":
        """A section's."""
        names = _inserted(section)
        styles = {name: int(h.ion_style(name, sec=section)) for name in names if name.endswith("_ion")}
        values = {name: _read_parameters(name, section) for name in names}
        # MechanismStandard leaves out what an ion's style does not call a parameter: initial concentrations.
        ions = {
            variable: [getattr(segment, variable) for segment in section]
            for name in styles
            for variable in ion_variables(name)
        }
        return cls(section.nseg, section.Ra, [segment.cm for segment in section], styles, values, ions)

    @classmethod
    def from_parameters(
        cls, Ra: float, cm: Sequence, styles: Mapping, parameters: Mapping[str, Mapping[str, np.ndarray]], ions: Mapping
    ) -> "Membrane":
        """From numbers: mechanism to its parameters, each (nseg,), or (nseg, size) for an array."""
        values = {
            name: [
                {parameter: np.atleast_1d(numbers[k]).tolist() for parameter, numbers in given.items()}
                for k in range(len(cm))
            ]
            for name, given in parameters.items()
        }
        return cls(len(cm), Ra, cm, styles, values, ions)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Names of the mechanisms, ions among them, in NEURON's order."""
        return tuple(self._values)

    def parameters(self, mechanism: str) -> dict[str, np.ndarray]:
        """Parameters of a mechanism, each (nseg,), or (nseg, size) for an array."""
        segments = self._values[mechanism]
        found = {name: np.array([one[name] for one in segments]) for name in segments[0]}
        return {name: numbers if numbers.shape[1] > 1 else numbers[:, 0] for name, numbers in found.items()}

    def without(self, mechanisms: Sequence[str]) -> "Membrane":
        """The same without some mechanisms, ions among them."""
        values = {name: standards for name, standards in self._values.items() if name not in mechanisms}
        styles = {name: style for name, style in self.styles.items() if name not in mechanisms}
        kept = [variable for name in styles for variable in ion_variables(name)]
        return Membrane(self.nseg, self.Ra, self.cm, styles, values, {name: self.ions[name] for name in kept})

    def write(self, section) -> None:
        """Make another section's membrane equal to this one; mechanisms that this one has not are taken out."""
        section.nseg, section.Ra = self.nseg, self.Ra
        for name in _inserted(section):
            if name not in self._values and not name.endswith("_ion"):
                section.uninsert(name)
        for name in self._values:
            section.insert(name)
        for name, style in self.styles.items():
            _set_ion_style(section, name, style)
        for name, values in self._values.items():
            _write_parameters(name, values, section)
        for index, segment in enumerate(section):
            segment.cm = self.cm[index]
            for variable, numbers in self.ions.items():
                setattr(segment, variable, numbers[index])


class SectionState:
    """Membrane, diameters and places of point processes of one section, to put them back."""

    def __init__(self, section):
        self._membrane, self._length = Membrane.of(section), section.L
        self._diameters = [segment.diam for segment in section]
        self._processes = [(process, segment.x) for segment in section for process in segment.point_processes()]

    def write(self, section) -> None:
        self._membrane.write(section)
        if self._length != section.L:
            section.L = self._length
        for segment, diameter in zip(section, self._diameters, strict=True):
            if segment.diam != diameter:
                segment.diam = diameter
        for process, x in self._processes:
            if process.get_segment().x != x:
                process.loc(section(x))


def ion_variables(mechanism: str) -> tuple[str, str, str]:
    """Reversal potential and concentrations of an ion: ``ena``, ``nai``, ``nao`` of ``"na_ion"``."""
    ion = mechanism.removesuffix("_ion")
    return f"e{ion}", f"{ion}i", f"{ion}o"


def _inserted(section) -> tuple[str, ...]:
    """Names of a section's mechanisms, in NEURON's order."""
    own = {mechanism.name() for mechanism in section(0.5)}
    if not own <= set(density_mechanisms()):
        look_again()
    return tuple(name for name in density_mechanisms() if name not in _ALWAYS and name in own)


def _standard(name: str):
    """What reads and writes the parameters of a mechanism; made once, since each leaves 96 bytes in NEURON."""
    return _made_standard(name, tuple(range_parameters(name).items()))


@cache
def _made_standard(name: str, parameters: tuple):
    return h.MechanismStandard(name, 1)


def _read_parameters(name: str, section) -> list[dict[str, list[float]]]:
    standard, sizes = _standard(name), range_parameters(name).items()
    found = []
    for segment in section:
        standard._in(segment)
        found.append({parameter: [standard.get(parameter, k) for k in range(size)] for parameter, size in sizes})
    return found


def _write_parameters(name: str, values: Sequence[Mapping[str, Sequence[float]]], section) -> None:
    standard = _standard(name)
    for segment, own in zip(section, values, strict=True):
        standard._in(segment)
        for parameter, numbers in own.items():
            for k, number in enumerate(numbers):
                standard.set(parameter, number, k)
        standard.out(segment)


def _set_ion_style(section, ion: str, style: int) -> None:
    """``ion_style`` gives one number, c_style + 4 cinit + 8 e_style + 32 einit + 64 eadvance, and takes five."""
    c_style, cinit, e_style = style & 3, (style >> 2) & 1, (style >> 3) & 3
    einit, eadvance = (style >> 5) & 1, (style >> 6) & 1
    h.ion_style(ion, c_style, e_style, einit, eadvance, cinit, sec=section)

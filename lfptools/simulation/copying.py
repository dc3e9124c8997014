"""Everything that a NEURON section is, read from one section and written to another."""

from collections.abc import Sequence

from neuron import h

from lfptools.simulation.mechanisms import density_mechanisms

# NEURON counts these among the mechanisms, but they are always there, and part of the shape.
_ALWAYS = ("capacitance", "morphology")


def copy_tree(sections: Sequence, names: Sequence[str]) -> list:
    """Copies of sections, owned by Python, under these names and connected to each other as the originals are.

    Copied are topology (interior attachments and which end hangs), 3-D points, nseg, L, diameters, and what
    :class:`Membrane` holds.
    """
    copies = [h.Section(name=name) for name in names]
    by_original = dict(zip(sections, copies, strict=True))
    for original, copy in by_original.items():
        # Children are listed last first; siblings are laid out in the order in which they were connected.
        for child in reversed(original.children()):
            if child in by_original:
                by_original[child].connect(copy(child.parentseg().x), child.orientation())
    for original, copy in by_original.items():
        copy.nseg = original.nseg
        copy.rallbranch = original.rallbranch
        for i in range(original.n3d()):
            h.pt3dadd(original.x3d(i), original.y3d(i), original.z3d(i), original.diam3d(i), sec=copy)
        # L and diameters that were set by hand differ from what the points say.
        if copy.L != original.L:
            copy.L = original.L
        for here, there in zip(original, copy, strict=True):
            if there.diam != here.diam:
                there.diam = here.diam
        Membrane(original).write(copy)
    return copies


class Membrane:
    """nseg, Ra, cm, mechanisms with their parameters per segment, ions and their styles of one section, as data."""

    def __init__(self, section):
        self._nseg, self._Ra = section.nseg, section.Ra
        self._cm = [segment.cm for segment in section]
        self._names = _inserted(section)
        self._styles = {name: int(h.ion_style(name, sec=section)) for name in self._names if name.endswith("_ion")}
        self._values = {name: [_standard(name, segment) for segment in section] for name in self._names}
        # MechanismStandard leaves out what an ion's style does not call a parameter: initial concentrations.
        self._ions = {
            variable: [getattr(segment, variable) for segment in section]
            for name in self._styles
            for variable in (f"e{name[:-4]}", f"{name[:-4]}i", f"{name[:-4]}o")
        }

    def write(self, section) -> None:
        """Make another section's membrane equal to this one; mechanisms that this one has not are taken out."""
        section.nseg, section.Ra = self._nseg, self._Ra
        for name in _inserted(section):
            if name not in self._names and not name.endswith("_ion"):
                section.uninsert(name)
        for name in self._names:
            section.insert(name)
        for name, style in self._styles.items():
            _set_ion_style(section, name, style)
        for index, segment in enumerate(section):
            segment.cm = self._cm[index]
            for values in self._values.values():
                values[index].out(segment)
            for variable, numbers in self._ions.items():
                setattr(segment, variable, numbers[index])


class SectionState:
    """Membrane, diameters and places of point processes of one section, to put them back."""

    def __init__(self, section):
        self._membrane, self._length = Membrane(section), section.L
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


def _inserted(section) -> tuple[str, ...]:
    return tuple(name for name in density_mechanisms() if name not in _ALWAYS and section.has_membrane(name))


def _standard(name: str, segment):
    standard = h.MechanismStandard(name, 1)
    standard._in(segment)
    return standard


def _set_ion_style(section, ion: str, style: int) -> None:
    """``ion_style`` gives one number, c_style + 4 cinit + 8 e_style + 32 einit + 64 eadvance, and takes five."""
    c_style, cinit, e_style = style & 3, (style >> 2) & 1, (style >> 3) & 3
    einit, eadvance = (style >> 5) & 1, (style >> 6) & 1
    h.ion_style(ion, c_style, e_style, einit, eadvance, cinit, sec=section)

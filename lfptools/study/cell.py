"""What a study says of its cell: where its shape comes from, its membrane, its segments, where it stands."""

from typing import Literal

from pydantic import Field, model_validator

from lfptools.config.parameters import Parameters
from lfptools.config.placement import Direction, Position, Rotation
from lfptools.simulation.capture.losses import LOSSES


class Passive(Parameters):
    """NEURON's mechanism ``pas`` in all sections."""

    g_pas_S_per_cm2: float = Field(ge=0.0, description="conductance of the leak")
    e_pas_mV: float = Field(description="its reversal potential")


class SegmentRule(Parameters):
    """How sections are divided into segments.

    ``lambda_f``: a fraction ``d_lambda`` of the length constant at ``frequency_Hz``; ``lambda100``: at 100 Hz;
    ``fixed_length``: at most ``max_length_um``; ``none``: as the file has it, or as each section says.
    """

    rule: Literal["lambda_f", "lambda100", "fixed_length", "none"] = Field(
        "lambda100", description="which of the rules above"
    )
    frequency_Hz: float = Field(100.0, gt=0.0, description="of the length constant, for lambda_f")
    d_lambda: float = Field(0.1, gt=0.0, description="longest segment as a fraction of the length constant")
    max_length_um: float | None = Field(None, gt=0.0, description="longest segment, for fixed_length")

    @model_validator(mode="after")
    def _length_where_needed(self) -> "SegmentRule":
        if (self.rule == "fixed_length") != (self.max_length_um is not None):
            raise ValueError("max_length_um belongs to rule: fixed_length, which needs it")
        return self


class Section(Parameters):
    """A cylinder; ``parent_x`` is where on its parent it hangs (0 near, 1 far end)."""

    length_um: float = Field(gt=0.0, description="along its axis")
    diameter_um: float = Field(gt=0.0, description="the same along the section")
    segments: int = Field(1, ge=1, le=32767, description="how many; NEURON's nseg")
    parent: str | None = Field(None, description="name of the section that it hangs on; none for the root")
    parent_x: float = Field(1.0, ge=0.0, le=1.0, description="where on the parent it hangs")


class AddedSection(Parameters):
    """A straight cylinder that a file's cell is given besides.

    It begins at the end of its parent on which it hangs; between the ends at the parent's surface, half the parent's
    diameter from its axis. Ra and cm are its parent's unless the cell says them.
    """

    length_um: float = Field(gt=0.0, description="along its axis")
    diameter_um: float = Field(gt=0.0, description="the same along the section")
    parent: str = Field(min_length=1, description="exact name of the section that it hangs on, of the file or added")
    parent_x: float = Field(1.0, ge=0.0, le=1.0, description="where on the parent it hangs (0 near, 1 far end)")
    direction: Direction | None = Field(
        None, description="[x, y, z] of any length, in the file's coordinates, before rotate_rad; by default its "
        "parent's, where that was added too"
    )  # fmt: skip
    segments: int | None = Field(None, ge=1, le=32767, description="how many; by default as nseg says")


class Membrane(Parameters):
    """A density mechanism in some sections, with parameters by NEURON's names and in its units.

    ``sections`` is ``all``, or parts of the names of sections (``dend`` means ``dend[0]`` and ``apdend[3]``).
    """

    mechanism: str = Field(min_length=1, description="NEURON's name (SUFFIX) of the mechanism")
    sections: Literal["all"] | list[str] = Field("all", description="all, or parts of names")
    parameters: dict[str, float] = Field(default_factory=dict, description="by NEURON's names and in its units")


class HocModel(Parameters):
    """A model written in hoc for one cell at the top level: loaded once, in a process and a copy of its folder.

    What its cell is then is copied into every simulation: sections, membrane, ``celsius``, initial potential, GLOBALs.
    """

    file: str = Field(min_length=1, description="the hoc file that loads the model")
    folder: str | None = Field(None, description="the model's folder, all of which has a part in it; the file's own")
    call: list[str] = Field(default_factory=list, description="hoc statements that complete it: initcell()")
    root: str | None = Field(None, description="a section of the cell, where the model has several trees")
    accept: list[Literal[tuple(LOSSES)]] = Field(default_factory=list, description="what copies may be without")
    carry_point_processes: bool = Field(False, description="copies get the model's synapses and electrodes")
    verify: bool = Field(True, description="original and copy must answer the same stimulus alike, within 1e-6 mV")
    time_limit_s: float = Field(600.0, gt=0.0, description="for loading it, and for each answer")


class Scatter(Parameters):
    """A place of the soma drawn at random, evenly within an upright cylinder about ``position_um``."""

    radius_um: float = Field(gt=0, description="of the cylinder")
    height_um: float = Field(0.0, ge=0, description="of the cylinder, half of it above and half below")
    turn: bool = Field(False, description="whether the cell is turned about the vertical by a random angle too")


class Cell(Parameters):
    """A morphology, sections given inline *or* a hoc model, and what is in their membrane."""

    morphology: str | None = Field(
        None, description="a path, neuron:demo/pyramid.nrn (in NEURON's own folder) or lfptools:ball_and_sticks"
    )
    sections: dict[str, Section] | None = Field(None, min_length=1, description="cylinders by their names")
    hoc_model: HocModel | None = Field(None, description="a model that builds one cell at hoc's top level")
    add_sections: dict[str, AddedSection] | None = Field(
        None, min_length=1, description="cylinders besides those of the morphology, by their names: an axon stub"
    )
    rotate_rad: Rotation = Field(Rotation(), description="how the cell is turned about its soma")
    position_um: Position | None = Field(None, description="of the soma; by default where the file has it")
    scatter: Scatter | None = Field(
        None, description="a random place instead, from the case's seed: sweep {seeds: 100} makes a population"
    )
    Ra_ohm_cm: float | None = Field(None, gt=0.0, description="axial resistivity; by default NEURON's")
    cm_uF_per_cm2: float | None = Field(None, gt=0.0, description="membrane capacitance; by default NEURON's")
    passive: Passive | None = Field(None, description="a leak in all sections")
    nseg: SegmentRule | None = Field(
        None, description="lambda100 for a morphology, none for inline sections by default; a hoc model has its own"
    )
    mechanisms: str | None = Field(None, description="a folder of mod files")
    membrane: list[Membrane] = Field(default_factory=list, description="density mechanisms")

    @model_validator(mode="after")
    def _one_shape(self) -> "Cell":
        if sum(shape is not None for shape in (self.morphology, self.sections, self.hoc_model)) != 1:
            raise ValueError(
                "a cell needs exactly one of 'morphology' (a file), 'sections' (given inline) and 'hoc_model'"
            )
        if self.hoc_model is not None and self.nseg is not None:
            raise ValueError(
                "a hoc model has its own segments, without 'nseg'; 'call' may set others before it is built"
            )
        return self

    @model_validator(mode="after")
    def _added_to_a_file(self) -> "Cell":
        added = self.add_sections or {}
        if added and self.morphology is None:
            raise ValueError(
                "'add_sections' belongs to 'morphology'; inline cells have all of theirs under 'sections', and 'call' "
                "may make further ones of a hoc model"
            )
        for name, section in added.items():
            if section.direction is None and section.parent not in added:
                raise ValueError(
                    f"add_sections: {name!r} needs a direction, [x, y, z]: its parent {section.parent!r} is not added"
                )
        return self

    @model_validator(mode="after")
    def _a_tree(self) -> "Cell":
        sections = self.sections or {}
        roots = [name for name, section in sections.items() if section.parent is None]
        if sections and len(roots) != 1:
            raise ValueError(f"exactly one section has no parent; here {roots or 'every section has one'}")
        for name, section in sections.items():
            seen = {name}
            while section.parent is not None:
                if section.parent not in sections:
                    raise ValueError(f"section {name!r}: its parent {section.parent!r} is not among {list(sections)}")
                if section.parent in seen:
                    raise ValueError(f"section {name!r} is its own ancestor")
                seen.add(section.parent)
                section = sections[section.parent]
        return self

"""What a study says of its cell: where its shape comes from, its membrane, its segments, where it stands."""

from typing import Literal

from pydantic import Field, model_validator

from lfptools.config.parameters import Parameters


class Rotation(Parameters):
    """Right-handed rotations about the fixed axes through the soma's middle, applied in the order x, y, z (rad)."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


class Position(Parameters):
    """Where the soma's middle stands."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


class Passive(Parameters):
    """NEURON's mechanism ``pas`` in all sections."""

    g_pas_S_per_cm2: float = Field(ge=0.0)
    e_pas_mV: float


class SegmentRule(Parameters):
    """How sections are divided into segments.

    ``lambda_f``: a fraction ``d_lambda`` of the length constant at ``frequency_Hz``; ``lambda100``: at 100 Hz;
    ``fixed_length``: at most ``max_length_um``; ``none``: as the file has it, or as each section says.
    """

    rule: Literal["lambda_f", "lambda100", "fixed_length", "none"] = "lambda100"
    frequency_Hz: float = Field(100.0, gt=0.0)
    d_lambda: float = Field(0.1, gt=0.0)
    max_length_um: float | None = Field(None, gt=0.0)

    @model_validator(mode="after")
    def _length_where_needed(self) -> "SegmentRule":
        if (self.rule == "fixed_length") != (self.max_length_um is not None):
            raise ValueError("max_length_um belongs to rule: fixed_length, which needs it")
        return self


class Section(Parameters):
    """A cylinder; ``parent_x`` is where on its parent it hangs (0 near, 1 far end)."""

    length_um: float = Field(gt=0.0)
    diameter_um: float = Field(gt=0.0)
    segments: int = Field(1, ge=1, le=32767)
    parent: str | None = None
    parent_x: float = Field(1.0, ge=0.0, le=1.0)


class Membrane(Parameters):
    """A density mechanism in some sections, with parameters by NEURON's names and in its units.

    ``sections`` is ``all``, or parts of the names of sections (``dend`` means ``dend[0]`` and ``apdend[3]``).
    """

    mechanism: str = Field(min_length=1)
    sections: Literal["all"] | list[str] = "all"
    parameters: dict[str, float] = Field(default_factory=dict)


class Cell(Parameters):
    """A morphology *or* sections given inline, and what is in their membrane."""

    morphology: str | None = Field(
        None, description="a path, neuron:demo/pyramid.nrn (in NEURON's own folder) or lfptools:ball_and_sticks"
    )
    sections: dict[str, Section] | None = Field(None, min_length=1)
    rotate_rad: Rotation = Rotation()
    position_um: Position | None = Field(None, description="of the soma; by default where the file has it")
    Ra_ohm_cm: float | None = Field(None, gt=0.0)
    cm_uF_per_cm2: float | None = Field(None, gt=0.0)
    passive: Passive | None = None
    nseg: SegmentRule | None = Field(
        None, description="lambda100 for a morphology, none for inline sections by default"
    )
    mechanisms: str | None = Field(None, description="a folder of mod files")
    membrane: list[Membrane] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_shape(self) -> "Cell":
        if (self.morphology is None) == (self.sections is None):
            raise ValueError("a cell needs exactly one of 'morphology' (a file) and 'sections' (given inline)")
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

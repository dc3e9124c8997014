"""What a study does to its cell and what it records: the run, inputs, records."""

import itertools
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from lfptools.config.parameters import Parameters
from lfptools.study.driven import Sine, WhiteNoise
from lfptools.study.placement import At
from lfptools.study.synapses import Synapses

_STEP_TOLERANCE = 1e-6  # of a step


class VariableStep(Parameters):
    """Tolerances of NEURON's variable-step solver."""

    atol: float = Field(1e-3, ge=0.0)
    rtol: float = Field(0.0, ge=0.0)

    @model_validator(mode="after")
    def _not_both_zero(self) -> "VariableStep":
        if not (self.atol or self.rtol):
            raise ValueError("atol and rtol must not both be 0")
        return self


class Run(Parameters):
    """How long, how fine, from which state.

    ``keep: currents`` stores the membrane currents, so that a new probe or model needs no NEURON; ``keep: signals``
    applies the lead fields while the cell runs and stores the signals alone.
    """

    t_start_ms: float = Field(0.0, le=0.0, description="before 0 the cell runs and nothing is recorded")
    t_stop_ms: float = Field(gt=0.0)
    dt_ms: float = Field(0.0625, gt=0.0)
    v_init_mV: float | None = Field(None, description="-70 by default, or what a hoc model sets")
    celsius_degC: float | None = Field(None, gt=-273.15)
    second_order: Literal[0, 1, 2] = Field(0, description="0 backward Euler, 1 and 2 Crank–Nicolson as in NEURON")
    variable_step: VariableStep | None = None
    engine: Literal["neuron", "coreneuron"] = Field(
        "neuron", description="what takes the steps; coreneuron is faster and has its limits (docs/engines.md)"
    )
    globals: dict[str, float] = Field(default_factory=dict, description="GLOBALs of mechanisms, by NEURON's names")
    keep: Literal["currents", "signals"] = "currents"

    @model_validator(mode="after")
    def _at_least_one_step(self) -> "Run":
        if self.t_stop_ms < self.dt_ms:
            raise ValueError(f"t_stop_ms must be at least one step, dt_ms = {self.dt_ms:g}; got {self.t_stop_ms:g}")
        return self

    @model_validator(mode="after")
    def _whole_steps(self) -> "Run":
        for name, value in (("t_start_ms", self.t_start_ms), ("t_stop_ms", self.t_stop_ms)):
            steps = value / self.dt_ms
            if (name == "t_start_ms" or self.variable_step is None) and abs(steps - round(steps)) > _STEP_TOLERANCE:
                raise ValueError(
                    f"{name} must be a whole number of dt_ms steps, got {value:g} ms with dt_ms = {self.dt_ms:g}"
                )
        return self

    @model_validator(mode="after")
    def _solvers_agree(self) -> "Run":
        if self.variable_step is not None and self.second_order:
            raise ValueError("second_order belongs to fixed steps; leave out either it or variable_step")
        if self.variable_step is not None and self.engine == "coreneuron":
            raise ValueError("CoreNEURON takes fixed steps; leave out either variable_step or engine: coreneuron")
        return self


class PrescribedCurrent(Parameters):
    """A membrane current at one place: one number for all times, or one for each of ``t_ms``."""

    at: At
    nA: float | list[float] = Field(description="outward positive; one number, or one for each of t_ms")


class Prescribed(Parameters):
    """Membrane currents as they are written here, instead of a simulation: a source whose field is asked for.

    Segments that are not named have no current; several entries for one segment add up.
    """

    currents: list[PrescribedCurrent] = Field(min_length=1, description="where current leaves or enters the cell")
    t_ms: list[float] = Field(default=[0.0], min_length=1, description="times of the currents")
    keep: ClassVar[str] = "currents"
    second_order: ClassVar[int] = 0
    variable_step: ClassVar[None] = None

    @model_validator(mode="after")
    def _one_a_time(self) -> "Prescribed":
        if any(b <= a for a, b in itertools.pairwise(self.t_ms)):
            raise ValueError("t_ms must increase strictly")
        for i, given in enumerate(self.currents):
            if isinstance(given.nA, list) and len(given.nA) != len(self.t_ms):
                raise ValueError(f"currents[{i}].nA has {len(given.nA)} numbers for {len(self.t_ms)} times t_ms")
        return self


AnyRun = Annotated[
    Annotated[Run, Tag("run")] | Annotated[Prescribed, Tag("prescribed")],
    Discriminator(lambda value: "prescribed" if isinstance(value, Prescribed) or _has(value, "currents") else "run"),
]


def _has(value: object, key: str) -> bool:
    return isinstance(value, dict) and key in value


class Synapse(Parameters):
    """A synapse that receives events at ``times_ms``; its parameters are those of NEURON's point process."""

    synapse: str = Field(min_length=1, description="a point process such as Exp2Syn, ExpSyn or one from a mod file")
    at: At
    weight_uS: float
    times_ms: list[float]
    e_mV: float | None = None
    tau_ms: float | None = Field(None, gt=0.0)
    tau1_ms: float | None = Field(None, gt=0.0)
    tau2_ms: float | None = Field(None, gt=0.0)
    parameters: dict[str, float] = Field(default_factory=dict, description="others, by NEURON's names and in its units")


class Electrode(Parameters):
    """An intracellular electrode; ``amplitude_uA_per_cm2`` is per membrane area of the whole cell.

    The current of a physical electrode leaves the cell through the membrane, so that it appears as a monopole in all
    signals; that of a stand-in for synapses is counted as a membrane current where it sits, and all sum to zero.
    """

    electrode: str = Field(min_length=1, description="IClamp, SEClamp, VClamp or a point process from a mod file")
    at: At
    amplitude_nA: float | None = None
    amplitude_uA_per_cm2: float | None = None
    delay_ms: float | None = Field(None, ge=0.0)
    duration_ms: float | None = Field(None, ge=0.0)
    stands_for: Literal["electrode", "synapse"] = Field(
        "electrode", description="what its current is: a physical electrode's, or a stand-in for synaptic currents"
    )
    parameters: dict[str, float | list[float]] = Field(
        default_factory=dict, description="others, by NEURON's names and in its units"
    )

    @model_validator(mode="after")
    def _clamp_is_complete(self) -> "Electrode":
        given = [key for key in ("amplitude_nA", "amplitude_uA_per_cm2") if getattr(self, key) is not None]
        if len(given) == 2:
            raise ValueError("give amplitude_nA or amplitude_uA_per_cm2, not both")
        if self.electrode == "IClamp" and not (given and self.delay_ms is not None and self.duration_ms is not None):
            raise ValueError("an IClamp needs amplitude_nA (or amplitude_uA_per_cm2), delay_ms and duration_ms")
        if self.electrode in ("SEClamp", "VClamp") and (given or self.delay_ms or self.duration_ms):
            raise ValueError(f"a {self.electrode} takes NEURON's names (dur1, amp1, …) under 'parameters'")
        return self


_KINDS = ("synapse", "synapses", "electrode")
_DRIVEN = ("sine", "white_noise")


def _which_input(value: object) -> str | None:
    keys = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    if keys.get("current") in _DRIVEN:
        return keys["current"]
    return next((kind for kind in _KINDS if kind in keys), None)


Input = Annotated[
    Annotated[Synapse, Tag("synapse")]
    | Annotated[Synapses, Tag("synapses")]
    | Annotated[Electrode, Tag("electrode")]
    | Annotated[Sine, Tag("sine")]
    | Annotated[WhiteNoise, Tag("white_noise")],
    Discriminator(
        _which_input,
        custom_error_type="which_input",
        custom_error_message="an input needs a key 'synapse', 'synapses' or 'electrode', its point process, or "
        "current: sine or white_noise",
    ),
]


def point_process_of(block: "Synapse | Synapses | Electrode | Sine | WhiteNoise") -> tuple[str, str]:
    """The key of an input that names its point process, and the name."""
    kind = str(_which_input(block))
    return ("current", "IClamp") if kind in _DRIVEN else (kind, getattr(block, kind))


class Record(Parameters):
    """A NEURON variable (``v``, ``m_hh``, ``ina``) at one or several places, or in all segments."""

    variable: str = Field(min_length=1)
    at: At | Annotated[list[At], Field(min_length=1)] | Literal["all"] = Field(
        description="a place, a list of places, or all: every segment, which must have the variable"
    )

"""The schema of a study file, assembled from the registries."""

from functools import cache
from typing import Annotated, Any

from pydantic import Field, create_model

from lfptools.analysis.registry import ANALYSES, GATHERS, MEASURES
from lfptools.config.parameters import Parameters
from lfptools.forward.registry import MODELS
from lfptools.plots.registry import FIGURES
from lfptools.probes.registry import PROBES
from lfptools.recording.registry import STEPS
from lfptools.study.cell import Cell
from lfptools.study.claims_model import Claim
from lfptools.study.gathering_model import Gathering
from lfptools.study.protocol import AnyRun, Input, Record
from lfptools.study.recordings import Recording
from lfptools.study.sweep import AnySweep
from lfptools.study.variants import Variant, variants
from lfptools.study.variations_model import variation_fields

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=80)]

ParameterName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=80)]

MAIN = "main"
EXPERIMENT_KEYS = (
    "parameters",
    "seed",
    "cell",
    "run",
    "inputs",
    "record",
    "probes",
    "signals",
    "recordings",
    "analyses",
    "sweep",
)


class Figure(Variant):
    """A figure kind with its parameters; the caption is added to what the figure says of itself."""

    caption: str | None = Field(None, description="stands before what the figure says of itself")
    title: str | None = Field(None, description="by default the figure's name")


class Header(Parameters):
    """What every study file says of itself."""

    study: Name = Field(description="its name, also that of its folder of results")
    title: str | None = Field(None, description="of the report; by default the study's name")
    question: str = Field(min_length=1, description="what the study asks; stands below the report's title")
    runtime_s: float | None = Field(None, gt=0.0, description="about how long it takes on 2 cores")
    seed: int = Field(0, ge=0, description="of random numbers")
    batch: int | None = Field(
        None, ge=1, description="about how many results one job makes; by default so many that a job is worth its start"
    )

    def experiment_models(self) -> dict[str, Any]:
        """Experiment name to its model."""
        experiments = getattr(self, "experiments", None)
        return experiments if experiments is not None else {MAIN: self}


@cache
def recording_model() -> type[Recording]:
    """A recording with its steps."""
    steps = (tuple[variants(STEPS, "step"), ...], Field(min_length=1, description="first to last"))
    return create_model("RecordingOfSteps", __base__=Recording, __doc__=Recording.__doc__, steps=steps)


@cache
def analysis_model() -> Any:
    """An analysis, and the names of what it is given."""

    def roles(analysis: Any) -> dict[str, Any]:
        about = "a signal, a recording, or a variable of the run"
        return {role: (Name, Field(description=about)) for role in ("of", *analysis.roles)}

    return variants(ANALYSES, "analysis", more=roles)


@cache
def figure_model() -> type[Figure]:
    """A figure with what it may ask of the number that it stands on."""
    return create_model("FigureOfNumbers", __base__=Figure, __doc__=Figure.__doc__, **variation_fields())


@cache
def experiment_fields() -> dict[str, Any]:
    """The keys of an experiment, as :func:`pydantic.create_model` takes them."""
    probe = variants(PROBES, "kind")
    signal = variants(
        MODELS, "model", more=lambda model: {"probe": (Name, ...)} if model.needs_contacts else {}
    )  # fmt: skip
    return {
        "parameters": (
            dict[ParameterName, float],
            Field(
                default_factory=dict, description='numbers by their names, for expressions: dt_ms: "= period_ms / 100"'
            ),
        ),
        "seed": (int, Field(0, ge=0, description="of random numbers")),
        "cell": (Cell, ...),
        "run": (AnyRun, ...),
        "inputs": (dict[Name, Input], Field(default_factory=dict)),
        "record": (dict[Name, Record], Field(default_factory=dict)),
        "probes": (dict[Name, probe], Field(default_factory=dict)),
        "signals": (dict[Name, signal], Field(default_factory=dict)),
        "recordings": (dict[Name, recording_model()], Field(default_factory=dict)),
        "analyses": (dict[Name, analysis_model()], Field(default_factory=dict)),
        "sweep": (AnySweep | None, None),
    }


@cache
def experiment_model() -> type[Parameters]:
    """One experiment: a cell and what is done to it."""
    return create_model("Experiment", __base__=Parameters, **experiment_fields())


@cache
def gathering_model() -> type[Gathering]:
    """A gathering, with what is made of the signals."""
    about = "a signal or recording of the experiment"
    of_gather = variants(GATHERS, "gather", more=lambda way: {"signal": (Name, Field(description=about))})
    results = (dict[Name, of_gather], Field(min_length=1, description="name to what is made of which signal"))
    analyses = (dict[Name, analysis_model()], Field(default_factory=dict, description="of results that are signals"))
    fields = {"results": results, "analyses": analyses}
    return create_model("GatheringOfResults", __base__=Gathering, __doc__=Gathering.__doc__, **fields)


@cache
def study_models() -> dict[str, type[Header]]:
    """``one`` experiment at the top level of the file, or ``several`` under ``experiments``."""
    shared = {
        "gathered": (dict[Name, gathering_model()], Field(default_factory=dict)),
        "figures": (dict[Name, variants(FIGURES, "kind", base=figure_model())], Field(default_factory=dict)),
        "claims": (dict[Name, variants(MEASURES, "measure", base=Claim)], Field(default_factory=dict)),
    }
    several = {
        "experiments": (Annotated[dict[Name, experiment_model()], Field(min_length=1)], ...),
        "parameters": (
            dict[ParameterName, float],
            Field(default_factory=dict, description="of all experiments; each may have its own"),
        ),
    }  # fmt: skip
    return {
        "one": create_model("Study", __base__=Header, **experiment_fields(), **shared),
        "several": create_model("StudyOfExperiments", __base__=Header, **several, **shared),
    }


def study_model(data: object) -> type[Header]:
    """The model that fits what a file holds."""
    return study_models()["several" if isinstance(data, dict) and "experiments" in data else "one"]


def json_schema() -> dict[str, Any]:
    """The closed schema of study files, for editors and for ``make check``."""
    from pydantic import TypeAdapter

    models = study_models()
    schema = _with_expressions(TypeAdapter(models["one"] | models["several"]).json_schema())
    schema["$defs"]["Expression"] = {
        "type": "string", "pattern": r"^\s*=", "description": "computed from parameters: '= 1000 / f_Hz'",
    }  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A study of lfptools", **schema}


def _with_expressions(node: Any) -> Any:
    """A schema in which an expression may stand for any number."""
    if isinstance(node, list):
        return [_with_expressions(one) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") in ("number", "integer"):
        about = {key: node[key] for key in ("title", "description", "default") if key in node}
        number = {key: value for key, value in node.items() if key not in about}
        return {"anyOf": [number, {"$ref": "#/$defs/Expression"}], **about}
    return {key: value if key == "default" else _with_expressions(value) for key, value in node.items()}

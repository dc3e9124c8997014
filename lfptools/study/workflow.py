"""The Snakefile's one door: which studies, which files each job reads and writes, what each result depends on."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lfptools.errors import ConfigError, unknown_name
from lfptools.provenance.files import content_hash, file_hash
from lfptools.provenance.git import environment
from lfptools.provenance.source import check_origin
from lfptools.report import page
from lfptools.study.index import index
from lfptools.study.load import load_study, refuse_taken_name, study_names, study_path
from lfptools.study.plan import Plan
from lfptools.study.resources import memory_mb, of_job, runtime_min
from lfptools.study.sources import source
from lfptools.study.task import publish
from lfptools.study.variations_model import KINDS

TASKS = Path(".snakemake/lfptools")
FORMATS = (".svg", ".pdf", ".png", ".nc", ".csv")


def prepare(root: Path | str) -> None:
    """Make this run and its jobs use the checkout at ``root``, and know its commit.

    The commit and whether the tree is dirty are determined once per run and handed on by environment variables.

    Raises
    ------
    SourceError
        If another lfptools has been imported.
    """
    root = Path(root).resolve()
    check_origin(root)
    paths = [str(root), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    os.environ.setdefault("LFPTOOLS_CACHE", str(Path.cwd() / ".cache"))
    os.environ.update(environment(root))


class Workflow:
    """Studies of a run, planned when they are asked for.

    Parameters
    ----------
    config : mapping
        Snakemake's configuration: ``study`` (names or paths, separated by commas; ``quick``; ``all``), ``quick`` (list
        of names), ``results`` (folder), ``batch``.
    root : path
        The repository.
    derived : bool
        Whether plans have the cases that figures ask for besides; without them nothing is left for other jobs.
    """

    def __init__(self, config: Mapping[str, Any], root: Path | str, derived: bool = True):
        self.root, self.derived = Path(root), derived
        self.config = config
        self.folder = str(config.get("results") or "results")
        self._plans: dict[str, Plan] = {}
        self._paths: dict[str, Path] = {}
        self.selected = [self._register(name) for name in self._chosen()]

    def _chosen(self) -> list[str]:
        asked = self.config.get("study") or "quick"
        names = [str(name).strip() for name in (asked if isinstance(asked, list) else str(asked).split(","))]
        found: list[str] = []
        for name in names:
            # A workflow that imports this one gives a configuration of its own, which need not say what is quick.
            if name == "quick" and not self.config.get("quick"):
                raise ConfigError(
                    "config: study is 'quick' (or not given): expected a list of names under the key quick"
                )
            found += {"quick": list(self.config.get("quick") or ()), "all": study_names(self.root)}.get(name, [name])
        return list(dict.fromkeys(found))

    def _register(self, name: str) -> str:
        """The study's own name; a file given by its path is read for it."""
        path = study_path(name, self.root)
        if path.parent.resolve() != (self.root / "config/studies").resolve():
            study = load_study(path, self.root, self.derived)
            refuse_taken_name(path, study.name, self.root)
            if study.name in self._paths:
                raise ConfigError(f"two study files have the name {study.name!r}: {self._paths[study.name]} and {path}")
            self._plans[study.name] = self._plan(study)
            name = study.name
        else:
            name = path.stem
        self._paths[name] = path
        return name

    def plan(self, name: str) -> Plan:
        """The plan of a study.

        Raises
        ------
        ConfigError
            If there is no such study, or something is wrong in its file.
        """
        if name not in self._plans:
            path = self._paths.get(name) or study_path(name, self.root)
            study = load_study(path, self.root, self.derived)
            if study.name != name:
                raise ConfigError(f"{path}: study: the file of study {study.name!r} must be called {study.name}.yaml")
            self._plans[name] = self._plan(study)
        return self._plans[name]

    def _plan(self, study: Any) -> Plan:
        batch = self.config.get("batch")
        if batch is not None and not (str(batch).isdecimal() and int(batch) > 0):
            raise ConfigError(f"batch: expected a whole number of at least 1, or null, got {batch!r}")
        plan = Plan(study, self.folder, None if batch is None else int(batch))
        if self.derived:
            publish(plan.tasks(), TASKS)
        return plan

    # --- what rules ask for: functions of wildcards -------------------------------------------------------------------

    def targets(self, wildcards: object = None) -> list[str]:
        """The verdicts of the selected studies."""
        return [str(self.plan(name).folder / "verdict.txt") for name in self.selected]

    def inputs(self, stage: str) -> Callable[[Any], list[str]]:
        """Folders that a bucket of a stage is made from."""
        return lambda wildcards: self.plan(wildcards.study).inputs_of(stage, wildcards.bucket)

    def depends(self, stage: str) -> Callable[[Any], dict[str, Any]]:
        """What a bucket depends on besides: its members, the source, versions of libraries."""

        def of(wildcards: Any) -> dict[str, Any]:
            members = self.plan(wildcards.study).in_bucket(stage, wildcards.bucket)
            return {"members": [member.key for member in members], **source(stage, [m.config for m in members])}

        return of

    def memory(self, stage: str) -> Callable[..., int]:
        """MB that a job of a rule may need."""
        return of_job(memory_mb, stage, lambda wildcards: self._members(stage, wildcards))

    def runtime(self, stage: str) -> Callable[..., int]:
        """Minutes that a job of a rule may take."""
        return of_job(runtime_min, stage, lambda wildcards: self._members(stage, wildcards))

    def _members(self, stage: str, wildcards: Any) -> list[Any]:
        bucket = getattr(wildcards, "bucket", None)
        return [] if bucket is None else self.plan(wildcards.study).in_bucket(stage, bucket)

    def figure_inputs(self, wildcards: Any) -> list[str]:
        """Folders that a figure is drawn from."""
        plan = self.plan(wildcards.study)
        return plan.data_of(_experiments(figure_config(plan, wildcards.figure)))

    def figure_depends(self, wildcards: Any) -> dict[str, Any]:
        """A figure's own configuration, its cases, and its source."""
        plan = self.plan(wildcards.study)
        config = figure_config(plan, wildcards.figure)
        return {"figure": content_hash([config, _labels(plan)]), **source("figure", [config])}

    def check_inputs(self, wildcards: Any) -> list[str]:
        """Folders that a figure's number is measured from, at every setting that it names."""
        plan = self.plan(wildcards.study)
        check_config(plan, wildcards.figure)
        return plan.data_of_variations(wildcards.figure)

    def check_depends(self, wildcards: Any) -> dict[str, Any]:
        """What a figure asks of its number, its own configuration where that is drawn again, the cases, the source."""
        plan = self.plan(wildcards.study)
        config = check_config(plan, wildcards.figure)
        cases = [
            [case.id for case in (*one.cases, *one.gathered, *one.derived(), *one.derived_gathered())]
            for one in plan.variations_of(wildcards.figure)
        ]
        figure = figure_config(plan, wildcards.figure)
        return {"check": content_hash([config, figure, cases]), **source("check", [config, figure])}

    def checks(self, wildcards: Any) -> list[str]:
        """The answers to what the figures of a study ask of their numbers."""
        plan = self.plan(wildcards.study)
        names = dict.fromkeys(one.figure for one in plan.study.variations)
        return [str(plan.folder / "checks" / f"{name}{ending}") for name in names for ending in (".json", ".svg")]

    def figure_caption(self, wildcards: Any) -> str:
        """A figure's caption in the study file, for Snakemake's own report."""
        return figure_config(self.plan(wildcards.study), wildcards.figure).get("caption", "")

    def results(self, wildcards: Any) -> list[str]:
        """Folders of everything that a study computes."""
        return self.plan(wildcards.study).data_of()

    def index_depends(self, wildcards: Any) -> dict[str, str]:
        """What the index says: the study's file, its cases and where their results lie."""
        return {"index": content_hash(index(self.plan(wildcards.study)))}

    def analyse_depends(self, wildcards: Any) -> dict[str, Any]:
        """The claims, and the source of the measures."""
        claims = self.plan(wildcards.study).study.config().get("claims", {})
        return {"claims": content_hash(claims), **source("analyse", list(claims.values()))}

    def figures(self, wildcards: Any) -> list[str]:
        """Every file of every figure of a study."""
        plan = self.plan(wildcards.study)
        return [
            str(plan.folder / "figures" / f"{name}{ending}") for name in plan.study.model.figures for ending in FORMATS
        ]

    def report_depends(self, wildcards: Any) -> dict[str, Any]:
        """The whole study file, and the source of the page."""
        plan = self.plan(wildcards.study)
        template = Path(page.__file__).parent / "templates/page.html"
        return {"study": content_hash(plan.study.config()), "template": file_hash(template), **source("report")}

    def verdict_depends(self, wildcards: Any) -> dict[str, Any]:
        """The source of the verdict."""
        return source("verdict")


def figure_config(plan: Plan, name: str) -> dict[str, Any]:
    """A figure's configuration as plain data, without what it asks of its number.

    Raises
    ------
    ConfigError
        If the study has no such figure.
    """
    figures = plan.study.config().get("figures", {})
    if name not in figures:
        raise ConfigError(unknown_name("figure", name, figures, f"study {plan.study.name!r}"))
    return {key: value for key, value in figures[name].items() if key not in KINDS}


def check_config(plan: Plan, name: str) -> dict[str, Any]:
    """What a figure asks of its number, as plain data.

    Raises
    ------
    ConfigError
        If the study has no such figure, or it asks nothing.
    """
    figure_config(plan, name)
    found = {key: value for key, value in plan.study.config()["figures"][name].items() if key in KINDS}
    if not found:
        raise ConfigError(f"figure {name!r} of study {plan.study.name!r} has neither {' nor '.join(KINDS)}")
    return found


def check_sources(plan: Plan, name: str) -> tuple[list[str], dict[str, str]]:
    """Ids of the study's cases that a figure's number comes from, and hashes of the files their cells are made of."""
    cases = [case for one in plan.variations_of(name) for case in one.cases]
    ids = list(dict.fromkeys(case.id for case in cases))
    return ids, plan.file_hashes({case.experiment for case in cases})


def figure_sources(plan: Plan, config: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Ids of the cases that a figure may show, and hashes of the files that their cells are made of."""
    experiments = _experiments(config)
    return [case.id for case in plan.cases(experiments)], plan.file_hashes(experiments)


def _labels(plan: Plan) -> list[list[str]]:
    return [[case.experiment, case.label, case.id] for case in (*plan.study.cases, *plan.study.gathered)]


def _experiments(config: Mapping[str, Any]) -> set[str] | None:
    """Experiments that a figure names; None for all."""
    own = config.get("experiment")
    found = {own} if own is not None else set()
    waiting: list[Any] = [value for key, value in config.items() if key != "experiment"]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            found |= {inner for key, inner in value.items() if key == "experiment" and isinstance(inner, str)}
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value
    return found if own is not None or found else None

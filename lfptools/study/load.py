"""A study file, read, checked and resolved to its cases."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lfptools.config.document import Document, KeyPath, read
from lfptools.config.parameters import names_file, plain
from lfptools.config.problems import validate
from lfptools.errors import ConfigError, unknown_name
from lfptools.study.cases import Case, resolve
from lfptools.study.gathered import GatheredCase, gathered_cases
from lfptools.study.model import MAIN, Header, study_model
from lfptools.study.parameters import PARAMETERS, computed, expressions, told
from lfptools.study.sweep import points
from lfptools.study.variations import Variation, derive

STUDIES = Path("config/studies")
_TEXTS = ("study", "title", "question")


@dataclass(frozen=True, eq=False)
class Study:
    """A study whose every name, key and number has been checked.

    Parameters
    ----------
    document : Document
        The file.
    model : Header
        Its validated content.
    cases : tuple of Case
        Of all experiments, in the order of the file.
    folders : tuple of Path
        Where the files that it names are looked for.
    variations : tuple of Variation
        What its figures ask of their numbers; their cases are none of the study's own.
    gathered : tuple of GatheredCase
        What is made of several cases together.
    """

    document: Document
    model: Header
    cases: tuple[Case, ...]
    folders: tuple[Path, ...]
    variations: tuple[Variation, ...] = ()
    gathered: tuple[GatheredCase, ...] = ()

    @property
    def name(self) -> str:
        return self.model.study

    @property
    def title(self) -> str:
        return self.model.title or self.model.study.replace("_", " ")

    def config(self) -> dict[str, Any]:
        """The validated file as plain data."""
        return plain(self.model)


def load_study(path: Path | str, root: Path | str = ".", derived: bool = True) -> Study:
    """Read and check a study file; nothing is run.

    Parameters
    ----------
    path : path
        The file.
    root : path
        Folder that relative file names may also refer to (the repository).
    derived : bool
        Whether to derive the cases that figures ask for (``variations``): a job that needs them not saves the time.

    Raises
    ------
    ConfigError
        With one line for each thing that is wrong: file, line, key, what was expected, what came, the nearest key.
    """
    from lfptools.study.checks import problems, problems_of_cases, unopened

    path = Path(path)
    document = read(path)
    folder = path.resolve().parent
    folders = (folder, folder.parent, Path(root).resolve())
    _include(document, folders)
    model = validate(study_model(document.data), _computed(document))
    cases: list[Case] = []
    wrong: list[str] = []
    complete = True
    for name, data, key in _experiments(document):
        sweep = model.experiment_models()[name].sweep
        found, messages = resolve(name, data, sweep, document, key)
        complete = complete and len(found) == len(points(sweep))
        cases += found
        wrong += messages
    study = Study(
        document,
        model,
        tuple(cases),
        folders,
        gathered=gathered_cases(model.gathered, model.experiment_models(), cases),
    )
    wrong += problems(study, references=complete)
    if wrong:
        raise ConfigError("\n".join(wrong))
    if not derived:
        return study
    variations, wrong = derive(study, _experiments(document), unopened(study))
    wrong += problems_of_cases(study, [case for one in variations for case in one.derived()])
    if wrong:
        raise ConfigError("\n".join(wrong))
    return replace(study, variations=tuple(variations))


def study_path(name: str, root: Path | str = ".") -> Path:
    """The file of a study, given by its name or by its path.

    Raises
    ------
    ConfigError
        If there is none; names the nearest.
    """
    if name.endswith((".yaml", ".yml")):
        for path in (Path(name).expanduser(), Path(root) / name):
            if path.is_file():
                return path
        if Path(name).is_dir():
            raise ConfigError(f"{name}: is a folder; expected a study's file")
        raise ConfigError(f"there is no study file {name!r} (in {Path.cwd()})")
    names = study_names(root)
    if name not in names and (os.sep in name or Path(name).exists()):
        raise ConfigError(f"{name}: is no study: expected a file that ends in .yaml or .yml, or a study's name")
    if name not in names:
        raise ConfigError(unknown_name("study", name, names, str(Path(root) / STUDIES)))
    return Path(root) / STUDIES / f"{name}.yaml"


def study_names(root: Path | str = ".") -> list[str]:
    """The studies of the repository."""
    return sorted(path.stem for path in (Path(root) / STUDIES).glob("*.yaml"))


def refuse_taken_name(path: Path, name: str, root: Path | str = ".") -> None:
    """Refuse a file from elsewhere with the name of one of the repository's studies: their results have one folder.

    Raises
    ------
    ConfigError
        Names both files.
    """
    own = Path(root) / STUDIES / f"{name}.yaml"
    if own.is_file() and path.resolve() != own.resolve():
        raise ConfigError(
            f"{path}: study: the name {name!r} is that of {own}, and both would write results/{name}: "
            "give it another name"
        )


def _experiments(document: Document) -> list[tuple[str, dict[str, Any], KeyPath]]:
    """Name, data and place of each experiment, with the study's seed and parameters where it has not its own."""
    data = document.data
    if "experiments" not in data:
        return [(MAIN, data, ())]
    found = []
    for name, inner in data["experiments"].items():
        shared = {"seed": data["seed"]} if "seed" in data else {}
        own = {**shared, **inner}
        if PARAMETERS in data or PARAMETERS in inner:
            own[PARAMETERS] = {**data.get(PARAMETERS, {}), **inner.get(PARAMETERS, {})}
        found.append((name, own, ("experiments", name)))
    return found


def _computed(document: Document) -> Document:
    """The file with its expressions computed, from the parameters as it states them."""
    data = document.data
    if not any(True for _ in expressions(data)):
        return document
    top = {key: value for key, value in data.items() if key not in _TEXTS}
    experiments = top.pop("experiments", None)
    found, wrong = computed(top)
    messages = told(wrong, document.where)
    if isinstance(experiments, dict) and all(isinstance(one, dict) for one in experiments.values()):
        made = {}
        for name, own, key in _experiments(document):
            made[name], wrong = computed(own)
            own_names = experiments[name].get(PARAMETERS, {})
            wrong = [one for one in wrong if one[0][0] != PARAMETERS or one[0][1] in own_names]  # others are told above
            messages += told(wrong, document.where, key)
            if PARAMETERS not in experiments[name]:
                made[name].pop(PARAMETERS, None)
            if "seed" not in experiments[name]:
                made[name].pop("seed", None)
        experiments = made
    if messages:
        raise ConfigError("\n".join(dict.fromkeys(messages)))
    found |= {key: data[key] for key in _TEXTS if key in data}
    found |= {"experiments": experiments} if experiments is not None else {}
    return replace(document, data={key: found[key] for key in data})


def _include(document: Document, folders: tuple[Path, ...]) -> None:
    """Put the content of files in the place of their names: a cell, or a probe, may have a file of its own."""
    data = document.data
    blocks = [((), data)]
    if isinstance(data.get("experiments"), dict):
        blocks = [(("experiments", name), inner) for name, inner in data["experiments"].items()]
    for key, block in blocks:
        if not isinstance(block, dict):
            continue
        if isinstance(block.get("cell"), str):
            block["cell"] = _included(document, (*key, "cell"), block["cell"], folders)
        probes = block.get("probes")
        for name, probe in probes.items() if isinstance(probes, dict) else ():
            if isinstance(probe, str):
                probes[name] = _included(document, (*key, "probes", name), probe, folders)


def _included(document: Document, key: KeyPath, name: str, folders: tuple[Path, ...]) -> object:
    for folder in folders:
        if (folder / name).is_file():
            inner = read(folder / name)
            document.included[key] = inner
            _name_from_study(inner.data, inner.path.resolve().parent, folders)
            return inner.data
    tried = ", ".join(str(folder / name) for folder in folders)
    raise ConfigError(f"{document.where(key)}: {'.'.join(map(str, key))}: no such file; looked for {tried}")


def _name_from_study(whole: dict[str, Any], beside: Path, folders: tuple[Path, ...]) -> None:
    """Give files that lie beside a cell's or probe's own file the names by which they are found from the study.

    A name stays as it is written where nothing lies beside that file.
    """
    hoc_model = whole.get("hoc_model")
    places = [(whole, key) for key in whole if key in ("morphology", "mechanisms") or names_file(key)]
    places += [(hoc_model, key) for key in ("file", "folder") if isinstance(hoc_model, dict)]
    for block, key in places:
        name = block.get(key)
        if not isinstance(name, str) or name.startswith(("neuron:", "lfptools:")):
            continue
        wanted = (beside / Path(name).expanduser()).resolve()
        if wanted.exists():
            names = (name, *(os.path.relpath(wanted, folder) for folder in folders))
            block[key] = next((one for one in names if _first(one, folders) == wanted), str(wanted))


def _first(name: str, folders: tuple[Path, ...]) -> Path | None:
    paths = ((folder / Path(name).expanduser()).resolve() for folder in folders)
    return next((path for path in paths if path.exists()), None)

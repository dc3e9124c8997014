"""The results of a study, case by case, opened when they are looked at."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import xarray as xr

from lfptools.errors import CaseFailed, DatasetError, unknown_name
from lfptools.io.failures import Failure, failure_of, first_failure
from lfptools.io.netcdf import open_dataset


@dataclass(frozen=True, eq=False)
class CaseResults:
    """One case: one point of a study's sweep, of one experiment.

    Parameters
    ----------
    id : str
        Label and hash of the resolved content.
    experiment : str
        Experiment of the study.
    label : str
        Readable name.
    values : mapping of str to object
        Sweep key to the value of this case.
    config : mapping
        The resolved configuration.
    paths : mapping
        ``geometry``, ``run`` and ``cell_type`` to a path; ``lead_field``, ``signal`` and ``analysis`` to a mapping of
        name to path. Any may be missing.
    gathered : bool
        Whether it is made of several cases together; then it has signals and analyses alone.
    """

    id: str
    experiment: str
    label: str
    values: Mapping[str, Any]
    config: Mapping[str, Any]
    paths: Mapping[str, Any]
    gathered: bool = False
    _opened: dict[tuple[str, str], xr.Dataset] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def from_folder(cls, folder: Path | str) -> "CaseResults":
        """A case from its folder of readable names, ``results/<study>/data/<experiment>/<case>``.

        Raises
        ------
        DatasetError
            If a file is no dataset of a case, or there is none.
        """
        folder = Path(folder)
        paths: dict[str, Any] = {"lead_field": {}, "signal": {}, "analysis": {}}
        for path in sorted(folder.glob("*.nc")):
            kind = open_dataset(path).attrs["kind"]
            if kind == "lead_field":
                paths[kind][path.stem.removeprefix("lead_field_")] = path
            elif kind in paths:
                paths[kind][path.stem] = path
            elif path.stem == kind:
                paths[kind] = path
            else:
                raise DatasetError(f"{folder}: no folder of a case's results: {path.name} is a {kind}")
        if not any(paths.values()):
            raise DatasetError(f"{folder}: no folder of a case's results: expected datasets (.nc) in it, got none")
        label = folder.resolve().name
        return cls(id=label, experiment=folder.resolve().parent.name, label=label, values={}, config={}, paths=paths)

    @cached_property
    def geometry(self) -> xr.Dataset:
        """Segments, topology and 3-D points; see :func:`lfptools.io.geometry.segments_from_dataset`."""
        with self._open("geometry", self._path("geometry")) as dataset:
            return dataset.load()

    @cached_property
    def run(self) -> xr.Dataset:
        """What was recorded; lazy."""
        return self._open("run", self._path("run"))

    @cached_property
    def cell_type(self) -> xr.Dataset:
        """What was read out of a hoc model, its parameters in every segment among it; only such cases have one."""
        return self._open("cell_type", self._path("cell_type"))

    def lead_field(self, name: str) -> xr.Dataset:
        """The lead field of a signal; lazy."""
        return self._named("lead_field", name)

    def signal(self, name: str) -> xr.Dataset:
        """A signal by its name in the study; lazy."""
        return self._named("signal", name)

    def analysis(self, name: str) -> xr.Dataset:
        """An analysis by its name in the study; lazy."""
        return self._named("analysis", name)

    @property
    def files(self) -> dict[tuple[str, str], Path]:
        """Kind and name to the path of every file that it is made of, whether it is there or not."""
        found: dict[tuple[str, str], Path] = {}
        for kind, value in self.paths.items():
            named = value.items() if isinstance(value, Mapping) else [("", value)]
            found |= {(kind, name): Path(path) for name, path in named}
        return found

    @property
    def is_made(self) -> bool:
        """Whether all of its files are there."""
        return all(path.is_file() for path in self.files.values())

    def failure_in(self, names: Collection[str]) -> Failure | None:
        """Why its cell, its run, or one of the signals and analyses of these names could not be made."""
        return first_failure(path for (_, name), path in self.files.items() if not name or name in names)

    @cached_property
    def failure(self) -> Failure | None:
        """Why a part of this case could not be made; None where all was made, or is still to be made."""
        return first_failure(list(self.files.values()))

    def _named(self, kind: str, name: str) -> xr.Dataset:
        if (kind, name) not in self._opened:
            paths = self.paths.get(kind) or {}
            if name not in paths:
                raise DatasetError(unknown_name(kind.replace("_", " "), name, paths, where=self._where))
            self._opened[kind, name] = self._open(kind, Path(paths[name]))
        return self._opened[kind, name]

    def _path(self, kind: str) -> Path:
        path = self.paths.get(kind)
        if path is None:
            raise DatasetError(f"{self._where}: it has no {kind}; it has {sorted(self.paths) or 'nothing'}")
        return Path(path)

    def _open(self, kind: str, path: Path) -> xr.Dataset:
        if not path.is_file():
            failure = failure_of(path)
            if failure is not None:
                raise CaseFailed(f"{self._where} failed ({failure.stage}): {failure.message}; log: {failure.log}")
            raise DatasetError(f"{self._where}: its {kind} is not there: {path} (was the study run to its end?)")
        return open_dataset(path, kind)

    @property
    def _where(self) -> str:
        return f"case {self.label!r} of experiment {self.experiment!r}"


@dataclass(frozen=True, eq=False)
class StudyResults:
    """All cases of a study.

    Parameters
    ----------
    study, title : str
        Name and title.
    config : mapping
        The study's configuration.
    cases : tuple of CaseResults
        In the order of the study.
    """

    study: str
    title: str
    config: Mapping[str, Any]
    cases: tuple[CaseResults, ...]

    @classmethod
    def from_index(cls, path: Path | str) -> "StudyResults":
        """Read ``index.json``; its paths are relative to its own folder. No dataset is opened.

        Raises
        ------
        DatasetError
            If the file is not there or is no index.
        """
        path = Path(path)
        try:
            index = json.loads(path.read_text(encoding="utf-8"))
            cases = tuple(_case(entry, path.parent) for entry in index["cases"])
            return cls(str(index["study"]), str(index["title"]), index["config"], cases)
        except FileNotFoundError as error:
            raise DatasetError(f"no index of results at {path}: run the study first") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DatasetError(f"{path} is no index of a study's results ({type(error).__name__}: {error})") from error

    @classmethod
    def from_path(cls, path: Path | str) -> "StudyResults":
        """The results that a path means: a study's folder, a case's folder in it, or a file in that.

        Raises
        ------
        DatasetError
            If it is none of these.
        """
        path = Path(path)
        if not path.exists():
            raise DatasetError(f"{path}: there is no such file or folder")
        folder = path if path.is_dir() else path.parent
        if path.name == "index.json" or (path.is_dir() and (path / "index.json").is_file()):
            return cls.from_index(folder / "index.json")
        case = CaseResults.from_folder(folder)
        return cls(case.experiment, case.experiment, {}, (case,))

    def select(self, experiment: str | None = None, case: str | Mapping[str, Any] | None = None) -> list[CaseResults]:
        """Cases by experiment and by label, id, sweep value, or ``{sweep key: value}``; possibly none.

        Gathered cases are selected by the name of their gathering alone.

        Raises
        ------
        DatasetError
            If the study has no such experiment, or its cases no such sweep key.
        """
        experiments = list(dict.fromkeys(entry.experiment for entry in self.cases))
        if experiment is not None and experiment not in experiments:
            raise DatasetError(unknown_name("experiment", experiment, experiments, where=f"study {self.study!r}"))
        among = [entry for entry in self.cases if experiment in (None, entry.experiment)]
        if experiment is None:
            among = [entry for entry in among if not entry.gathered]
        if case is None:
            return among
        if isinstance(case, Mapping):
            keys = {key for entry in among for key in entry.values}
            for key in case:
                if key not in keys:
                    raise DatasetError(unknown_name("sweep key", key, keys, where=f"study {self.study!r}"))
            return [entry for entry in among if all(_same(entry.values.get(key), value) for key, value in case.items())]
        return [entry for entry in among if _is_called(entry, str(case))]

    def one(self, experiment: str | None = None, case: str | Mapping[str, Any] | None = None) -> CaseResults:
        """The only case selected.

        Raises
        ------
        DatasetError
            If it is not exactly one; names the labels there are.
        """
        found = self.select(experiment, case)
        if len(found) == 1:
            return found[0]
        asked = ", ".join(
            f"{name} {value!r}" for name, value in (("experiment", experiment), ("case", case)) if value is not None
        )
        among = found or [entry for entry in self.cases if experiment in (None, entry.experiment)]
        labels = [f"{entry.experiment}: {entry.label}" for entry in among]
        shown = "; ".join(labels[:20]) + (f"; … ({len(labels)} in all)" if len(labels) > 20 else "")
        raise DatasetError(
            f"study {self.study!r}: {asked or 'no selection'} means {len(found)} cases, expected one. "
            f"{'They are' if found else 'There are'}: {shown or 'none'}. "
            "Say which with 'experiment' and 'case' (a label, an id, a sweep value, or {sweep key: value})."
        )


def read_json(path: Path) -> Any:
    """What a run has written as JSON.

    Raises
    ------
    DatasetError
        If it is not there, or truncated.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: not there: was the study run to its end?") from error
    except ValueError as error:
        raise DatasetError(f"{path}: truncated or no JSON ({error}); run the study again") from error


def _case(entry: Mapping[str, Any], folder: Path) -> CaseResults:
    paths = {
        kind: {name: folder / rel for name, rel in value.items()} if isinstance(value, Mapping) else folder / value
        for kind, value in entry.get("paths", {}).items()
        if value is not None
    }
    return CaseResults(
        id=entry["id"], experiment=entry["experiment"], label=entry["label"], values=entry.get("values", {}),
        config=entry.get("config", {}), paths=paths, gathered=bool(entry.get("gathered")),
    )  # fmt: skip


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    return a == b or (a is not None and str(a) == str(b))


def _is_called(entry: CaseResults, name: str) -> bool:
    return name in (entry.label, entry.id) or any(str(value) == name for value in entry.values.values())

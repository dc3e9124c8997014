"""What a run of a study left: claims, answers to what figures ask, and its datasets, from a folder or a baseline."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from lfptools.errors import DatasetError
from lfptools.io.atomic import write_json
from lfptools.io.compared import Digest, digest
from lfptools.io.failures import failure_of
from lfptools.io.opening import open_lazily
from lfptools.io.results import StudyResults, read_json
from lfptools.provenance.files import content_hash
from lfptools.study.variations_model import KINDS

FORMAT = "lfptools baseline 1"


@dataclass(frozen=True, eq=False)
class Table:
    """The variables of one dataset: of a file, or as digests.

    Parameters
    ----------
    path : Path or None
        Its file.
    digests : mapping or None
        Variable to its digest, where the file is not kept.
    """

    path: Path | None = None
    digests: Mapping[str, Digest] | None = None

    @property
    def missing(self) -> str | None:
        """Why there is none; None if there is one."""
        if self.digests is not None or (self.path is not None and self.path.is_file()):
            return None
        failure = failure_of(self.path) if self.path is not None else None
        return f"failed ({failure.stage}): {failure.message}" if failure is not None else "not made"

    @contextmanager
    def opened(self) -> Iterator[Mapping[str, xr.DataArray]]:
        """Every variable of the file, coordinates among them, lazily.

        Raises
        ------
        DatasetError
            If the file is damaged.
        """
        try:
            dataset = open_lazily(self.path, decode_times=False, decode_timedelta=False, cache=False)
        except (OSError, ValueError, RuntimeError) as error:
            raise DatasetError(f"{self.path}: truncated, or no NetCDF file ({error})") from error
        with dataset:
            yield {str(name): dataset[name] for name in dataset.variables}

    def digested(self) -> Mapping[str, Digest]:
        """The digests of all variables; of a file they are computed."""
        if self.digests is not None:
            return self.digests
        with self.opened() as variables:
            return {name: digest(array) for name, array in variables.items()}


@dataclass(frozen=True, eq=False)
class KeptRun:
    """One run of one study.

    Parameters
    ----------
    study : str
        Its name.
    where : str
        Where it was read, for messages.
    claims, checks : mapping
        Name of a claim, or of a figure, to what the workflow wrote of it.
    bounds : mapping
        Name of a claim to the bounds of its expectation, where it is no equality.
    configs : mapping
        (experiment, case) to its configuration, or to the hash of it.
    tables : mapping or None
        Name of a dataset to its variables: ``figures/map``, ``checks/map``, ``data/main/apical/lfp``; None where a
        baseline was made without data.
    """

    study: str
    where: str
    claims: Mapping[str, Mapping[str, Any]]
    checks: Mapping[str, Mapping[str, Any]]
    bounds: Mapping[str, list[float]]
    configs: Mapping[tuple[str, str], Any]
    tables: Mapping[str, Table] | None


def kept_runs(path: Path | str) -> dict[str, KeptRun]:
    """The runs that a path means, by study: a study's folder of results, a folder of such folders, or a baseline.

    Raises
    ------
    DatasetError
        If it is none of these, or a study in it has not been run to its end.
    """
    path = Path(path)
    if path.is_file() and path.suffix.lower() == ".json" and path.name != "index.json":
        return _of_baseline(path)
    if path.name == "index.json":
        path = path.parent
    if (path / "index.json").is_file():
        run = _of_folder(path)
        return {run.study: run}
    found = [_of_folder(index.parent) for index in sorted(path.glob("*/index.json"))] if path.is_dir() else []
    if not found:
        what = "there is no such file or folder" if not path.exists() else "holds no results of a study (no index.json)"
        raise DatasetError(
            f"{path}: {what}; expected a study's folder of results, a folder of such folders, or a baseline's .json"
        )
    return {run.study: run for run in found}


def _of_folder(folder: Path) -> KeptRun:
    results = StudyResults.from_index(folder / "index.json")
    try:
        return _of_results(results, folder)
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{folder}: claims, checks or index are not as a run writes them ({type(error).__name__}: {error}); "
            "run the study again"
        ) from error


def _of_results(results: StudyResults, folder: Path) -> KeptRun:
    config = results.config
    figures = config.get("figures") or {}
    asking = [name for name, figure in figures.items() if any(kind in figure for kind in KINDS)]
    tables = {f"figures/{name}": Table(folder / f"figures/{name}.nc") for name in figures}
    tables |= {f"checks/{name}": Table(folder / f"checks/{name}.nc") for name in asking}
    for case in results.cases:
        where = f"data/{case.experiment}/{case.label}"
        tables |= {f"{where}/{_file_name(*of)}": Table(file) for of, file in case.files.items()}
    return KeptRun(
        study=results.study, where=str(folder),
        claims={one["name"]: one for one in read_json(folder / "claims.json")},
        checks={name: read_json(folder / f"checks/{name}.json") for name in asking},
        bounds={name: _bounds(claim) for name, claim in (config.get("claims") or {}).items()},
        configs={(case.experiment, case.label): case.config for case in results.cases}, tables=tables,
    )  # fmt: skip


def _file_name(kind: str, name: str) -> str:
    return name if kind == "signal" else "_".join(filter(None, (kind, name)))


def _bounds(claim: Mapping[str, Any]) -> list[float]:
    found = [claim[name] for name in ("less_than", "greater_than") if claim.get(name) is not None]
    return [*found, *(claim.get("between") or ())]


def write_baseline(runs: Mapping[str, KeptRun], path: Path, data: bool = True) -> None:
    """Write runs as a baseline: claims, checks and, with ``data``, a digest of every variable of every dataset.

    Raises
    ------
    DatasetError
        If a dataset is not there: a baseline of an unfinished run would call what is missing new.
    """
    for run in runs.values():
        for name, table in (run.tables or {}).items() if data else ():
            if table.missing is not None:
                raise DatasetError(f"{run.where}: {name}: {table.missing}; a baseline is made of a complete run")
    studies = {name: _plain(run, data) for name, run in runs.items()}
    write_json({"format": FORMAT, "studies": studies}, path)


def _plain(run: KeptRun, data: bool) -> dict[str, Any]:
    files: dict[Path, Mapping[str, Digest]] = {}
    tables: dict[str, Any] | None = {} if data and run.tables is not None else None
    for name, table in (run.tables or {}).items() if tables is not None else ():
        known = table.digests
        if table.path is not None:
            file = table.path.resolve()  # cases share files
            known = files[file] = files.get(file) or table.digested()
        tables[name] = {variable: one.plain() for variable, one in known.items()}
    return {
        "claims": list(run.claims.values()), "checks": dict(run.checks), "bounds": dict(run.bounds),
        "configs": [[*case, content_hash(config)] for case, config in run.configs.items()], "tables": tables,
    }  # fmt: skip


def _of_baseline(path: Path) -> dict[str, KeptRun]:
    given = read_json(path)
    if not isinstance(given, Mapping) or given.get("format") != FORMAT:
        raise DatasetError(f"{path} is no baseline: expected the key 'format' with {FORMAT!r}; see lfptools baseline")
    found = {}
    try:
        for study, run in given["studies"].items():
            tables = run["tables"] and {
                name: Table(digests={variable: Digest.from_plain(one) for variable, one in digests.items()})
                for name, digests in run["tables"].items()
            }
            configs = {(experiment, case): known for experiment, case, known in run["configs"]}
            claims = {one["name"]: one for one in run["claims"]}
            found[study] = KeptRun(study, str(path), claims, run["checks"], run["bounds"], configs, tables)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(f"{path}: damaged baseline ({type(error).__name__}: {error}); make it again") from error
    return found

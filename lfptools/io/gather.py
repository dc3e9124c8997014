"""All cases of a study as one labelled object, whose numbers are read when they are looked at."""

from collections.abc import Collection, Sequence
from pathlib import Path

import xarray as xr

from lfptools.errors import DatasetError, unknown_name
from lfptools.io.arrangement import CASE, alone, arranged, short_names, swept
from lfptools.io.opening import open_lazily
from lfptools.io.results import CaseResults, StudyResults
from lfptools.io.stacking import Described, differing, stacked


def open_study(
    folder: Path | str, experiment: str | None = None, variables: Sequence[str] | None = None
) -> xr.Dataset | xr.DataTree:
    """Open the results of a study, finished or not.

    Parameters
    ----------
    folder : path
        ``results/<study>``.
    experiment : str, optional
        One of several; by default all of them.
    variables : sequence of str, optional
        Names of signals, analyses and recorded variables; by default all.

    Returns
    -------
    xarray.Dataset or xarray.DataTree
        Of one experiment: a dataset. What the sweep changes are dimensions where the cases are a full grid of it;
        otherwise ``case`` is the dimension and the swept keys are coordinates along it. A coordinate is called by the
        last part of the swept key, as far as that is enough to tell it, and has the whole in its attribute
        ``sweep_key``. A signal or analysis is called by its name in the study; of an analysis that makes several
        variables they are ``<analysis>.<variable>``. What differs from case to case along the same rows, such as
        the positions of a probe that is moved, has the dimensions of the cases, too; attributes that differ are left
        out.

        Where cases have different times, contacts, segments or frequencies: a tree with a node for each case, whose
        swept keys are scalar coordinates. Its attribute ``differing_variables`` lists the variables with different
        axes: the others, asked for by `variables`, open as one dataset. Of several experiments: a tree with a node
        for each.

        Numbers are read from the files when they are looked at, those of the cases that are asked for alone. Cases
        whose run or signals have not been made are left out, and listed in the attribute ``missing_cases``; analyses
        that have not been made in all the others are listed in ``missing_analyses``.

    Raises
    ------
    DatasetError
        If there is no study, experiment or variable of that name, or no result yet.
    """
    results = StudyResults.from_index(Path(folder) / "index.json")
    names = list(dict.fromkeys(case.experiment for case in results.cases))
    if experiment is not None and experiment not in names:
        raise DatasetError(unknown_name("experiment", experiment, names, where=f"study {results.study!r}"))
    chosen = [experiment] if experiment is not None else names
    found = {name: _experiment(results, name, variables) for name in chosen}
    if len(found) == 1:
        return found[chosen[0]]
    nodes = {name: one if isinstance(one, xr.DataTree) else xr.DataTree(one) for name, one in found.items()}
    return xr.DataTree(xr.Dataset(attrs={"study": results.study, "title": results.title}), children=nodes)


def _experiment(results: StudyResults, name: str, variables: Sequence[str] | None) -> xr.Dataset | xr.DataTree:
    cases = results.select(experiment=name)
    made = [case for case in cases if all(path.is_file() for path in (_files(case) or _analyses(case)).values())]
    analyses = {one for case in made for one in _analyses(case)}
    lacking = sorted(one for one in analyses if not all(one in _analyses(case, made=True) for case in made))
    if not made:
        raise DatasetError(
            f"study {results.study!r}, experiment {name!r}: none of its {len(cases)} cases has been made"
        )
    about = {"study": results.study, "title": results.title, "experiment": name}
    missing = [case.label for case in cases if case not in made]
    if missing:
        about["missing_cases"] = missing
    if lacking:
        about["missing_analyses"] = lacking
    described = [_described(case, analyses.difference(lacking)) for case in made]
    names = list(dict.fromkeys(name for of_case in described for name in of_case))
    wanted = list(variables) if variables is not None else names
    for one in wanted:
        if one not in names:
            not_made = f"; not made in all cases: {', '.join(lacking)}" if lacking else ""
            raise DatasetError(unknown_name("variable", one, names, where=f"study {results.study!r}") + not_made)
    described = [{one: of_case[one] for one in wanted if one in of_case} for of_case in described]
    unlike = differing(described)
    if not unlike:
        return stacked(described, arranged(made), about)
    short = short_names(swept(made))
    nodes = {
        case.label.replace("/", "_"): xr.DataTree(stacked([of_case], alone(case, short), about | {CASE: case.label}))
        for case, of_case in zip(made, described, strict=True)
    }
    return xr.DataTree(xr.Dataset(attrs=about | {"differing_variables": unlike}), children=nodes)


def _files(case: CaseResults) -> dict[str, Path]:
    """The run and each signal of a case."""
    run = {"": Path(case.paths["run"])} if "run" in case.paths else {}  # gathered cases have none
    return {**run, **{name: Path(path) for name, path in case.paths.get("signal", {}).items()}}


def _analyses(case: CaseResults, made: bool = False) -> dict[str, Path]:
    """Each analysis of a case; those that are there, where asked for."""
    paths = {name: Path(path) for name, path in case.paths.get("analysis", {}).items()}
    return {name: path for name, path in paths.items() if path.is_file()} if made else paths


def _described(case: CaseResults, analyses: Collection[str]) -> dict[str, Described]:
    """Every variable of a case's run, signals and these analyses, by its name in the study."""
    found = {}
    named = {name: path for name, path in _analyses(case).items() if name in analyses}
    for of, path in {**_files(case), **named}.items():
        with open_lazily(path, decode_times=False) as dataset:
            several = of in named and len(dataset.data_vars) > 1
            for name, variable in dataset.data_vars.items():
                coords = {
                    str(key): (tuple(map(str, c.dims)), c.values, dict(c.attrs)) for key, c in variable.coords.items()
                }
                found[f"{of}.{name}" if several else of or str(name)] = Described(
                    path, str(name), tuple(map(str, variable.dims)), variable.shape, variable.dtype,
                    dict(variable.attrs), coords,
                )  # fmt: skip
    return found

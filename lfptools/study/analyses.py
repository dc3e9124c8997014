"""Analyses of a case's signals, recordings and recorded variables: what is wrong with them before anything runs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfptools.analysis.registry import ANALYSES
from lfptools.config.document import KeyPath
from lfptools.config.registry import load
from lfptools.errors import LfptoolsError, unknown_name
from lfptools.study.recordings import outlines, times_of
from lfptools.units import attrs


def roles_of(block: Any) -> dict[str, str]:
    """What an analysis is given: ``of`` and its other roles, each with the name that the study says."""
    roles = ("of", *load(ANALYSES[block.analysis]).roles)
    return {role: getattr(block, role) for role in roles}


def analysis_problems(
    model: Any, folders: tuple[Path, ...], variables: set[str], checked: dict[Any, list], reserved: frozenset[str]
) -> Iterator[tuple[KeyPath, str]]:
    """What a case's analyses cannot be made with.

    Parameters
    ----------
    model : Parameters
        The experiment of the case.
    folders : tuple of Path
        Where files are looked for.
    variables : set of str
        What its run records.
    checked : dict
        What was found of other cases' analyses.
    reserved : frozenset of str
        Names that a run's own variables have.
    """
    shared = tuple(id(part) for part in (model.analyses, model.recordings, model.signals, model.probes, model.run))
    if not model.analyses or shared in checked:
        return
    checked[shared] = []
    legal = {*model.signals, *model.recordings, *variables}
    forms: dict[str, Any] = {}
    for name, block in model.analyses.items():
        taken = name in reserved or name in {*model.signals, *model.recordings, *model.record}
        if taken:
            yield ("analyses", name), f"the name {name!r} is taken by a signal, recording, record or a run's variable"
        given = []
        for role, source in roles_of(block).items():
            if source not in legal:
                yield ("analyses", name, role), unknown_name("signal, recording or variable", source, legal)
                continue
            if source not in forms:
                forms[source] = form_of(model, source, folders)
            given.append(forms[source])
        if len(given) == len(roles_of(block)):
            yield from ((("analyses", name), text) for text in misfits(block, given))


def misfits(block: Any, forms: Sequence[Any]) -> Iterator[str]:
    """Why data of such forms cannot be analysed so; nothing if they can, or too little is known of them."""
    found = load(ANALYSES[block.analysis])
    if any(form is None for form in forms):
        return
    try:
        found.fits(*forms, block.own(found.Parameters))
    except LfptoolsError as error:
        yield str(error)


def form_of(model: Any, source: str, folders: tuple[Path, ...]) -> Any:
    """What is known of a source before the run: labels, times and units, with zeros for values; None if not enough."""
    import xarray as xr

    t = np.asarray(times_of(model.run), dtype=float)
    if source in model.record:
        record = model.record[source]
        places = record.at if isinstance(record.at, list) else [record.at]
        if record.at == "all":
            return None  # as many rows as segments, which NEURON knows
        dims, shape = (f"{source}_site", "t"), (len(places), t.size)
        about = {"units": "mV" if record.variable == "v" else "1"}  # NEURON knows the units of others
        return xr.DataArray(_zeros(shape), dims=dims, coords={"t": ("t", t, attrs("t"))}, attrs=about, name=source)
    if source in model.signals or source in model.recordings:
        try:
            return _signal_form(model, source, folders)
        except (LfptoolsError, ValueError, TypeError, KeyError):
            return None  # what is wrong with a signal, a probe or a recording is said elsewhere
    if source in ("soma_potential", "net_current"):
        coords = {"t": ("t", t, attrs("t"))}
        return xr.DataArray(_zeros(t.shape), dims=("t",), coords=coords, attrs=attrs(source), name=source)
    return None


def _signal_form(model: Any, source: str, folders: tuple[Path, ...]) -> Any:
    import xarray as xr

    one = outlines(model, folders)[source]
    quantity = str(next(iter(one.rows.data_vars)))
    row = str(one.rows[quantity].dims[0])
    coords: dict[str, Any] = {str(key): c.variable for key, c in one.rows.coords.items() if key != "t"}
    t = one.times["t"].variable
    shape = (one.rows.sizes[row], t.size)
    return xr.DataArray(
        _zeros(shape), dims=(row, "t"), coords={**coords, "t": t}, attrs=one.rows[quantity].attrs, name=quantity
    )


def _zeros(shape: tuple[int, ...]) -> np.ndarray:
    """Zeros that take no memory."""
    return np.broadcast_to(0.0, shape)

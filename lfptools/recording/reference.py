"""What a potential is measured against: another contact, the mean of some, a neighbour."""

from itertools import pairwise
from typing import Literal

import numpy as np
import xarray as xr
from pydantic import Field

from lfptools.config.parameters import Parameters
from lfptools.errors import DatasetError, unknown_name
from lfptools.recording.step import step
from lfptools.schema.labels import quantity_of, rows_of


class BipolarParameters(Parameters):
    """Which contacts make a channel."""

    pairs: tuple[tuple[str, str], ...] | None = Field(
        None, min_length=1, description="[[a, b], …]: channels a − b; by default neighbours in order, shank by shank"
    )


class ReferenceParameters(Parameters):
    """Against what."""

    to: Literal["average"] | tuple[str, ...] = Field(
        description="average: of all contacts; or a list of contacts, whose mean is the reference"
    )


@step(BipolarParameters, over="rows")
def bipolar(signal: xr.Dataset, p: BipolarParameters) -> xr.Dataset:
    """Differences of pairs of contacts, φ(a) − φ(b), each a channel "a-b" half-way between them.

    Raises
    ------
    DatasetError
        If the rows are no contacts, or there is no such contact, or a pair is one contact twice.
    """
    ids = _contacts(signal, "bipolar")
    pairs = (
        _neighbours(signal, ids) if p.pairs is None else [tuple(_index(ids, name) for name in one) for one in p.pairs]
    )
    if not pairs:
        raise DatasetError(f"bipolar: there are no two contacts on a shank; the contacts are {', '.join(ids)}")
    same = [ids[a] for a, b in pairs if a == b]
    if same:
        raise DatasetError(f"bipolar: a channel needs two contacts, got {same[0]!r} twice")
    a, b = np.array(pairs).T
    name = quantity_of(signal)
    values = np.asarray(signal[name].transpose("contact", "t").values, dtype=float)
    middle = {
        f"contact_{axis}": ("contact", 0.5 * (place[a] + place[b]), signal[f"contact_{axis}"].attrs)
        for axis in "xyz"
        for place in [signal[f"contact_{axis}"].values]
    }
    names = [f"{_part(ids[i])}-{_part(ids[j])}" for i, j in pairs]
    coords = {"contact_id": ("contact", np.array(names, dtype=object), signal["contact_id"].attrs), **middle}
    if "contact_shank" in signal.coords:
        shank = signal["contact_shank"].values
        if (shank[a] == shank[b]).all():
            coords["contact_shank"] = ("contact", shank[a], signal["contact_shank"].attrs)
    data = {name: (("contact", "t"), values[a] - values[b], signal[name].attrs)}
    return xr.Dataset(data, {**coords, "t": signal["t"]}, signal.attrs)


@step(ReferenceParameters, over="rows")
def reference(signal: xr.Dataset, p: ReferenceParameters) -> xr.Dataset:
    """Potentials minus that of a reference: a contact, the mean of several, or of all (common average).

    Without this step potentials are monopolar: against a reference infinitely far away. Channels are called
    "a-average", "a-b" for one reference contact (whose own channel, zero, is left out), "a-mean(b,c)" for several. They
    stand where their first contact does.

    Raises
    ------
    DatasetError
        If the rows are no contacts, or there is no such contact, or nothing is left.
    """
    ids = _contacts(signal, "reference")
    if p.to == "average":
        chosen, name = list(range(len(ids))), "average"
    elif not p.to:
        raise DatasetError("reference: the list of contacts is empty")
    else:
        chosen = [_index(ids, one) for one in p.to]
        name = _part(p.to[0]) if len(p.to) == 1 else f"mean({','.join(p.to)})"
    if len(set(chosen)) != len(chosen):
        raise DatasetError(f"reference: a contact is given twice: {', '.join(p.to)}")
    kept = [i for i in range(len(ids)) if chosen != [i]]
    if not kept:
        raise DatasetError(f"reference: {ids[0]!r} is the only contact")
    variable = quantity_of(signal)
    values = np.asarray(signal[variable].transpose("contact", "t").values, dtype=float)
    names = np.array([f"{_part(ids[i])}-{name}" for i in kept], dtype=object)
    data = {variable: (("contact", "t"), values[kept] - values[chosen].mean(axis=0), signal[variable].attrs)}
    labels = {key: c.isel(contact=kept).variable for key, c in signal.coords.items() if c.dims == ("contact",)}
    labels["contact_id"] = ("contact", names, signal["contact_id"].attrs)
    return xr.Dataset(data, {**labels, "t": signal["t"]}, signal.attrs)


def _contacts(signal: xr.Dataset, what: str) -> list[str]:
    if rows_of(signal) != "contact":
        raise DatasetError(f"{what} is for contacts; the rows of this signal are a {rows_of(signal).replace('_', ' ')}")
    return [str(name) for name in signal["contact_id"].values]


def _index(ids: list[str], name: str) -> int:
    if name not in ids:
        raise DatasetError(unknown_name("contact", name, ids))
    return ids.index(name)


def _neighbours(signal: xr.Dataset, ids: list[str]) -> list[tuple[int, int]]:
    shanks = signal["contact_shank"].values.tolist() if "contact_shank" in signal.coords else [""] * len(ids)
    found = []
    for shank in dict.fromkeys(shanks):
        own = [i for i, name in enumerate(shanks) if name == shank]
        found += list(pairwise(own))
    return found


def _part(name: str) -> str:
    """A contact's id as a part of a channel's: in brackets where it has a minus sign itself."""
    return f"({name})" if "-" in name else name

"""The signals of a case as forward models without a cell: what is wrong with them is known before anything runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lfptools.config.document import KeyPath
from lfptools.config.parameters import Parameters
from lfptools.config.registry import load
from lfptools.errors import LfptoolsError
from lfptools.forward.registry import MODELS
from lfptools.probes.configured import contacts_of
from lfptools.study.files import find


def located(parameters: Parameters, folders: tuple[Path, ...]) -> Parameters:
    """Parameters with absolute paths of the files that they name.

    Raises
    ------
    ConfigError
        As :func:`lfptools.study.files.find`.
    """
    return parameters.model_copy(update={key: str(find(name, folders)) for key, name in parameters.files().items()})


def signal_problems(model: Any, folders: tuple[Path, ...], checked: dict[Any, list]) -> Iterator[tuple[KeyPath, str]]:
    """What a case's signals cannot be made with: files that are not there or others, contacts where none can be.

    Parameters
    ----------
    model : Parameters
        The experiment of the case.
    folders : tuple of Path
        Where files are looked for.
    checked : dict
        What was found of the signals of other cases: equal ones are looked at once.
    """
    shared = id(model.signals), id(model.probes)  # cases of a sweep share what it does not change
    if shared in checked:
        return
    checked[shared] = []
    for name, signal in model.signals.items():
        probe = model.probes.get(getattr(signal, "probe", None))
        said = f"{name} {signal.model_dump_json()} {probe.model_dump_json() if probe is not None else ''}"
        if said not in checked:
            checked[said] = list(_problems(name, signal, probe, folders))
        yield from checked[said]


def _problems(name: str, signal: Any, probe: Any, folders: tuple[Path, ...]) -> Iterator[tuple[KeyPath, str]]:
    made = load(MODELS[signal.model])
    if made.needs_contacts and probe is None:
        return  # the probe's name is unknown, which is said elsewhere
    parameters = signal.own(made.Parameters)
    missing = False
    for key, file in parameters.files().items():
        try:
            find(file, folders)
        except LfptoolsError as error:
            missing = True
            yield ("signals", name, key), str(error)
    if missing:
        return
    try:
        contacts = contacts_of(probe.model_dump(mode="json")) if made.needs_contacts else None
        made.from_parameters(located(parameters, folders), None, contacts)
    except (LfptoolsError, ValueError, TypeError) as error:
        yield ("signals", name), str(error)

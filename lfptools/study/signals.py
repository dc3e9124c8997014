"""The signals of a case as forward models without a cell: what is wrong with them is known before anything runs."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lfptools.config.document import KeyPath
from lfptools.config.parameters import Parameters
from lfptools.config.registry import load
from lfptools.errors import LfptoolsError
from lfptools.forward.registry import MODELS
from lfptools.geometry.contacts import Contacts
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


def probe_contacts(probe: Parameters, folders: tuple[Path, ...]) -> Contacts:
    """The contacts of a study's probe.

    Raises
    ------
    ConfigError, GeometryError
        If a file that it names is not there or is another, or its contacts cannot be.
    """
    return contacts_of(located(probe, folders).model_dump(mode="json"))


def signal_model(signal: Any, probes: Mapping[Any, Any], folders: tuple[Path, ...]) -> Any:
    """A signal's forward model, without a cell; errors are those of the model, its files and its contacts."""
    made = load(MODELS[signal.model])
    contacts = probe_contacts(probes[signal.probe], folders) if made.needs_contacts else None
    return made.from_parameters(located(signal.own(made.Parameters), folders), None, contacts)


def signal_problems(model: Any, folders: tuple[Path, ...], checked: dict[Any, list]) -> Iterator[tuple[KeyPath, str]]:
    """What a case's probes and signals cannot be made with: files that are not there or others, impossible contacts.

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
    wrong = set()
    for name, probe in model.probes.items():
        said = f"{name} {probe.model_dump_json()}"
        if said not in checked:
            checked[said] = list(_probe_problems(name, probe, folders))
        yield from checked[said]
        wrong |= {name} if checked[said] else set()
    for name, signal in model.signals.items():
        if getattr(signal, "probe", None) in wrong:
            continue
        probe = model.probes.get(getattr(signal, "probe", None))
        said = f"{name} {signal.model_dump_json()} {probe.model_dump_json() if probe is not None else ''}"
        if said not in checked:
            checked[said] = list(_problems(name, signal, probe, folders))
        yield from checked[said]


def _probe_problems(name: str, probe: Any, folders: tuple[Path, ...]) -> Iterator[tuple[KeyPath, str]]:
    missing = list(_missing_files(("probes", name), probe, folders))
    yield from missing
    try:
        if not missing:
            probe_contacts(probe, folders)
    except (LfptoolsError, ValueError, TypeError) as error:
        yield ("probes", name), str(error)


def _missing_files(key: KeyPath, parameters: Any, folders: tuple[Path, ...]) -> Iterator[tuple[KeyPath, str]]:
    for own, file in parameters.files().items():
        try:
            find(file, folders)
        except LfptoolsError as error:
            yield (*key, own), str(error)


def _problems(name: str, signal: Any, probe: Any, folders: tuple[Path, ...]) -> Iterator[tuple[KeyPath, str]]:
    made = load(MODELS[signal.model])
    if made.needs_contacts and probe is None:
        return  # the probe's name is unknown, which is said elsewhere
    parameters = signal.own(made.Parameters)
    missing = list(_missing_files(("signals", name), parameters, folders))
    yield from missing
    if missing:
        return
    try:
        signal_model(signal, {getattr(signal, "probe", None): probe}, folders)
    except (LfptoolsError, ValueError, TypeError) as error:
        yield ("signals", name), str(error)

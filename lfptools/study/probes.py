"""A study's probe as contacts, outside a run."""

from lfptools.errors import ConfigError, unknown_name
from lfptools.geometry.contacts import Contacts
from lfptools.study.load import Study
from lfptools.study.signals import probe_contacts


def probe_of(study: Study, name: str, case: str | None = None) -> Contacts:
    """The contacts of one of a study's probes.

    Parameters
    ----------
    study : Study
        Checked.
    name : str
        Of the probe.
    case : str, optional
        Label or id of the case whose probe it is; needed where a sweep changes it, or experiments differ in it.

    Raises
    ------
    ConfigError
        If there is no such probe or case, or cases differ in it.
    """
    cases = [one for one in study.cases if case in (None, one.label, one.id)]
    if not cases:
        raise ConfigError(unknown_name(f"case of study {study.name!r}", case, {one.label for one in study.cases}))
    found = {one.id: one.model.probes[name] for one in cases if name in one.model.probes}
    if not found:
        raise ConfigError(unknown_name("probe", name, {probe for one in cases for probe in one.model.probes}))
    if len({probe.model_dump_json() for probe in found.values()}) > 1:
        raise ConfigError(f"cases differ in the probe {name!r}: say which case, one of {', '.join(found)}")
    return probe_contacts(next(iter(found.values())), study.folders)

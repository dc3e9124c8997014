"""From a probe's configuration to its contacts."""

from collections.abc import Mapping
from typing import Any, Final

from lfptools.config.registry import load
from lfptools.geometry.contacts import Contacts
from lfptools.probes.registry import PROBES

PROBE: Final = "probe "
"""Begins the role of a file that a lead field's probe names, to tell it from those that its model names."""


def contacts_of(probe: Mapping[str, Any]) -> Contacts | None:
    """The contacts of ``{kind: …, …}``; None for an empty mapping."""
    if not probe:
        return None
    function = load(PROBES[probe["kind"]])
    return function(function.Parameters(**{key: value for key, value in probe.items() if key != "kind"}))

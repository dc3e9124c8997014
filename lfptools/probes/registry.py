"""Every kind of probe by its name in YAML: functions of their ``Parameters`` that return ``Contacts``."""

from typing import Final

PROBES: Final[dict[str, str]] = {
    "arc": "lfptools.probes.arc:arc",
    "cap": "lfptools.probes.cap:cap",
    "grid": "lfptools.probes.grid:grid",
    "line": "lfptools.probes.line:line",
    "points": "lfptools.probes.points:points",
    "ring": "lfptools.probes.ring:ring",
    "laminar": "lfptools.probes.laminar:laminar",
    "tetrode": "lfptools.probes.tetrode:tetrode",
    "mea": "lfptools.probes.mea:mea",
    "scalp": "lfptools.probes.scalp:scalp",
    "lead": "lfptools.probes.lead:lead",
    "rays": "lfptools.probes.rays:rays",
    "probeinterface": "lfptools.probes.from_probeinterface:probeinterface",
}

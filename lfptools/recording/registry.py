"""Every recording step by its name in YAML: functions of a signal and their ``Parameters`` that return a signal."""

from typing import Final

STEPS: Final[dict[str, str]] = {
    "bipolar": "lfptools.recording.reference:bipolar",
    "reference": "lfptools.recording.reference:reference",
    "electrode_filter": "lfptools.recording.electrode:electrode_filter",
    "band_pass": "lfptools.recording.band_pass:band_pass",
    "decimate": "lfptools.recording.sampling:decimate",
    "resample": "lfptools.recording.sampling:resample",
}

"""The figure kinds that a study may name, as lazy "module:object" strings."""

from typing import Final

FIGURES: Final[dict[str, str]] = {
    "convergence": "lfptools.plots.convergence:convergence",
    "decay": "lfptools.plots.decay:decay",
    "fi_curve": "lfptools.plots.fi_curve:fi_curve",
    "potential_map": "lfptools.plots.potential_map:potential_map",
    "profile": "lfptools.plots.profile:profile",
    "probe": "lfptools.plots.probe:probe",
    "propagation": "lfptools.plots.propagation:propagation",
    "spike_trains": "lfptools.plots.spike_trains:spike_trains",
    "sweep_curves": "lfptools.plots.sweep_curves:sweep_curves",
    "synapse_soma_potential": "lfptools.plots.synapse_soma_potential:synapse_soma_potential",
    "topography": "lfptools.plots.topography:topography",
    "traces": "lfptools.plots.traces:traces",
    "waveform_grid": "lfptools.plots.waveform_grid:waveform_grid",
}

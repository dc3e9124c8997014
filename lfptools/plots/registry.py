"""The figure kinds that a study may name, and what `lfptools plot` makes besides, as lazy "module:object" strings."""

from typing import Final

FIGURES: Final[dict[str, str]] = {
    "convergence": "lfptools.plots.convergence:convergence",
    "curves": "lfptools.plots.curves:curves",
    "decay": "lfptools.plots.decay:decay",
    "dendrogram": "lfptools.plots.dendrogram:dendrogram",
    "fi_curve": "lfptools.plots.fi_curve:fi_curve",
    "images": "lfptools.plots.images:images",
    "morphology": "lfptools.plots.morphology:morphology",
    "potential_map": "lfptools.plots.potential_map:potential_map",
    "potential_maps": "lfptools.plots.potential_maps:potential_maps",
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

FILES: Final[dict[str, str]] = {
    "morphology_movie": "lfptools.plots.morphology_movie:morphology_movie_of",
    "morphology_page": "lfptools.plots.cell_page:morphology_page_of",
    "potential_movie": "lfptools.plots.potential_movie:potential_movie_of",
}

CURVES: Final = frozenset({"traces", "profile", "sweep_curves", "convergence", "curves", "decay", "propagation"})
"""Figure kinds that draw curves over one coordinate, which may have a band where they are uncertain."""

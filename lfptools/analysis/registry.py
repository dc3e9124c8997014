"""Analyses, ways to gather cases, and measures for claims and figures, as lazy "module:object" strings."""

from typing import Final

ANALYSES: Final[dict[str, str]] = {
    "band_power": "lfptools.analysis.spectra:band_power",
    "coherence": "lfptools.analysis.spectra:coherence",
    "csd_delta": "lfptools.analysis.csd_inverse:csd_delta",
    "csd_kernel": "lfptools.analysis.csd_kernel:csd_kernel",
    "csd_second_derivative": "lfptools.analysis.csd_second_derivative:csd_second_derivative",
    "csd_spline": "lfptools.analysis.csd_inverse:csd_spline",
    "csd_step": "lfptools.analysis.csd_inverse:csd_step",
    "decay_fit": "lfptools.analysis.decay_fit:decay_fit",
    "power_law": "lfptools.analysis.spectra:power_law",
    "power_spectrum": "lfptools.analysis.spectra:power_spectrum",
    "spectrogram": "lfptools.analysis.spectra:spectrogram",
    "spike_triggered_average": "lfptools.analysis.triggered:spike_triggered_average",
}

GATHERS: Final[dict[str, str]] = {
    "population_amplitude": "lfptools.analysis.population:population_amplitude",
    "sum": "lfptools.analysis.gathering:total",
}

MEASURES: Final[dict[str, str]] = {
    "amplitude": "lfptools.analysis.extrema:amplitude",
    "analysis_value": "lfptools.analysis.of_analyses:analysis_value",
    "axial_dipole_agreement": "lfptools.analysis.axial_dipole:axial_dipole_agreement",
    "cable_dipole": "lfptools.analysis.cable:cable_dipole",
    "cable_exponent": "lfptools.analysis.cable:cable_exponent",
    "conservation": "lfptools.analysis.conservation:conservation",
    "csd_agreement": "lfptools.analysis.of_analyses:csd_agreement",
    "decay_exponent": "lfptools.analysis.decay:decay_exponent",
    "dipole_peak": "lfptools.analysis.extrema:dipole_peak",
    "efel_feature": "lfptools.analysis.features:efel_feature",
    "extremum": "lfptools.analysis.extrema:extremum",
    "far_field_agreement": "lfptools.analysis.far_field:far_field_agreement",
    "firing_rate": "lfptools.analysis.firing:firing_rate",
    "half_width": "lfptools.analysis.width:half_width",
    "interval": "lfptools.analysis.firing:interval",
    "isi_cv": "lfptools.analysis.firing:isi_cv",
    "isi_cv2": "lfptools.analysis.firing:isi_cv2",
    "length_constant": "lfptools.analysis.sinusoids:length_constant",
    "mean_rate": "lfptools.analysis.firing:mean_rate",
    "onset": "lfptools.analysis.firing:onset",
    "peak_ratio": "lfptools.analysis.comparison:peak_ratio",
    "sine_amplitude": "lfptools.analysis.sinusoids:sine_amplitude",
    "smallest_step": "lfptools.analysis.comparison:smallest_step",
    "spike_amplitude": "lfptools.analysis.firing:spike_amplitude",
    "population_reach": "lfptools.analysis.of_analyses:population_reach",
    "ratio": "lfptools.analysis.comparison:ratio",
    "spike_count": "lfptools.analysis.firing:spike_count",
    "spike_time": "lfptools.analysis.firing:spike_time",
    "spike_width": "lfptools.analysis.firing:spike_width",
    "value_at": "lfptools.analysis.extrema:value_at",
    "velocity": "lfptools.analysis.propagation:velocity",
    "waveform_at": "lfptools.analysis.decay:waveform_at",
}

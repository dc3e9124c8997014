"""Study files for tests: the example of the documentation, and changes to it."""

from pathlib import Path

PYRAMIDAL = """\
study: pyramidal_lfp
question: How does the LFP of one synapse depend on where it sits?
cell: {morphology: neuron:demo/pyramid.nrn, rotate_rad: {x: 1.5708}, passive: {g_pas_S_per_cm2: 5.0e-5, e_pas_mV: -70}, nseg: {rule: lambda_f, frequency_Hz: 100}}
run: {t_stop_ms: 60, dt_ms: 0.03125, v_init_mV: -70}
inputs:
  epsp: {synapse: Exp2Syn, at: {section: "dendrite_1[29]", fraction: 0.5}, weight_uS: 0.002, tau1_ms: 0.2, tau2_ms: 2, e_mV: 0, times_ms: [10]}
probes: {plane: {kind: grid, x_um: [-300, 300, 25], z_um: [-300, 1000, 25], y_um: 0}}
signals: {lfp: {model: line, probe: plane, conductivity_S_per_m: 0.3}, dipole: {model: dipole}}
sweep: {inputs.epsp.at.section: ["dendrite_1[29]", "dendrite_4[3]"]}
figures: {map: {kind: potential_map, signal: lfp, time: peak}}
claims:
  apical_sink: {measure: dipole_peak, signal: dipole, component: z, case: "dendrite_1[29]", less_than: 0, source: "Einevoll et al. 2013"}
  basal_sink: {measure: dipole_peak, signal: dipole, component: z, case: "dendrite_4[3]", greater_than: 0, source: "Einevoll et al. 2013"}
"""  # noqa: E501

TINY = """\
study: tiny
question: Does it run?
cell:
  sections:
    soma: {length_um: 20, diameter_um: 20}
    dend: {length_um: 200, diameter_um: 2, segments: 5, parent: soma}
  passive: {g_pas_S_per_cm2: 1.0e-4, e_pas_mV: -65}
run: {t_stop_ms: 5, dt_ms: 0.025, v_init_mV: -65}
inputs:
  epsp: {synapse: ExpSyn, at: {section: dend, fraction: 0.9}, weight_uS: 0.001, tau_ms: 1, e_mV: 0, times_ms: [1]}
record: {v_dend: {variable: v, at: {section: dend, fraction: 0.5}}}
probes: {row: {kind: points, points_um: [[10, 50, 0], [50, 50, 0]]}}
signals: {lfp: {model: line, probe: row}}
sweep: {inputs.epsp.weight_uS: [0.001, 0.002]}
figures: {course: {kind: traces, panels: [{variable: v_dend}], case: "0.001"}}
claims:
  conserved: {measure: conservation, less_than: 1.0e-9, source: charge conservation}
"""


def write(folder: Path, text: str = TINY) -> Path:
    """Write a study file."""
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def changed(text: str, old: str, new: str) -> str:
    """The text with one passage replaced; the passage must be there."""
    if text.count(old) != 1:
        raise ValueError(f"{old!r} is {text.count(old)} times in the study")
    return text.replace(old, new)


def with_own_cell(text: str, file: str) -> str:
    """What ``lfptools new study`` writes, with the cell that ``lfptools new cell`` writes."""
    start, rest = text.split("cell:\n", 1)
    text = f"{start}cell: {file}\n\nrun:{rest.split('run:', 1)[1]}"
    return text.replace('"dendrite_1[29]"', "soma").replace('"dendrite_4[3]"', "dend")


def with_own_probe(text: str, file: str) -> str:
    """What ``lfptools new study`` writes, with the probe that ``lfptools new probe`` writes as one more."""
    text = changed(text, "probes:\n", f"probes:\n  own: {file}\n")
    return changed(text, "signals:\n", "signals:\n  along: {model: line, probe: own}\n")

"""lfptools: from NEURON simulations to extracellular signals, labelled data, figures and checked numbers.

Names load when they are used: ``import lfptools`` starts neither NEURON, numba, xarray nor matplotlib.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

_NAMES = {
    "Cell": "lfptools.simulation.cell",
    "CellType": "lfptools.simulation.celltype",
    "capture_cell": "lfptools.simulation.capture.capture",
    "load_mechanisms": "lfptools.simulation.mechanisms",
    "TemplateCell": "lfptools.simulation.templatecell",
    "Synapse": "lfptools.simulation.pointprocess",
    "StimIntElectrode": "lfptools.simulation.pointprocess",
    "PointProcess": "lfptools.simulation.pointprocess",
    "simulate": "lfptools.simulation.run",
    "probe": "lfptools.simulation.probing",
    "Recording": "lfptools.simulation.cellrun",
    "VariableStep": "lfptools.simulation.state",
    "PointSourcePotential": "lfptools.forward.point",
    "LineSourcePotential": "lfptools.forward.line",
    "RecExtElectrode": "lfptools.forward.electrode",
    "RecMEAElectrode": "lfptools.forward.slice",
    "CurrentDipoleMoment": "lfptools.forward.dipole",
    "SampledPotential": "lfptools.forward.sampled",
    "write_grid_lead_field": "lfptools.io.grid_lead_field",
    "LaminarCurrentSourceDensity": "lfptools.forward.csd",
    "VolumetricCurrentSourceDensity": "lfptools.forward.csd",
    "OneSphereVolumeConductor": "lfptools.forward.one_sphere",
    "InfiniteVolumeConductor": "lfptools.forward.infinite_dipole",
    "FourSphereVolumeConductor": "lfptools.forward.spheres",
    "NSphereVolumeConductor": "lfptools.forward.spheres",
    "InfiniteDipolePotential": "lfptools.forward.infinite_dipole",
    "SpheresPotential": "lfptools.forward.spheres",
    "InfiniteHomogeneousVolCondMEG": "lfptools.forward.meg_infinite",
    "SphericallySymmetricVolCondMEG": "lfptools.forward.meg_sphere",
    "NYHeadModel": "lfptools.forward.new_york_head",
    "write_vertex_lead_field": "lfptools.io.vertex_lead_field",
    "CellGeometry": "lfptools.geometry.cell_geometry",
    "Segments": "lfptools.geometry.segments",
    "AxialTree": "lfptools.geometry.axial",
    "Contacts": "lfptools.geometry.contacts",
    "Surfaces": "lfptools.geometry.surfaces",
    "contacts_from_probe": "lfptools.io.probeinterface",
    "probe_from_contacts": "lfptools.io.probeinterface",
    "read_probeinterface": "lfptools.io.probeinterface",
    "apply_steps": "lfptools.recording.chain",
    "write_probeinterface": "lfptools.io.probeinterface",
    "neuropixels": "lfptools.io.probeinterface",
    "example_morphology": "lfptools.geometry.examples",
    "find_spikes": "lfptools.analysis.spike_tables",
    "efel_features": "lfptools.analysis.features",
    "band_power": "lfptools.analysis.spectra",
    "coherence": "lfptools.analysis.spectra",
    "power_law": "lfptools.analysis.spectra",
    "power_spectrum": "lfptools.analysis.spectra",
    "spectrogram": "lfptools.analysis.spectra",
    "spike_triggered_average": "lfptools.analysis.triggered",
    "decay_fit": "lfptools.analysis.decay_fit",
    "csd_delta": "lfptools.analysis.csd_inverse",
    "csd_step": "lfptools.analysis.csd_inverse",
    "csd_spline": "lfptools.analysis.csd_inverse",
    "csd_kernel": "lfptools.analysis.csd_kernel",
    "csd_second_derivative": "lfptools.analysis.csd_second_derivative",
    "plot_morphology": "lfptools.plots.morphology",
    "plot_dendrogram": "lfptools.plots.dendrogram",
    "plot_potential_maps": "lfptools.plots.potential_maps",
    "morphology_movie": "lfptools.plots.morphology_movie",
    "potential_movie": "lfptools.plots.potential_movie",
    "morphology_page": "lfptools.plots.cell_page",
    "save_figure": "lfptools.plots.save",
    "open_dataset": "lfptools.io.netcdf",
    "open_study": "lfptools.io.gather",
}

# Modules that scripts use by their names.
_MODULES = frozenset({"alias_method", "eegmegcalc", "inputgenerators", "lfpcalc", "tools"})

try:
    __version__ = version("lfptools")
except PackageNotFoundError:
    __version__ = "unknown"

__all__ = sorted({*_NAMES, *_MODULES})


# Names of LFPy's that have no counterpart yet.
_NOT_YET = frozenset(
    [
        "Network",
        "NetworkCell",
        "NetworkPopulation",
    ]
)


def __getattr__(name: str) -> object:
    if name in _NOT_YET:
        raise AttributeError(
            f"lfptools has no {name} yet: docs/differences-from-lfpy.md lists what it has of LFPy's and LFPykit's names"
        )
    if name in _MODULES:
        return import_module(f"lfptools.{name}")
    if name not in _NAMES:
        raise AttributeError(f"module 'lfptools' has no attribute {name!r}")
    value = getattr(import_module(_NAMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

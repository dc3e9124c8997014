"""Every forward model by its name in YAML.

An entry has the class attributes ``Parameters``, ``needs_contacts``, ``quantity``, ``row_dim`` and ``matrix_quantity``,
the constructor ``from_parameters(parameters, segments, contacts)``, and is held to ``tests/contracts/test_models.py``.
"""

from typing import Final

MODELS: Final[dict[str, str]] = {
    "point": "lfptools.forward.point:PointSourcePotential",
    "line": "lfptools.forward.line:LineSourcePotential",
    "electrode": "lfptools.forward.electrode:RecExtElectrode",
    "mea": "lfptools.forward.slice:RecMEAElectrode",
    "dipole": "lfptools.forward.dipole:CurrentDipoleMoment",
    "infinite_dipole": "lfptools.forward.infinite_dipole:InfiniteDipolePotential",
    "one_sphere": "lfptools.forward.one_sphere:OneSphereVolumeConductor",
    "spheres": "lfptools.forward.spheres:SpheresPotential",
    "sampled": "lfptools.forward.sampled:SampledPotential",
    "laminar_csd": "lfptools.forward.csd:LaminarCurrentSourceDensity",
    "volumetric_csd": "lfptools.forward.csd:VolumetricCurrentSourceDensity",
    "meg_infinite": "lfptools.forward.meg_infinite:InfiniteDipoleMagneticField",
    "meg_sphere": "lfptools.forward.meg_sphere:SphereDipoleMagneticField",
    "new_york_head": "lfptools.forward.new_york_head:NewYorkHeadPotential",
    "vertex_lead_field": "lfptools.forward.vertex_lead_field:VertexLeadFieldSignal",
}

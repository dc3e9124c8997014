"""EEG and MEG models under the module name that LFPy and LFPykit have for them."""

from lfptools.forward.infinite_dipole import InfiniteVolumeConductor
from lfptools.forward.meg_infinite import InfiniteHomogeneousVolCondMEG
from lfptools.forward.meg_sphere import SphericallySymmetricVolCondMEG
from lfptools.forward.new_york_head import NYHeadModel
from lfptools.forward.spheres import FourSphereVolumeConductor, NSphereVolumeConductor

__all__ = [
    "FourSphereVolumeConductor",
    "InfiniteHomogeneousVolCondMEG",
    "InfiniteVolumeConductor",
    "NSphereVolumeConductor",
    "NYHeadModel",
    "SphericallySymmetricVolCondMEG",
]

"""One cell and one probe that every forward model of the registry is held to."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from arrangements import ARRANGEMENTS, Arrangement

from lfptools.config.registry import load
from lfptools.forward.registry import MODELS
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import Segments


@dataclass(frozen=True)
class Setting:
    """A cell of 70 segments (more than one block of the kernels; two of length 0, one thick), and 9 contacts."""

    segments: Segments
    currents: np.ndarray
    """Shape (70, 5), nA; each column sums to zero."""
    folder: Path
    """For files that models need."""

    def contacts(self, name: str, n: int = 9) -> Contacts:
        """Contacts that suit a model."""
        return ARRANGEMENTS.get(name, Arrangement()).contacts(np.random.default_rng(n), n)

    def parameters(self, name: str, **changes: object):
        """A model's parameters: the defaults, unless it needs others."""
        needed = ARRANGEMENTS.get(name, Arrangement()).parameters(self.folder)
        return load(MODELS[name]).Parameters(**{**needed, **changes})

    def model(self, name: str, **changes: object):
        cls = load(MODELS[name])
        contacts = changes.get("contacts", self.contacts(name)) if cls.needs_contacts else None
        parameters = changes.get("parameters", self.parameters(name))
        return cls.from_parameters(parameters, changes.get("segments", self.segments), contacts)


@pytest.fixture(scope="session")
def setting(tmp_path_factory) -> Setting:
    rng = np.random.default_rng(1)
    n = 70
    start = rng.uniform(-150, 150, (n, 3))
    end = start + rng.normal(scale=12, size=(n, 3))
    end[[5, 69]] = start[[5, 69]]
    diameters = rng.uniform(0.4, 3, n)
    diameters[0] = 20.0
    segments = Segments.from_arrays(*(np.column_stack((start[:, k], end[:, k])) for k in range(3)), diameters)
    currents = rng.normal(size=(n, 5))
    return Setting(segments, currents - currents.mean(axis=0), tmp_path_factory.mktemp("models"))


@pytest.fixture(params=sorted(MODELS))
def model_name(request) -> str:
    return request.param

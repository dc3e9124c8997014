"""One cell and one probe that every forward model of the registry is held to."""

from dataclasses import dataclass

import numpy as np
import pytest

from lfptools.config.registry import load
from lfptools.forward.registry import MODELS
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import Segments


@dataclass(frozen=True)
class Setting:
    """A cell of 70 segments (more than one block of the kernels; two of length 0, one thick) and 9 contacts."""

    segments: Segments
    contacts: Contacts
    currents: np.ndarray
    """Shape (70, 5), nA; each column sums to zero."""

    def model(self, name: str, **changes: object):
        cls = load(MODELS[name])
        arguments = {"segments": self.segments, "contacts": self.contacts, **changes}
        contacts = arguments["contacts"] if cls.needs_contacts else None
        return cls.from_parameters(cls.Parameters(), arguments["segments"], contacts)


@pytest.fixture(scope="session")
def setting() -> Setting:
    rng = np.random.default_rng(1)
    n = 70
    start = rng.uniform(-150, 150, (n, 3))
    end = start + rng.normal(scale=12, size=(n, 3))
    end[[5, 69]] = start[[5, 69]]
    diameters = rng.uniform(0.4, 3, n)
    diameters[0] = 20.0
    segments = Segments.from_arrays(*(np.column_stack((start[:, k], end[:, k])) for k in range(3)), diameters)
    x, y, z = rng.uniform(-200, 200, (3, 9))
    currents = rng.normal(size=(n, 5))
    return Setting(segments, Contacts.from_positions(x, y, z, list("abcdefghi")), currents - currents.mean(axis=0))


@pytest.fixture(params=sorted(MODELS))
def model_name(request) -> str:
    return request.param

"""Scalp electrodes at the sites of the 10-20 and 10-10 systems."""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from lfptools.errors import unknown_name
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.ten_twenty import BETWEEN, TEN_TWENTY, sites
from lfptools.probes.kind import Faced, probe_kind


class ScalpParameters(Faced):
    """Sites on a spherical head about the origin."""

    head_radius_um: float = Field(gt=0, description="of the scalp: of the outermost sphere of the head's model")
    sites: Literal["10-20", "10-10"] | tuple[str, ...] = Field(
        "10-20", description="a system, or a list of sites: [Fz, Cz, Pz]"
    )
    nasion_inion_rad: float = Field(
        float(np.pi), gt=0, lt=2.5 * np.pi, description="angle between nasion and inion over Cz; π: both on the equator"
    )

    @model_validator(mode="after")
    def _known(self) -> "ScalpParameters":
        if not isinstance(self.sites, str):
            for name in self.sites:
                if name not in sites():
                    raise ValueError(unknown_name("site of the 10-10 system", name, sites()))
            if not self.sites or len(set(self.sites)) != len(self.sites):
                raise ValueError(f"sites must be different ones, at least one; got {list(self.sites)}")
        return self


@probe_kind(ScalpParameters)
def scalp(p: ScalpParameters) -> Contacts:
    """Electrodes on a sphere about the origin: x to the right ear, y to the nasion, z to Cz; they face outwards.

    Returns
    -------
    Contacts
        Ids are the names of the sites.
    """
    known = sites(p.nasion_inion_rad)
    names = (
        {"10-20": TEN_TWENTY, "10-10": tuple(name for name in known if name not in BETWEEN)}[p.sites]
        if isinstance(p.sites, str)
        else p.sites
    )
    outward = np.array([known[name] for name in names])
    x, y, z = (p.head_radius_um * outward).T.copy()
    return Contacts(x, y, z, names, p.surfaces(outward, None, len(names)))

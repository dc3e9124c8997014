"""Deep-brain leads: what is where on them, as the manufacturers say."""

from dataclasses import dataclass
from typing import Final

import numpy as np

ARC = np.pi / 2
"""Arc of a segment in rad. Manufacturers draw three segments with gaps; 90° with gaps of 30° is what models take."""


@dataclass(frozen=True)
class LeadModel:
    """A cylindrical lead.

    Parameters
    ----------
    name : str
        Manufacturer and product.
    diameter, first, length, gap : float
        µm: of the lead; from the tip to the first contact; of each contact along the lead; between levels.
    levels : tuple of tuple of str
        From the tip up, the names of a level's contacts: one is a ring, several are segments evenly spaced about the
        lead, the first one towards the lead's marker, then right-handed about the direction from the tip to the shaft.
    source : str
        Where the numbers come from.
    """

    name: str
    diameter: float
    first: float
    length: float
    gap: float
    levels: tuple[tuple[str, ...], ...]
    source: str

    def height(self, level: int) -> float:
        """Middle of a level's contacts above the tip, µm."""
        return self.first + 0.5 * self.length + level * (self.length + self.gap)


_RINGS = (("0",), ("1",), ("2",), ("3",))
_MEDTRONIC = "Medtronic, DBS lead kits 3387 and 3389, implant manual (specifications of the leads)"
LEAD_MODELS: Final[dict[str, LeadModel]] = {
    "medtronic_3387": LeadModel("Medtronic 3387", 1270.0, 1500.0, 1500.0, 1500.0, _RINGS, _MEDTRONIC),
    "medtronic_3389": LeadModel("Medtronic 3389", 1270.0, 1500.0, 1500.0, 500.0, _RINGS, _MEDTRONIC),
    "medtronic_B33005": LeadModel(
        "Medtronic SenSight B33005", 1360.0, 900.0, 1500.0, 500.0,
        (("0",), ("1A", "1B", "1C"), ("2A", "2B", "2C"), ("3",)),
        "Medtronic, SenSight directional lead kit B33005, implant manual",
    ),
    "boston_DB2202": LeadModel(
        "Boston Scientific Vercise Cartesia DB-2202", 1300.0, 0.0, 1500.0, 500.0,
        (("1",), ("2", "3", "4"), ("5", "6", "7"), ("8",)),
        "Boston Scientific, Vercise DBS systems, surgical implant manual 92495783",
    ),
    "abbott_6172": LeadModel(
        "Abbott (St. Jude Medical) Infinity 6172", 1290.0, 1000.0, 1500.0, 500.0,
        (("1",), ("2A", "2B", "2C"), ("3A", "3B", "3C"), ("4",)),
        "St. Jude Medical, Infinity DBS system, clinician's manual (directional leads 6170 to 6173)",
    ),
}  # fmt: skip
"""Model name in YAML to its dimensions; the same numbers are in Lead-DBS (Horn et al. 2019, NeuroImage 184:293,
https://doi.org/10.1016/j.neuroimage.2018.08.068), which has 1.27 mm for the diameter of the 6172."""

"""Where a cell of a population stands: drawn from its case's seed when the study is planned."""

import math
from collections.abc import Mapping
from typing import Any

from lfptools.study.synapses import generator


def scattered(cell: Mapping[str, Any], seed: int) -> Mapping[str, Any]:
    """The configuration of a cell with the place, and turn, that ``scatter`` and the seed give it.

    Evenly over the cylinder: the distance from its axis is R √u with u uniform in [0, 1).
    """
    if "scatter" not in cell:
        return cell
    scatter, middle = cell["scatter"], cell.get("position_um", {})
    draw = generator(seed, "scatter").random(4)
    away, angle = scatter["radius_um"] * math.sqrt(draw[0]), 2.0 * math.pi * draw[1]
    offset = {
        "x": away * math.cos(angle),
        "y": away * math.sin(angle),
        "z": scatter.get("height_um", 0.0) * (draw[2] - 0.5),
    }
    placed = {name: value for name, value in cell.items() if name != "scatter"}
    placed["position_um"] = {axis: middle.get(axis, 0.0) + offset[axis] for axis in "xyz"}
    if scatter.get("turn"):
        turned = dict(cell.get("rotate_rad") or {})
        placed["rotate_rad"] = {**turned, "z": turned.get("z", 0.0) + 2.0 * math.pi * float(draw[3])}
    return placed

"""The contacts of a probe as one sees them from a side."""

from typing import TYPE_CHECKING

import numpy as np

from lfptools.geometry.contacts import Contacts
from lfptools.plots.style import ACCENT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CORNERS = 48  # of a circle; as many strips has a ring
BODY = "#DDDDDD"
LIGHT = 0.35  # of the colour, where a mantle turns away from the viewer


def patches(contacts: Contacts, i: int) -> tuple[np.ndarray, np.ndarray]:
    """The surface of a contact in flat pieces.

    Returns
    -------
    corners : numpy.ndarray
        Shape (pieces, corners, 3), µm; no piece for a point.
    outward : numpy.ndarray
        Shape (pieces, 3): the normal of each.
    """
    surfaces, at = contacts.surfaces, contacts.positions[i]
    if surfaces is None or surfaces.shape[i] == "point":
        return np.empty((0, 4, 3)), np.empty((0, 3))
    normal, tangent = surfaces.normal[i], surfaces.tangent[i]
    across = np.cross(normal, tangent)
    if surfaces.shape[i] == "circle":
        angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
        flat = surfaces.radius[i] * np.column_stack((np.cos(angle), np.sin(angle)))
        return (at + flat @ np.stack((tangent, across)))[None], normal[None]
    half = 0.5 * surfaces.height[i]
    if surfaces.shape[i] == "cylinder":
        strips = max(2, round(CORNERS * surfaces.angle[i] / (2 * np.pi)))
        edge = surfaces.angle[i] * (np.arange(strips + 1) / strips - 0.5)
        out = np.cos(edge)[:, None] * normal + np.sin(edge)[:, None] * across
        low, high = (at + surfaces.radius[i] * out + side * half * tangent for side in (-1, 1))
        middle = out[:-1] + out[1:]
        corners = np.stack((low[:-1], low[1:], high[1:], high[:-1]), axis=1)
        return corners, middle / np.linalg.norm(middle, axis=1, keepdims=True)
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [0.5 * surfaces.width[i], half]
    return (at + flat @ np.stack((tangent, across)))[None], normal[None]


def draw_contacts(
    axes: "Axes", contacts: Contacts, horizontal: str = "x", vertical: str = "z", colour: str = ACCENT,
    names: bool = False,
) -> None:  # fmt: skip
    """Draw surfaces as one sees them, points as dots; mantles only where they face the viewer; equal aspect.

    The viewer looks along the third axis, with ``horizontal`` to the right and ``vertical`` up.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgb

    u, v = "xyz".index(horizontal), "xyz".index(vertical)
    towards = np.cross(np.eye(3)[u], np.eye(3)[v])  # the viewer
    pieces: list[tuple[float, np.ndarray, float]] = []
    dots = []
    for i in range(len(contacts)):
        corners, outward = patches(contacts, i)
        if not len(corners):
            dots.append(i)
        round_ = len(corners) > 1
        for piece, normal in zip(corners, outward, strict=True):
            facing = float(normal @ towards)
            if not round_ or facing > 1e-9:
                shade = LIGHT + (1 - LIGHT) * facing if round_ else 1.0
                pieces.append((float(piece.mean(axis=0) @ towards), piece[:, (u, v)], shade))
    pieces.sort(key=lambda one: one[0])
    rgb = np.array(to_rgb(colour))
    colours = [1 - shade * (1 - rgb) for *_, shade in pieces]
    axes.add_collection(
        PolyCollection([p for _, p, _ in pieces], facecolors=colours, edgecolors=colours, linewidths=0.3, zorder=4)
    )
    for outline in _bodies(contacts, towards):
        axes.fill(*outline[:, (u, v)].T, color=BODY, linewidth=0, zorder=2)
    places = contacts.positions[:, (u, v)]
    if dots:
        axes.plot(*places[dots].T, ".", color=colour, markersize=3, zorder=4)
    if names:
        _write_names(axes, contacts, u, v, towards)
    axes.autoscale_view()
    axes.set_aspect("equal")


def _bodies(contacts: Contacts, towards: np.ndarray) -> list[np.ndarray]:
    """Outlines (4, 3) of the cylinders that rings and segments are parts of, from the first contact to the last."""
    surfaces = contacts.surfaces
    round_ = [i for i, shape in enumerate(surfaces.shape if surfaces is not None else ()) if shape == "cylinder"]
    leads: dict[tuple, list[int]] = {}
    for i in round_:
        axis = surfaces.tangent[i]
        foot = contacts.positions[i] - (contacts.positions[i] @ axis) * axis
        leads.setdefault(tuple(np.round([*axis, *foot, surfaces.radius[i]], 6)), []).append(i)
    found = []
    for own in leads.values():
        axis, radius = surfaces.tangent[own[0]], surfaces.radius[own[0]]
        sideways = np.cross(towards, axis)
        if np.linalg.norm(sideways) > 1e-6:  # not seen along its axis
            aside = radius * sideways / np.linalg.norm(sideways)
            along, half = contacts.positions[own] @ axis, 0.5 * surfaces.height[own]
            foot = contacts.positions[own[0]] - along[0] * axis
            low, high = (foot + end * axis for end in ((along - half).min(), (along + half).max()))
            found.append(np.array([low - aside, low + aside, high + aside, high - aside]))
    return found


def _write_names(axes: "Axes", contacts: Contacts, u: int, v: int, towards: np.ndarray) -> None:
    """Onto rings and segments that face the viewer, beside other contacts; not where contacts are behind each other."""
    surfaces = contacts.surfaces
    flat = np.round(contacts.positions[:, (u, v)], 3).tolist()
    for i, at in enumerate(contacts.positions):
        style = {"fontsize": 6.5, "color": INK, "va": "center", "zorder": 5}
        if surfaces is not None and surfaces.shape[i] == "cylinder":
            ring = surfaces.angle[i] >= 2 * np.pi * (1 - 1e-9)
            if ring or float(surfaces.normal[i] @ towards) > 0.05:
                on_mantle = at if ring else at + 0.8 * surfaces.radius[i] * surfaces.normal[i]
                axes.annotate(contacts.ids[i], on_mantle[[u, v]], ha="center", **style)
        elif flat.count(flat[i]) == 1:
            axes.annotate(contacts.ids[i], flat[i], (5, 0), textcoords="offset points", ha="left", **style)

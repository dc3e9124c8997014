"""Whether the points over which contacts are averaged are close enough together for the segments nearby."""

import numpy as np

from lfptools.geometry.contacts import Contacts
from lfptools.geometry.quadrature import quadrature

ENOUGH = 0.5  # of the points' spacing: where sources are as near, means are off by per cents; at one spacing by 2e-3
ALONG = 33  # places on a segment at which its distance from the surface is taken


def coarse_contacts(
    contacts: Contacts, n: int, start: np.ndarray, end: np.ndarray, minimum: np.ndarray
) -> dict[int, tuple[float, int]]:
    """Contacts that have segments nearer than half the spacing of their points.

    Parameters
    ----------
    contacts : Contacts
        With surfaces.
    n : int
        Points on a contact, at most.
    start, end : numpy.ndarray
        Shape (segments, 3), µm.
    minimum : numpy.ndarray
        Shape (segments,), µm: what is nearer than this is computed as if it were as far.

    Returns
    -------
    dict
        Index of the contact to how near a segment is, in µm, and how many points are as far apart.
    """
    from scipy.spatial import cKDTree

    points, weights = quadrature(contacts.surfaces, contacts.positions, n)
    area = contacts.surfaces.area
    spacing = np.sqrt(area / np.count_nonzero(weights, axis=1))
    reach = np.linalg.norm(points - contacts.positions[:, None], axis=2).max(axis=1) + (1 + ENOUGH) * spacing
    longest = np.linalg.norm(end - start, axis=1).max()
    tree = cKDTree(0.5 * start + 0.5 * end)
    found = tree.query_ball_point(contacts.positions, np.where(area > 0, reach + 0.5 * longest, 0.0))
    contact = np.repeat(np.arange(len(contacts)), [len(segments) for segments in found])
    segment = np.concatenate([np.asarray(segments, dtype=int) for segments in found])
    near = distances(contacts.positions[contact], start[segment], end[segment]) < reach[contact]
    near &= minimum[segment] < ENOUGH * spacing[contact]
    contact, segment = contact[near], segment[near]
    coarse = {}
    for i in np.unique(contact):
        own = segment[slice(*np.searchsorted(contact, (i, i + 1)))]
        places = start[own, None] + np.linspace(0, 1, ALONG)[:, None] * (end - start)[own, None]
        apart = contacts.surfaces.distances(i, contacts.positions[i], places.reshape(-1, 3)).reshape(-1, ALONG)
        least = float(np.maximum(apart.min(axis=1), minimum[own]).min())
        if least < ENOUGH * spacing[i]:
            coarse[int(i)] = (least, int(np.ceil(area[i] / least**2)))
    return coarse


def distances(places: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Of places (n, 3) or (3,) from segments (n, 3), in µm."""
    chord, off = end - start, places - start
    squared = (chord * chord).sum(axis=-1)
    along = np.divide((off * chord).sum(axis=-1), squared, out=np.zeros_like(squared), where=squared > 0)
    return np.linalg.norm(off - np.clip(along, 0.0, 1.0)[:, None] * chord, axis=-1)

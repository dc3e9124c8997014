"""Figures as files: SVG with text as text, PDF and PNG, the same bytes for the same figure."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfptools.plots.style import RC

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "pdf", "png")
PNG_DPI = 200


def save_figure(figure: "Figure", stem: str | Path, metadata: Mapping[str, Any] | None = None) -> dict[str, Path]:
    """Write ``<stem>.svg``, ``.pdf`` and ``.png``, each complete or not at all.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What a figure kind returned.
    stem : path
        Name of the files without suffix; its folder must exist.
    metadata : mapping, optional
        Provenance; stored as JSON in the SVG's description, the PDF's subject and the PNG's description.

    Returns
    -------
    dict
        Format to path. Files hold no time stamp, so equal figures are equal bytes.
    """
    import matplotlib

    from lfptools.io.atomic import atomic_path

    stem = Path(stem)
    text = json.dumps(dict(metadata or {}), sort_keys=True, ensure_ascii=True, default=str)
    about: dict[str, dict[str, Any]] = {
        "svg": {"Title": stem.name, "Description": text, "Date": None},
        "pdf": {"Title": stem.name, "Subject": text, "CreationDate": None},
        "png": {"Title": stem.name, "Description": text},
    }
    paths = {}
    with matplotlib.rc_context(RC):
        for kind in FORMATS:
            paths[kind] = stem.with_name(f"{stem.name}.{kind}")
            with atomic_path(paths[kind]) as partial:
                figure.savefig(partial, format=kind, dpi=PNG_DPI, metadata=about[kind])
    return paths

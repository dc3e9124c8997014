"""Figures as files: SVG with text as text, PDF and PNG, the same bytes for the same figure."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfptools.errors import PictureError
from lfptools.plots.style import RC

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "pdf", "png")
PNG_DPI = 200


def save_as(figure: "Figure", path: str | Path, metadata: Mapping[str, Any] | None = None) -> Path:
    """Write one file, complete or not at all, in the format of its ending: ``.svg``, ``.pdf`` or ``.png``.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What a figure kind returned.
    path : path
        A file there is replaced.
    metadata : mapping, optional
        Provenance; stored as JSON in the SVG's description, the PDF's subject and the PNG's description.

    Raises
    ------
    PictureError
        For another ending.
    """
    import matplotlib

    from lfptools.io.atomic import atomic_path

    path = Path(path)
    text = json.dumps(dict(metadata or {}), sort_keys=True, ensure_ascii=True, default=str)
    about: dict[str, dict[str, Any]] = {
        "svg": {"Title": path.stem, "Description": text, "Date": None},
        "pdf": {"Title": path.stem, "Subject": text, "CreationDate": None},
        "png": {"Title": path.stem, "Description": text},
    }
    kind = path.suffix.lower().removeprefix(".")
    if kind not in about:
        raise PictureError(f"a figure's name must end in .svg, .pdf or .png, got {str(path)!r}")
    with matplotlib.rc_context(RC), atomic_path(path) as partial:
        figure.savefig(partial, format=kind, dpi=PNG_DPI, metadata=about[kind])
    return path


def save_figure(figure: "Figure", stem: str | Path, metadata: Mapping[str, Any] | None = None) -> dict[str, Path]:
    """Write ``<stem>.svg``, ``.pdf`` and ``.png``, each complete or not at all.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What a figure kind returned.
    stem : path
        Name of the files without suffix.
    metadata : mapping, optional
        Provenance; see :func:`save_as`.

    Returns
    -------
    dict
        Format to path. Files hold no time stamp, so equal figures are equal bytes.
    """
    stem = Path(stem)
    return {kind: save_as(figure, stem.with_name(f"{stem.name}.{kind}"), metadata) for kind in FORMATS}

"""SVG files made fit to stand inside an HTML page."""

import re
from xml.etree import ElementTree

from lfptools.errors import DatasetError

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_URL = re.compile(r"url\(\s*#([^)\s]+)\s*\)")
_DROPPED = {f"{{{_SVG}}}metadata", f"{{{_SVG}}}script", f"{{{_SVG}}}foreignObject"}

PX_PER_PT = 1.9
"""Largest magnification: text of all figures has one size on a wide screen."""


def inline(svg: str, prefix: str, title: str = "") -> str:
    """The ``<svg>`` element of a file, safe beside others in one page.

    Ids and references to them get ``prefix``; style sheets apply to this figure alone; metadata, scripts, event
    attributes and links to other places are dropped; the size follows the page's width.

    Parameters
    ----------
    svg : str
        Content of an SVG file.
    prefix : str
        Distinct for each figure; made into a legal id.
    title : str
        Read out by screen readers.

    Raises
    ------
    DatasetError
        If it is no SVG.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise DatasetError(f"figure {prefix!r} is no SVG: {error}") from error
    if root.tag != f"{{{_SVG}}}svg":
        raise DatasetError(f"figure {prefix!r} is no SVG: its outermost element is {root.tag!r}")
    prefix = "fig-" + re.sub(r"[^A-Za-z0-9_-]", "-", prefix)
    for parent in root.iter():
        for child in list(parent):
            if child.tag in _DROPPED:
                parent.remove(child)
    for element in root.iter():
        _localise(element, prefix)
    root.set("id", prefix)
    root.set("role", "img")
    root.set("aria-label", title)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    box = (root.get("viewBox") or "").split()
    if len(box) == 4:
        root.set("style", f"max-width: {PX_PER_PT * float(box[2]):.0f}px")
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(root, encoding="unicode")


def _localise(element: ElementTree.Element, prefix: str) -> None:
    if element.tag == f"{{{_SVG}}}style" and element.text:
        element.text = re.sub(r"(^|\})\s*([^{}]+)\{", rf"\1#{prefix} \2{{", element.text.replace("<", ""))
    for name, value in list(element.attrib.items()):
        local = name.rsplit("}", 1)[-1].lower()
        if local.startswith("on"):
            del element.attrib[name]
        elif local == "href":
            if value.startswith("#"):
                element.set(name, f"#{prefix}-{value[1:]}")
            elif not value.startswith("data:image/"):
                del element.attrib[name]
        elif local == "id":
            element.set(name, f"{prefix}-{value}")
        else:
            element.set(name, _URL.sub(rf"url(#{prefix}-\1)", value))

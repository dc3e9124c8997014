"""Checks of NeuroML version 1 (MorphML) files: segments with a parent, a proximal and a distal point."""

from pathlib import Path
from xml.parsers import expat

from lfptools.errors import MorphologyError
from lfptools.geometry.sample_tree import Sample, check_tree, finite, positive

# NEURON's reader relies on this order and nesting, and crashes without.
_INSIDE = {
    "segment": ("segments",),
    "proximal": ("segment",),
    "distal": ("segment",),
    "cablegroup": ("cables",),
    "cable": ("cables", "cablegroup"),
}
_ONCE = ("segments", "cables")


def check_neuroml(path: Path, text: str) -> None:
    """Refuse XML that is not well formed, or whose segments are not one tree of finite points with diameters > 0.

    Raises
    ------
    MorphologyError
        Naming the line.
    """
    reader = _Reader(path)
    reader.read(text)
    if not reader.segments:
        raise MorphologyError(path, "the file holds no <segment>: is it NeuroML version 1 (MorphML)?")
    check_tree(path, reader.segments, "segment")
    seen: set[int] = set()
    finished: set[int] = set()
    last = previous = None
    for place, segment in enumerate(reader.segments, start=1):
        if segment.parent is not None and segment.parent not in seen:
            raise MorphologyError(path, f"segment {segment.id} stands before its parent {segment.parent}", segment.line)
        seen.add(segment.id)
        if place not in reader.distal:
            raise MorphologyError(path, f"segment {segment.id} has no <distal> point", segment.line)
        cable = reader.cable_of.get(segment.id)
        if cable is None:
            raise MorphologyError(path, f"segment {segment.id} names no cable", segment.line)
        if cable not in reader.cables:
            raise MorphologyError(path, f"segment {segment.id} belongs to the unknown cable {cable}", segment.line)
        if cable in finished:
            raise MorphologyError(path, f"the segments of cable {cable} do not stand together", segment.line)
        if cable != last:
            if place not in reader.proximal:
                raise MorphologyError(
                    path, f"segment {segment.id} begins cable {cable} and has no <proximal> point", segment.line
                )
            finished |= {last} - {None}
            last = cable
        elif segment.parent != previous:
            raise MorphologyError(
                path,
                f"segment {segment.id} hangs on {segment.parent}, not on {previous} before it in cable {cable}: "
                "a cable does not branch",
                segment.line,
            )
        previous = segment.id


class _Reader:
    """Segments, cables and points of a file as expat finds them."""

    def __init__(self, path: Path):
        self._path = path
        self.segments: list[Sample] = []
        # By place among the segments, from 1.
        self.proximal: set[int] = set()
        self.distal: set[int] = set()
        self.cables: set[int] = set()
        self.cable_of: dict[int, int] = {}
        self._inside: list[str] = []
        self._met: set[str] = set()
        self._line = 0

    def read(self, text: str) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")

        def start(name: str, attributes: dict[str, str]) -> None:
            self._line = parser.CurrentLineNumber
            self._start(name, attributes)

        def document_type(*_: object) -> None:
            # Entities that contain each other expand without bound.
            raise MorphologyError(self._path, "a document type (with entities) is not read", parser.CurrentLineNumber)

        parser.StartElementHandler, parser.StartDoctypeDeclHandler = start, document_type
        parser.EndElementHandler = lambda _: self._inside.pop()
        try:
            parser.Parse(text.encode(), True)
        except (expat.ExpatError, LookupError) as error:
            line = getattr(error, "lineno", None)
            raise MorphologyError(self._path, f"not well-formed XML (truncated?): {error}", line) from error

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        namespace, _, name = full_name.rpartition(" ")
        if not self._inside and "neuroml2" in namespace:
            raise MorphologyError(
                self._path, "this is NeuroML version 2; NEURON imports version 1 (MorphML)", self._line
            )
        self._check_place(name)
        if name == "segment" and namespace.split("/")[-2:-1] != ["morphml"]:
            raise MorphologyError(
                self._path,
                f"<segment> is in the namespace {namespace!r}; NEURON reads http://morphml.org/morphml/schema",
                self._line,
            )
        if name == "segment":
            own = self._number("id", attributes.get("id"))
            parent = attributes.get("parent")
            self.segments.append(Sample(own, None if parent is None else self._number("parent", parent), self._line))
            if "cable" in attributes:
                self.cable_of[own] = attributes["cable"]
        elif name == "cable" and self._inside[-1] == "cablegroup":
            if attributes.get("id") not in self.cables:
                raise MorphologyError(self._path, f"a group of the unknown cable {attributes.get('id')!r}", self._line)
        elif name == "cable":
            if "cablegroup" in self._met:
                # NEURON's reader ends the process.
                raise MorphologyError(self._path, "a <cable> must stand before all <cablegroup>", self._line)
            self.cables.add(attributes.get("id", ""))
            if "fractAlongParent" in attributes:
                at = finite(self._path, self._line, "fractAlongParent", attributes["fractAlongParent"])
                if not 0 <= at <= 1:
                    raise MorphologyError(self._path, f"fractAlongParent must lie in 0..1, got {at}", self._line)
        elif name in ("proximal", "distal"):
            self._point(name, attributes)
        self._inside.append(name)

    def _check_place(self, name: str) -> None:
        if name in _INSIDE and (not self._inside or self._inside[-1] not in _INSIDE[name]):
            raise MorphologyError(self._path, f"<{name}> must stand in <{'> or <'.join(_INSIDE[name])}>", self._line)
        if name in _ONCE and name in self._met:
            raise MorphologyError(self._path, f"a second <{name}>: the file must hold one cell", self._line)
        if name == "cables" and "segments" not in self._met:
            raise MorphologyError(self._path, "<cables> must follow <segments>", self._line)
        self._met.add(name)

    def _point(self, name: str, attributes: dict[str, str]) -> None:
        for key in "xyz":
            finite(self._path, self._line, f"{name} {key}", attributes.get(key, "missing"))
        positive(self._path, self._line, f"{name} diameter", attributes.get("diameter", "missing"))
        points = self.proximal if name == "proximal" else self.distal
        if len(self.segments) in points:
            raise MorphologyError(self._path, f"a second <{name}> in one segment", self._line)
        points.add(len(self.segments))

    def _number(self, name: str, text: str | None, what: str = "segment") -> int:
        if text is None or not text.strip().isdecimal() or len(text) > 9:
            raise MorphologyError(self._path, f"a {what}'s {name} must be a whole number ≥ 0, got {text!r}", self._line)
        return int(text)

"""A cell in three dimensions, as one HTML file that needs no network: to turn, to zoom, over time."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from pydantic import Field

from lfptools.analysis.measure import CaseChoice
from lfptools.analysis.selection import Window
from lfptools.config.parameters import with_parameters
from lfptools.errors import PictureError
from lfptools.geometry.pieces import disc_normals, follows, pieces
from lfptools.geometry.section_types import section_types
from lfptools.geometry.segments import Segments
from lfptools.plots.cell_drawing import MARKS, MOST_SQUARES, counted
from lfptools.plots.morphology import Plane, type_colours
from lfptools.plots.movie import frame_samples
from lfptools.plots.scene import Scene
from lfptools.plots.segment_values import ColouredBy, SegmentValues, Time, given_values, values_of_case
from lfptools.plots.selection import case_title, look_of
from lfptools.plots.style import printed, signed
from lfptools.plots.value_scale import NO_VALUE, ValueScale

if TYPE_CHECKING:
    from lfptools.io.results import StudyResults

_CONTACT: Final = "#969696"
_COLOURS: Final = 255  # and one more for segments without a value


class MorphologyPageParameters(ColouredBy, Window, CaseChoice):
    """One case; without a variable, colours say what sections are."""

    frames: int = Field(60, ge=1, le=2000, description="times that the page's slider has; 1 shows one time alone")
    time: Time = Field("peak", description="ms, or peak: what is shown at first")
    plane: Plane = Field("xz", description="of the first view: axis to the right and axis upwards")
    marks: bool = Field(True, description="whether synapses and electrodes are marked")
    contacts: tuple[str, ...] = Field((), description="signals whose contacts are marked")
    title: str | None = Field(None, description="of the page; by default of the study and case")
    of_values: ClassVar[tuple[str, ...]] = (*ColouredBy.of_values, "frames", "window_ms")


@with_parameters(MorphologyPageParameters)
def morphology_page_of(results: "StudyResults", p: MorphologyPageParameters, path: Path) -> Path:
    """A page with the cell of one case in three dimensions, coloured by a variable, at times of a slider."""
    case = results.one(experiment=p.experiment, case=p.case)
    scene = Scene.of_case(case, p.marks, p.contacts)
    shown = None
    if p.variable is not None:
        shown = values_of_case(case, p.variable, scene.segments).in_unit(p.unit).within(p.window_ms)
    return _write(path, scene, shown, p, p.title or f"{results.title}: {case_title(case)}")


morphology_page_of.endings = (".html",)


def morphology_page(
    path: Path | str, cell: Any, values: Any = None, t: Sequence[float] | None = None, *, name: str | None = None,
    contacts: Any = None, **look: Any,
) -> Path:  # fmt: skip
    """Write a page with a cell in three dimensions: drag turns it, the wheel zooms, shift and drag moves it.

    The file holds all that it shows and loads nothing; it needs a browser with WebGL 2.

    Parameters
    ----------
    path : path
        ``.html``.
    cell, values, t, name, contacts
        As :func:`~lfptools.plots.morphology.plot_morphology` takes them. Values over time get a slider.
    **look
        ``title``, ``window_ms``, ``frames`` (60), ``time``, ``unit``, ``plane``, ``colours``, ``limits``,
        ``linear_fraction``, ``groups``, ``marks``.

    Returns
    -------
    pathlib.Path
        Of the page, which is there whole or not at all.

    Raises
    ------
    PictureError
        For another ending.
    GeometryError, MeasureError, ValueError
        As :func:`~lfptools.plots.morphology.plot_morphology`.
    """
    own = {} if values is None else {"variable": name or "values"}
    p = look_of(MorphologyPageParameters, look, ("label", "contacts", "variable"), **own)
    scene = Scene.of(cell, p.marks, contacts)
    shown = None
    if values is not None:
        shown = given_values(values, scene.segments, t, p.unit, name, cell).within(p.window_ms)
    return _write(Path(path), scene, shown, p, p.title or "Morphology")


def _write(path: Path, scene: Scene, shown: SegmentValues | None, p: MorphologyPageParameters, title: str) -> Path:
    import jinja2

    from lfptools.io.atomic import atomic_path

    if path.suffix.lower() not in morphology_page_of.endings:
        raise PictureError(f"a page's name must end in .html, got {str(path)!r}")
    folder = Path(__file__).parent / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    data, caption = _scene(scene, shown, p)
    # Text inside a script element ends at the first "</", whatever it is.
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    script = (folder / "cell.js").read_text(encoding="utf-8").rstrip()
    from markupsafe import Markup

    page = environment.get_template("cell.html").render(
        title=title, caption=caption, scene=Markup(text), script=Markup(script)
    )
    with atomic_path(path) as partial:
        partial.write_text(page + "\n", encoding="utf-8")
    return path


def _scene(scene: Scene, shown: SegmentValues | None, p: MorphologyPageParameters) -> tuple[dict[str, Any], str]:
    """What the page's script reads, and a line on it."""
    segments = scene.segments
    low, high = _box(segments)
    data: dict[str, Any] = {
        "ids": segments.ids,
        "diameter": [round(float(d), 4) for d in segments.d],
        **_mesh(segments),
        "middle": (0.5 * (low + high)).round(3).tolist(),
        "extent": (high - low).round(3).tolist(),
        "plane": p.plane,
        "marks": _marks(scene),
    }
    legend = [[counted(name, len(places)), _mark_colour(name), True] for name, places in scene.marks.items()]
    if shown is None:
        types = section_types(segments.section_names, p.groups)
        shades = type_colours(types, p.groups)
        names = list(shades)
        data |= {"map": _bytes(_rgb(list(shades.values()))), "kinds": [names.index(types[k]) for k in segments.section]}
        data |= {"values": None, "legend": [[kind, shade, False] for kind, shade in shades.items()] + legend}
        return data, f"{len(segments)} segments, {len(segments.section_names)} sections; colours: types of sections."
    values, times, first = _over_time(shown, p)
    scale = ValueScale.of(values, shown.units, p)
    name = p.label or shown.name
    low_value, high_value = float(np.nanmin(values)), float(np.nanmax(values))
    data |= {"map": _bytes(_map(scale)), "kinds": None, "legend": legend}
    data["values"] = {
        "numbers": _bytes(values.T.astype("<f4")), "codes": _bytes(_codes(values, scale).T), "times": times,
        "first": first, "name": name, "unit": printed(shown.units), "ticks": _ticks(scale),
    }  # fmt: skip
    when = f", {times[0]:.4g} to {times[-1]:.4g} ms" if len(times) > 1 else f" at {times[0]:.4g} ms" if times else ""
    return data, (
        f"{len(segments)} segments; {name}{when}: from {signed(low_value)} to {signed(high_value)} "
        f"{printed(shown.units)} ({scale.words()})."
    )


def _over_time(shown: SegmentValues, p: MorphologyPageParameters) -> tuple[np.ndarray, list[float], int]:
    """Values (n, frames), their times (none where the values do not change), and the frame that is shown at first."""
    values, at = shown.at(p.time)
    if shown.t is None or p.frames == 1 or shown.t.size == 1:
        return values[:, None], [] if at is None else [at], 0
    samples = frame_samples(shown.t, min(p.frames, shown.t.size))
    times = shown.t[samples]
    return shown.values[:, samples], [float(time) for time in times], int(np.abs(times - at).argmin())


def _mesh(segments: Segments) -> dict[str, str]:
    """Frusta as 16 numbers each: ends, radii, normals of both discs, and whether the ends are joined to neighbours."""
    found = pieces(segments)
    first, last = disc_normals(found)
    joined = np.zeros((len(found), 2))
    joined[1:, 0] = joined[:-1, 1] = follows(found)
    radii = 0.5 * np.column_stack((found.start_diameter, found.end_diameter))
    table = np.hstack((found.start, found.end, radii, first, last, joined))
    return {"pieces": _bytes(table.astype("<f4")), "segment": _bytes(found.segment.astype("<i4"))}


def _box(segments: Segments) -> tuple[np.ndarray, np.ndarray]:
    found = pieces(segments)
    radius = 0.5 * np.maximum(found.start_diameter, found.end_diameter)[:, None]
    ends = np.concatenate([end + sign * radius for end in (found.start, found.end) for sign in (-1, 1)])
    return ends.min(axis=0), ends.max(axis=0)


def _marks(scene: Scene) -> list[dict[str, Any]]:
    marks = []
    for name, places in scene.marks.items():
        colour, size = _rgb([_mark_colour(name)])[0].tolist(), _size(name, len(places))
        where = [f" at {scene.segments.ids[k]}" for k in scene.placed[name]] if name in scene.placed else None
        for k, place in enumerate(places):
            text = f"{name}{where[k]}" if where else f"{name} at ({', '.join(f'{x:.4g}' for x in place)}) µm"
            marks.append({"at": place.round(3).tolist(), "rgb": colour, "size": size, "text": text})
    return marks


def _mark_colour(name: str) -> str:
    return _CONTACT if name == "contact" else MARKS[name]["markerfacecolor"]


def _size(name: str, number: int) -> float:
    """Radius of a mark in pixels; many contacts are dots."""
    return 5.5 if name != "contact" else 1.5 if number > MOST_SQUARES else 3.5


def _map(scale: ValueScale) -> np.ndarray:
    from matplotlib import colormaps

    colours = colormaps[scale.map](np.linspace(0.0, 1.0, _COLOURS))[:, :3]
    return np.vstack((np.round(255 * colours).astype(np.uint8), _rgb([NO_VALUE])))


def _codes(values: np.ndarray, scale: ValueScale) -> np.ndarray:
    """Which colour of the map each value has."""
    known = np.isfinite(values)
    share = np.clip(np.asarray(scale.norm(np.where(known, values, scale.norm.vmin))), 0.0, 1.0)
    return np.where(known, np.round(share * (_COLOURS - 1)), _COLOURS).astype(np.uint8)


def _ticks(scale: ValueScale) -> list[list[Any]]:
    """Places along the bar, 0 to 1, and what is written there."""
    from matplotlib.ticker import MaxNLocator

    if scale.linear_fraction < 1.0:
        from lfptools.plots.potential_scale import round_ticks

        ticks = round_ticks(scale.norm, scale.norm.vmax, scale.linear_fraction * scale.norm.vmax)
    else:
        found = MaxNLocator(nbins=6).tick_values(scale.norm.vmin, scale.norm.vmax)
        ticks = [tick for tick in found if scale.norm.vmin <= tick <= scale.norm.vmax]
    return [[round(float(scale.norm(tick)), 5), signed(tick, 6)] for tick in ticks]


def _rgb(colours: Sequence[str]) -> np.ndarray:
    from matplotlib.colors import to_rgb

    return np.round(255 * np.array([to_rgb(colour) for colour in colours])).astype(np.uint8)


def _bytes(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")

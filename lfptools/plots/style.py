"""The one style of all figures: fonts, colours, panel letters, units as they are printed.

Colours are those of Okabe & Ito (2008), which remain distinct with every common colour-vision deficiency.
"""

import functools
import re
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F")
ACCENT: Final = "#D55E00"
INK: Final = "#222222"
DIVERGING: Final = "RdBu_r"
SEQUENTIAL: Final = "viridis"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

RC: Final[dict[str, Any]] = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9.5,
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.05,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica"],
    "font.size": 9,
    "image.composite_image": True,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "mathtext.fontset": "dejavusans",
    "path.simplify": True,
    "pdf.fonttype": 42,
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "lfptools",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 8,
    "ytick.color": INK,
    "ytick.labelsize": 8,
}

_PRINTED: Final = {
    "uA cm-2": "µA/cm²",
    "S/cm2": "S/cm²",
    "uF cm-2": "µF/cm²",
    "uF/cm2": "µF/cm²",
    "mA/cm2": "mA/cm²",
    "mA cm-2": "mA/cm²",
    "S cm-2": "S/cm²",
    "nA um": "nA·µm",
    "nA um-3": "nA/µm³",
    "nA mm-3": "nA/mm³",
    "m s-1": "m/s",
    "S m-1": "S/m",
    "mmol L-1": "mM",
    "degC": "°C",
    "ohm cm": "Ω·cm",
    "Mohm": "MΩ",
    "1": "",
}


def styled(function: Callable) -> Callable:
    """Run a figure function under :data:`RC`, leaving the process's own settings as they were."""

    @functools.wraps(function)
    def draw(*args: Any, **keywords: Any) -> Any:
        import matplotlib

        with matplotlib.rc_context(RC):
            return function(*args, **keywords)

    return draw


def new_figure(width_mm: float, height_mm: float, layout: str = "constrained") -> "Figure":
    """An empty figure outside pyplot's global list, which the non-interactive Agg canvas draws.

    ``layout="compressed"`` suits panels of equal aspect.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_mm / 25.4, height_mm / 25.4), layout=layout)
    FigureCanvasAgg(figure)
    return figure


def letter(axes: "Axes", index: int) -> None:
    """Put the panel's letter at its upper left."""
    axes.set_title(LETTERS[index % 26], loc="left", fontweight="bold", fontsize=11)


def titled(axes: "Axes", index: int, title: str | None, letters: bool = True) -> None:
    """Put the panel's letter at its upper left, and a title behind it."""
    words = plain(title) if title else ""
    axes.set_title(rf"$\bf{{{LETTERS[index % 26]}}}$   {words}" if letters else words, loc="left")


def printed(unit: str) -> str:
    """A unit as it is printed: ``"um"`` is µm, ``"uA cm-2"`` is µA/cm²."""
    if unit in _PRINTED:
        return _PRINTED[unit]
    parts = [_POWER.match(part) for part in unit.split()]
    if not parts or None in parts:
        return unit
    powers = [(part[1], int(part[2] or 1)) for part in parts if part is not None]
    over, under = ("·".join(_raised(name, abs(n)) for name, n in powers if (n > 0) == above) for above in (True, False))
    return f"{over or '1'}/{under}" if under else over


def _raised(symbol: str, power: int) -> str:
    shown = f"µ{symbol[1:]}" if symbol.startswith("u") else symbol
    return shown if power == 1 else shown + str(power).translate(_RAISED)


_POWER: Final = re.compile(r"^([A-Za-z]+)(-?\d+)?$")
_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def signed(number: float, digits: int = 3) -> str:
    """A number with so many digits and a true minus sign."""
    return f"{number:.{digits}g}".replace("-", "−")


def label(name: str, unit: str) -> str:
    """An axis label with its unit, if it has one."""
    return f"{name} ({printed(unit)})" if printed(unit) else name


def wrapped(name: str, unit: str, width: int = 22) -> str:
    """An axis label broken into lines of about ``width`` characters."""
    return "\n".join(textwrap.wrap(label(name, unit), width))


def plain(text: object) -> str:
    """Text in which matplotlib finds no formula."""
    return str(text).replace("$", r"\$")


def colour(index: int) -> str:
    """The colour of the index-th line."""
    return COLOURS[index % len(COLOURS)]

"""Frames as a movie: GIF by pillow, MP4 by ffmpeg; the same bytes for the same frames."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import Field

from lfptools.errors import PictureError
from lfptools.io.atomic import atomic_path
from lfptools.plots.cell_drawing import GREY, MARKS
from lfptools.plots.course import CourseChoice
from lfptools.plots.style import COLOURS, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDINGS: Final = (".gif", ".mp4")
KEPT: Final = (INK, GREY, *COLOURS, *(mark["markerfacecolor"] for mark in MARKS.values()))
"""Colours that a GIF has whatever little of them there is in its frames."""
_PALETTE_FRAMES: Final = 8


class Film:
    """A figure and how it changes from frame to frame.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn once for each frame.
    update : callable
        ``update(k)`` makes it show frame k.
    number : int
        Of frames.
    dpi : float
        Pixels an inch.
    """

    def __init__(self, figure: "Figure", update: Callable[[int], None], number: int, dpi: float):
        self.figure, self._update, self.number = figure, update, number
        # Even numbers of pixels, which MP4 needs.
        width, height = (2 * round(size * dpi / 2) for size in figure.get_size_inches())
        figure.set_dpi(dpi)
        figure.set_size_inches(width / dpi, height / dpi)

    def frame(self, k: int) -> np.ndarray:
        """Frame k as RGB, (height, width, 3), uint8."""
        self._update(k)
        self.figure.canvas.draw()
        if k == 0 and self.figure.get_layout_engine() is not None:
            self.figure.set_layout_engine("none")  # laid out once: nothing may jump from frame to frame
        return np.array(self.figure.canvas.buffer_rgba())[:, :, :3]

    def write(self, path: Path | str, frames_per_s: float = 20.0) -> Path:
        """Write the movie, complete or not at all; the ending says as what.

        Raises
        ------
        PictureError
            For another ending than .gif and .mp4, or where MP4 is asked for and there is no ffmpeg.
        """
        path = Path(path)
        write = {".gif": _write_gif, ".mp4": _write_mp4}.get(path.suffix.lower())
        if write is None:
            raise PictureError(f"a movie's name must end in .gif or .mp4, got {str(path)!r}")
        if path.suffix.lower() == ".mp4" and shutil.which("ffmpeg") is None:
            raise PictureError(
                f"{path}: an MP4 needs the program ffmpeg, which is not on the path; install it (conda install ffmpeg, "
                "or your system's package), or write a .gif"
            )
        with atomic_path(path) as partial:
            self.frame(0)  # lays the figure out
            write(self, partial, frames_per_s)
        return path


def _write_gif(film: Film, path: Path, frames_per_s: float) -> None:
    """One palette for all frames, so that colours do not flicker, and no dither, so that they compress."""
    from matplotlib.colors import to_rgb
    from PIL import Image

    some = sorted({round(k) for k in np.linspace(0, film.number - 1, _PALETTE_FRAMES)})
    sample = Image.fromarray(np.concatenate([film.frame(k) for k in some]))
    kept = [to_rgb(shade) for shade in (*KEPT, *(str(grey) for grey in np.linspace(0.0, 1.0, 16)))]
    common = sample.quantize(256 - len(kept), dither=Image.Dither.NONE).getpalette()[: 3 * (256 - len(kept))]
    palette = Image.new("P", (1, 1))
    palette.putpalette([round(255 * part) for shade in kept for part in shade] + common)
    white = kept.index((1.0, 1.0, 1.0))

    def paletted(k: int) -> "Image.Image":
        frame = film.frame(k)
        index = np.array(Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE))
        index[(frame == 255).all(axis=-1)] = white  # pillow's look-up is coarse, and paper is white
        image = Image.frombytes("P", index.shape[::-1], index.tobytes())
        image.putpalette(palette.getpalette())
        return image

    paletted(0).save(
        path, format="GIF", save_all=True, append_images=(paletted(k) for k in range(1, film.number)), loop=0,
        duration=10 * max(2, round(100.0 / frames_per_s)),
    )  # fmt: skip


def _write_mp4(film: Film, path: Path, frames_per_s: float) -> None:
    """H.264 as every browser plays it; one thread and no time stamps, for the same bytes."""
    first = film.frame(0)
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{first.shape[1]}x{first.shape[0]}", "-r", f"{frames_per_s:g}", "-i", "-"]
    command += ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-threads", "1", "-map_metadata", "-1"]
    command += ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart", "-f", "mp4", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            for k in range(film.number):
                process.stdin.write((first if k == 0 else film.frame(k)).tobytes())
            said = process.communicate()[1]
        except BrokenPipeError:
            said = process.stderr.read()
    if process.returncode:
        raise PictureError(f"ffmpeg could not make the movie: {said.decode(errors='replace').strip()}")


class MovieParameters(CourseChoice):
    """How many frames of which time, how fast, how large."""

    frames: int = Field(100, ge=2, le=5000, description="evenly spread over the window, its ends among them")
    frames_per_s: float = Field(20.0, gt=0.0, le=50.0, description="of the movie")
    dpi: float = Field(130.0, ge=30.0, le=600.0, description="pixels per inch of the figure")


def frame_samples(t: np.ndarray, frames: int) -> np.ndarray:
    """Indices of the samples nearest to so many times, evenly spread from the first to the last."""
    wanted = np.linspace(t[0], t[-1], frames)
    right = np.clip(np.searchsorted(t, wanted), 1, t.size - 1)
    return np.where(wanted - t[right - 1] <= t[right] - wanted, right - 1, right)

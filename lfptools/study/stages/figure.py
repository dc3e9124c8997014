"""Stage figure: a study's results to a figure and the numbers that were drawn."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfptools.config.registry import load
from lfptools.errors import CaseFailed
from lfptools.io.netcdf import write_dataset
from lfptools.io.results import StudyResults
from lfptools.plots.notice import failure_notice
from lfptools.plots.numbers import save_numbers
from lfptools.plots.registry import FIGURES
from lfptools.plots.save import save_figure
from lfptools.provenance.record import Provenance


def figure(results: StudyResults, config: Mapping[str, Any], stem: Path, provenance: Provenance) -> None:
    """Draw a figure and write it as SVG, PDF, PNG, and its numbers as NetCDF and CSV.

    Parameters
    ----------
    results : StudyResults
        Of the whole study.
    config : mapping
        The figure's block, with its ``kind``.
    stem : path
        Of the files, without suffix.
    provenance : Provenance
        Stamped on all of them.
    """
    import matplotlib

    matplotlib.use("agg")
    kind = load(FIGURES[config["kind"]])
    own = {key: value for key, value in config.items() if key in kind.Parameters.model_fields}
    try:
        drawn, numbers = kind(results, kind.Parameters(**own))
    except CaseFailed as error:  # the report says so in the figure's place, and the verdict fails
        drawn, numbers = failure_notice(str(error))
    stem.parent.mkdir(parents=True, exist_ok=True)
    write_dataset(numbers, stem.with_suffix(".nc"), "figure_data", provenance)
    save_numbers(numbers, stem.with_suffix(".csv"))
    save_figure(drawn, stem, provenance.attrs())

"""The file of a signal that was computed while its cell ran: beside the run's, named by the lead field's key."""

from pathlib import Path


def applied_file(run: Path, lead_field: str) -> Path:
    """``<run>.<lead field>.nc`` beside ``<run>.nc``."""
    return run.with_name(f"{run.stem}.{lead_field}.nc")

"""Check of NeuroML1 files."""

from pathlib import Path


def check_neuroml(path: Path, text: str) -> None:
    """Placeholder."""

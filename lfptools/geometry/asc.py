"""Check of Neurolucida ASCII files."""

from pathlib import Path


def check_asc(path: Path, text: str) -> None:
    """Placeholder."""

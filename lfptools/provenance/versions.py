"""Versions of what computes, read from the installed packages' metadata: nothing is imported."""

import platform
from importlib import metadata
from typing import Final

PACKAGES: Final = ("lfptools", "neuron", "numpy", "scipy", "numba", "xarray", "netCDF4", "snakemake", "matplotlib")

UNKNOWN: Final = "unknown"


def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Package to version, ``"unknown"`` where it is not installed; and Python's own."""
    return {"python": platform.python_version(), **{name: _version(name) for name in packages}}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return UNKNOWN

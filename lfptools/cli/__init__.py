"""The ``lfptools`` command."""

from lfptools.cli.command import main

__all__ = ["main"]

"""What the exit code of a command means."""

from typing import Final

DONE: Final = 0
"""All is well: made, met, sound, nothing moved."""

FAILED: Final = 1
"""Something is wrong, and said in words: a study's file, a failed job, a missed claim, a file that is not there."""

USAGE: Final = 2
"""The command was called with arguments that it has not (argparse's own)."""

MOVED: Final = 3
"""``verify``, ``compare``: all was read, and something is not as it was."""

BUSY: Final = 4
"""Another run is at work in this folder."""

INTERRUPTED: Final = 130
"""Ended by Ctrl-C."""

TOLD: Final = (
    "exit codes: 0 done; 1 something is wrong, and said in words (a study's file, a failed job, a missed claim); "
    "2 wrong arguments; 3 verify or compare found differences; 4 another run is at work here; 130 interrupted"
)

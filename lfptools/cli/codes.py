"""What the exit code of a command means."""

import signal
from typing import Final

DONE: Final = 0
"""All is well: made, met, sound, nothing moved."""

FAILED: Final = 1
"""Something is wrong, and said in words: a study's file, a failed job or case, a file that is not there."""

USAGE: Final = 2
"""The command was called with arguments that it has not (argparse's own)."""

MOVED: Final = 3
"""All was made and read, and a number is not what it should be: a missed claim or check; ``verify``, ``compare``."""

BUSY: Final = 4
"""Another run is at work in this folder."""

UNREAD: Final = 128 + signal.SIGPIPE
"""Who read what is printed has gone, as in ``lfptools show … | head``."""

INTERRUPTED: Final = 130
"""Ended by Ctrl-C; by another signal, 128 and its number: 143 for SIGTERM."""

TOLD: Final = (
    "exit codes: 0 done; 1 something is wrong, and said in words (a study's file, a failed job or case); 2 wrong "
    "arguments; 3 all was made, and a number is not what it should be (a missed claim; what verify or compare found); "
    "4 another run is at work here; 130 interrupted"
)


class EndedBy(BaseException):
    """A signal ended the command, after what it had started was ended.

    Parameters
    ----------
    number : signal.Signals
        Which.
    """

    def __init__(self, number: signal.Signals):
        super().__init__(number.name)
        self.code = 128 + number

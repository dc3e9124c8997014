"""A command as a shell in the foreground starts it."""

import signal


def hearing():
    """Let a new process hear signals: what runs the tests (nohup, a job in the background) may ignore some for it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)

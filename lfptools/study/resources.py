"""What a job may need of a cluster: memory and run time, from what it makes; more of both in each further attempt.

Estimates are generous: a job that asks for too little is killed and tried again with twice as much.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lfptools.study.members import Member

BASE_MB: Mapping[str, int] = {
    "compile": 1000, "capture": 2000, "build": 1000, "lead_field": 1500, "simulate": 1500, "forward": 1500,
    "recording": 1500, "gather": 1500, "analysis": 1500, "analyse": 2000, "figure": 2000, "check": 2000,
    "report": 1000, "index": 1000, "verdict": 500,
}  # fmt: skip
"""What Python, its libraries and a small case need."""
START_MIN = 10
MEMBER_MIN = 0.5
STEPS_A_MIN = 200_000
WORK_S: Mapping[str, float] = {
    "compile": 5.0, "capture": 5.0, "build": 0.2, "lead_field": 0.2, "simulate": 0.2, "forward": 0.2, "recording": 0.2,
    "gather": 5.0, "analysis": 0.1,
}  # fmt: skip
"""What a small member takes; what cells, probes and models add is not known before they are built."""
STEPS_A_S: Mapping[str, float] = {"simulate": 5_000, "forward": 20_000, "recording": 20_000, "analysis": 100_000}
_WHOLE = ("recording", "gather", "analysis")  # stages that read a signal whole
_ROWS = 100  # contacts that a signal is taken to have
_COPIES = 4
_MB = 8e-6  # of a number


def memory_mb(stage: str, members: Sequence["Member"], attempt: int = 1) -> int:
    """Memory of a job in MB: one member is in it at a time, and the largest counts; doubled in each further attempt."""
    largest = max((steps(member) for member in members), default=0) if stage in _WHOLE else 0
    return math.ceil((BASE_MB[stage] + _COPIES * _ROWS * largest * _MB) * 2 ** (attempt - 1))


def runtime_min(stage: str, members: Sequence["Member"], attempt: int = 1) -> int:
    """Run time of a job in minutes: the members' one after the other; doubled in each further attempt."""
    took = START_MIN + MEMBER_MIN * len(members)
    if stage == "simulate":
        took += sum(steps(member) for member in members) / STEPS_A_MIN
    return math.ceil(took * 2 ** (attempt - 1))


def work_s(member: "Member") -> float:
    """About how many seconds a member takes beside the start of its job, where cells are small; more where not."""
    return WORK_S[member.stage] + steps(member) / STEPS_A_S.get(member.stage, math.inf)


def steps(member: "Member") -> int:
    """Time steps of the run that a member is, or is made of."""
    run = member.config.get("run") or {}
    if "t_ms" in run:
        return len(run["t_ms"])
    if "dt_ms" not in run:
        return 0
    return math.ceil((run["t_stop_ms"] - run.get("t_start_ms", 0.0)) / run["dt_ms"])


def of_job(
    estimate: Callable[[str, Sequence["Member"], int], int], stage: str, members: Callable[[Any], Sequence["Member"]]
) -> Callable[..., int]:
    """A function of wildcards and attempt, as a rule's resources take it."""

    def resource(wildcards: Any, attempt: int) -> int:
        return estimate(stage, members(wildcards), attempt)

    return resource

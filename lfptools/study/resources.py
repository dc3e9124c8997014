"""What a job may need of a cluster: memory and run time, from what it makes; more of both in each further attempt.

Estimates are generous: a job that asks for too little is killed and tried again with twice as much.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
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
    "compile": 5.0, "capture": 5.0, "build": 0.1, "lead_field": 0.1, "simulate": 0.06, "forward": 0.06,
    "recording": 0.06, "gather": 5.0, "analysis": 0.06,
}  # fmt: skip
"""What a small member takes beside the start of its job: most of it is files."""
STEP_US: Mapping[str, tuple[float, float]] = {
    "simulate": (3.0, 0.3), "forward": (1.0, 0.1), "recording": (2.0, 0.0), "analysis": (2.0, 0.0),
}  # fmt: skip
"""What a step of its run takes, and more of it for each segment."""
BYTES_A_SEGMENT = 500  # of a morphology's file
FEW_SEGMENTS = 30  # of a file with few points
SEGMENTS = 500  # of a cell that is known when its model has run
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
    """About how many seconds a member takes beside the start of its job."""
    alone, a_segment = STEP_US.get(member.stage, (0.0, 0.0))
    return WORK_S[member.stage] + 1e-6 * steps(member) * (alone + a_segment * segments(member))


def segments(member: "Member") -> int:
    """About how many segments a member's cell has: what its sections say, or the size of its file."""
    given = member.config.get("cell", {}).get("sections")
    if given is not None:
        return sum(section.get("segments") or 1 for section in given.values())
    one: Member | None = member
    while one is not None and "morphology" not in one.files:
        one = next(iter(one.all_inputs()), None)
    return SEGMENTS if one is None else max(FEW_SEGMENTS, _bytes(one.files["morphology"]) // BYTES_A_SEGMENT)


@cache
def _bytes(path: Path) -> int:
    return path.stat().st_size


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

"""Which members one job makes: its bucket, the folder that they lie in.

Members with much to compute have a job each while they are few. Those with little, or many, share jobs by the first
bits of their keys, so that a study that grows keeps its buckets, and a job is worth its start.
"""

import math
from collections.abc import Container, Mapping
from functools import cached_property
from typing import Final

from lfptools.provenance.files import content_hash
from lfptools.study.members import STAGES, Member
from lfptools.study.resources import work_s

FEWEST: Final = 4
"""Jobs of a stage that share little work, for the cores of a small machine."""
FEW: Final = 16
"""Jobs of a stage that has much, or many members."""
WORTH_S: Final = 5.0
"""Work that is worth the start of a process, two seconds with its libraries."""
CHEAP: Final = frozenset({"build", "lead_field", "forward", "recording", "analysis"})
LARGEST_BATCH: Final = 100


class Buckets:
    """The buckets of a plan.

    Parameters
    ----------
    members : mapping
        Stage to key to member.
    derived : container of (stage, key)
        Those that serve derived cases alone.
    batch : int, optional
        About how many members one job makes. None: so many that a job is worth its start, while there are jobs for a
        few cores, and some dozens of jobs where there are many members.
    """

    def __init__(
        self, members: Mapping[str, Mapping[str, Member]], derived: Container[tuple[str, str]], batch: int | None
    ):
        self._members, self._derived, self._batch = members, derived, batch

    def name(self, member: Member) -> str:
        """The wildcard {bucket} of a member: what one job makes.

        Its key, where each has a job of its own; otherwise ``b`` and the first bits of its key, and, behind ``m``, the
        mechanisms that it needs: a process can load one library of them. CoreNEURON reads GLOBALs once in a process: a
        hash of what sets them stands behind ``g``. Recordings may be made of recordings: how many there are before one
        stands behind ``d``, so that no job waits for itself. Members of derived cases alone have buckets of their own,
        behind ``v`` instead of ``b``, so that the others keep theirs when a figure asks for more.
        """
        derived = (member.stage, member.key) in self._derived
        bits = self._bits[member.stage, derived]
        if bits is None:
            return member.key
        first = f"{'v' if derived else 'b'}{int(member.key[:8], 16):032b}"[: bits + 1]
        library = member.inputs.get("mechanisms")
        name = f"{first}m{library.key[:8]}" if library is not None else first
        if member.stage == "simulate" and member.config["run"].get("engine") == "coreneuron":
            sets = [member.config["run"]["globals"], member.config["files"]]  # a cell's own hoc files may
            name += f"g{content_hash(sets)[:8]}"
        if member.stage == "recording":
            name += f"d{_depth(member)}"
        return name

    @cached_property
    def _bits(self) -> dict[tuple[str, bool], int | None]:
        """For each stage, and for derived cases by themselves, how many bits of a key name a bucket.

        None where each member has a job of its own. What is cheap and derived shares jobs, whatever the batch size.
        """
        found: dict[tuple[str, bool], int | None] = {}
        for stage, members in self._members.items():
            parts: dict[bool, list[Member]] = {False: [], True: []}
            for key, member in members.items():
                parts[(stage, key) in self._derived].append(member)
            for derived, part in parts.items():
                count = len(part)
                if derived and stage in CHEAP:
                    batch = max(1, min(LARGEST_BATCH, count), self._batch or 1)
                else:
                    batch = self._batch or _worthwhile(part)
                found[stage, derived] = None if batch == 1 else max(0, math.ceil(math.log2(max(1, count / batch))))
        return found

    @cached_property
    def members(self) -> dict[str, dict[str, list[Member]]]:
        """Stage to bucket to its members."""
        found: dict[str, dict[str, list[Member]]] = {stage: {} for stage in STAGES}
        for stage, members in self._members.items():
            for member in members.values():
                found[stage].setdefault(self.name(member), []).append(member)
        return found


def _depth(recording: Member) -> int:
    """How many recordings a recording is made of, one after the other."""
    before = (one for one in recording.all_inputs() if one.stage == "recording")
    return max((1 + _depth(one) for one in before), default=0)


def _worthwhile(members: list[Member]) -> int:
    """How many of these one job makes so that there are enough jobs for a few cores, and more where there is work."""
    count = len(members)
    worth = math.ceil(sum(map(work_s, members)) / WORTH_S)
    jobs = min(count, FEW, max(FEWEST, worth))
    return min(LARGEST_BATCH, -(-count // jobs)) if count else 1

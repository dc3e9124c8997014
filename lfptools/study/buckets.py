"""Which members one job makes: its bucket, the folder that they lie in.

Few members have a job each. Of many, those whose keys begin with the same bits share one, so that a study that grows
keeps its buckets, and a job is worth its start.
"""

import math
from collections.abc import Container, Mapping
from functools import cached_property
from typing import Final

from lfptools.provenance.files import content_hash
from lfptools.study.members import STAGES, Member

FEW: Final = 16
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
        About how many members one job makes. None: one each where there are few, and so many that there are some
        dozens of jobs where there are many.
    """

    def __init__(
        self, members: Mapping[str, Mapping[str, Member]], derived: Container[tuple[str, str]], batch: int | None
    ):
        self._members, self._derived, self._batch = members, derived, batch

    def name(self, member: Member) -> str:
        """The wildcard {bucket} of a member: what one job makes.

        Its key, where each has a job of its own; otherwise ``b`` and the first bits of its key, and, behind ``m``, the
        mechanisms that it needs: a process can load one library of them. CoreNEURON reads GLOBALs once in a process: a
        hash of what sets them stands behind ``g``. Members of derived cases alone have buckets of their own, behind
        ``v`` instead of ``b``, so that the others keep theirs when a figure asks for more.
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
        return name

    @cached_property
    def _bits(self) -> dict[tuple[str, bool], int | None]:
        """For each stage, and for derived cases by themselves, how many bits of a key name a bucket.

        None where each member has a job of its own. What is cheap and derived shares jobs, whatever the batch size.
        """
        found: dict[tuple[str, bool], int | None] = {}
        for stage, members in self._members.items():
            of_derived = sum((stage, key) in self._derived for key in members)
            for derived, count in ((False, len(members) - of_derived), (True, of_derived)):
                if derived and stage in CHEAP:
                    batch = max(1, min(LARGEST_BATCH, count), self._batch or 1)
                else:
                    batch = self._batch or (1 if count <= FEW else min(LARGEST_BATCH, -(-count // FEW)))
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

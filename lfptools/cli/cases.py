"""How many cases of a run are made, by what lies in the stores of its studies: so it is known on a cluster, too."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from lfptools.study.plan import Plan
from lfptools.study.store import STORE, Store


class CasesMade:
    """Cases of some plans: their own, gathered ones and those that are derived because a figure asks for them.

    A case is made when everything is that it is made of; what several cases share is waited for by each. Folders are
    listed and no file is opened, so that ten thousand cases are counted in some hundredths of a second.

    Parameters
    ----------
    plans : iterable of Plan
        Of the studies that are made.
    """

    def __init__(self, plans: Iterable[Plan]):
        self.made: Counter[str] = Counter()
        """By stage, how many members were made since the first count."""
        self._waiting: dict[Path, dict[str, list[tuple[str, str]]]] = {}
        self._open: Counter[tuple[str, str]] = Counter()
        self._failed: dict[Path, set[tuple[str, str]]] = {}
        self._cases: dict[tuple[Path, str], list[tuple[str, str]]] = {}
        for plan in plans:
            store = Store(plan.folder / STORE)
            for stage, members in plan.members.items():
                for member in members.values():
                    cases = [(plan.study.name, case) for case in plan.cases_of(member)]
                    entry = store.entry(stage, member.key, plan.stamp(member))
                    self._waiting.setdefault(entry.parent, {})[entry.name] = cases
                    self._cases[plan.folder / stage, member.key] = cases
                    self._open.update(cases)
            for failed in plan.folder.glob("*/*/*.failed.json"):
                self.job_ended(failed.parent)
        self.total = len(self._open)
        self.update()
        self.made.clear()

    @property
    def done(self) -> int:
        """How many cases are made."""
        return self.total - len(self._open)

    @property
    def failed(self) -> int:
        """How many cases cannot be made, as what they are made of could not."""
        return len(set().union(*self._failed.values()) & self._open.keys())

    def waiting(self, stage: str) -> int:
        """How many members of a stage are still to be made."""
        return sum(len(entries) for folder, entries in self._waiting.items() if folder.name == stage)

    def update(self) -> None:
        """Look at what has been made since."""
        for folder, entries in self._waiting.items():
            if not entries:
                continue
            try:
                there = entries.keys() & set(os.listdir(folder))
            except FileNotFoundError:
                continue
            for name in there:
                for case in entries.pop(name):
                    self._open[case] -= 1
                    if not self._open[case]:
                        del self._open[case]
            self.made[folder.name] += len(there)

    def job_ended(self, bucket: Path) -> None:
        """See which members of a bucket a job could not make."""
        keys = (path.name.removesuffix(".failed.json") for path in bucket.glob("*.failed.json"))
        found = [self._cases.get((bucket.parent, key), []) for key in keys]
        self._failed[bucket] = {case for cases in found for case in cases}

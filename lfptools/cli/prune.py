"""``lfptools prune``: results that no case of a study refers to any more."""

import sys
from collections.abc import Sequence
from pathlib import Path

from lfptools.cli.lock import held
from lfptools.cli.run import studies_config, workflow_root
from lfptools.study.store import STORE, Store
from lfptools.study.workflow import Workflow


def prune(studies: Sequence[str]) -> int:
    """Remove from the stores of studies what was made for cases or by source that is there no more.

    Raises
    ------
    ConfigError
        If something is wrong in a study's file.
    BusyError
        If a run is at work here.
    """
    root = workflow_root()
    workflow = Workflow(studies_config(root, studies, ()), root)
    with held(Path.cwd()):
        for name in workflow.selected:
            plan = workflow.plan(name)
            store = Store(plan.folder / STORE)
            members = (member for members in plan.members.values() for member in members.values())
            count, size = store.prune(store.entry(m.stage, m.key, plan.stamp(m)) for m in members)
            sys.stdout.write(f"{name}: {count} results removed, {size / 1e6:.1f} MB\n")
    return 0

"""Make a study's members in one process, in an order of their own: ``shuffled_cases.py study out seed``."""

import random
import sys
from pathlib import Path

from lfptools.provenance.record import Provenance
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.stages.build import build
from lfptools.study.stages.forward import forward
from lfptools.study.stages.lead_field import lead_field
from lfptools.study.stages.simulate import simulate

MADE = {"build": build, "lead_field": lead_field, "simulate": simulate, "forward": forward}


def main(study: Path, out: Path, seed: int) -> None:
    plan = Plan(load_study(study), out)
    shuffle = random.Random(seed).shuffle
    for stage, function in MADE.items():
        members = list(plan.members[stage].values())
        shuffle(members)
        for member in members:
            inputs = {role: _paths(plan, value) for role, value in member.inputs.items()}
            path = plan.path(member)
            path.parent.mkdir(parents=True, exist_ok=True)
            about = Provenance(
                study="shuffled", case="", cases=(), stage=stage, result=member.key, config=member.config,
                study_config={}, git_commit="", git_dirty=False, source_hash="", versions={}, input_hashes={}, seed=0,
            )  # fmt: skip
            function(config=member.config, inputs=inputs, files=member.files, output=path, provenance=about)


def _paths(plan: Plan, value: object) -> object:
    return {key: plan.path(one) for key, one in value.items()} if isinstance(value, dict) else plan.path(value)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))

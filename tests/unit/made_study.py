"""Members of a plan made in this process, without Snakemake."""

from collections.abc import Callable

from lfptools.provenance.record import Provenance
from lfptools.study.plan import Plan
from lfptools.study.stages.build import build
from lfptools.study.stages.forward import forward
from lfptools.study.stages.lead_field import lead_field
from lfptools.study.stages.simulate import simulate

MADE = {"build": build, "lead_field": lead_field, "simulate": simulate, "forward": forward}


def make(plan: Plan, arrange: Callable[[list], None] = lambda members: None) -> Plan:
    """Make every member, in an order of one's own."""
    for stage, function in MADE.items():
        members = list(plan.members[stage].values())
        arrange(members)
        for member in members:
            inputs = {role: _paths(plan, value) for role, value in member.inputs.items()}
            path = plan.path(member)
            path.parent.mkdir(parents=True, exist_ok=True)
            about = Provenance(
                study="made", case="", cases=(), stage=stage, result=member.key, config=member.config,
                study_config={}, git_commit="", git_dirty=False, source_hash="", versions={}, input_hashes={}, seed=0,
            )  # fmt: skip
            function(config=member.config, inputs=inputs, files=member.files, output=path, provenance=about)
    return plan


def _paths(plan: Plan, value: object) -> object:
    return {key: plan.path(one) for key, one in value.items()} if isinstance(value, dict) else plan.path(value)

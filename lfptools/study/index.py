"""What ``index.json`` holds, by which results are found without the study that they are of."""

from collections.abc import Mapping
from typing import Any

from lfptools.study.cases import Case
from lfptools.study.gathered import GatheredCase
from lfptools.study.plan import Plan


def index(plan: Plan) -> dict[str, Any]:
    """What ``index.json`` holds: every case, its configuration, and where its results lie.

    Cases that were derived because a figure asks how its number varies stand under ``variations``, by themselves.
    """

    def relative(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: relative(inner) for name, inner in value.items()}
        return value.relative_to(plan.folder).as_posix()

    def entry(case: Case | GatheredCase) -> dict[str, Any]:
        return {
            "id": case.id, "experiment": case.experiment, "label": case.label, "values": dict(case.values),
            "paths": relative(plan.paths_of(case)),
        }  # fmt: skip

    return {
        "study": plan.study.name, "title": plan.study.title, "config": plan.study.config(),
        "cases": [
            entry(case) | {"config": {name: block.plain for name, block in case.blocks.items()}}
            for case in plan.study.cases
        ] + [
            entry(case) | {"config": {}, "gathered": True}
            for case in plan.study.gathered
        ],
        "variations": [
            {
                "figure": one.figure, "kind": one.kind, "of_cases": [case.id for case in (*one.cases, *one.gathered)],
                "levels": [
                    {"changes": dict(level.changes), "cases": [entry(case) for case in (*level.cases, *level.gathered)]}
                    for level in one.levels
                ],
            }
            for one in plan.study.variations
        ],
    }  # fmt: skip

"""From study files to labelled data, figures, reports and verdicts. Paths and logic: lfptools.study.workflow."""

import sys

from snakemake.utils import min_version

min_version("9.0")

ROOT = str(workflow.current_basedir)
sys.path.insert(
    0, ROOT
)  # Snakemake puts the checkout last, where an old install would shadow it

from lfptools.study.workflow import Workflow, prepare


configfile: f"{ROOT}/config/config.yaml"


prepare(ROOT)
W = Workflow(config, ROOT)


wildcard_constraints:
    study="[A-Za-z][A-Za-z0-9_]*",
    figure="[A-Za-z][A-Za-z0-9_]*",
    bucket="[0-9a-z]+",


rule all:
    default_target: True
    input:
        W.targets,


include: "workflow/rules/cells.smk"
include: "workflow/rules/signals.smk"
include: "workflow/rules/results.smk"

"""The workflow as the catalog and snakedeploy use it."""

import subprocess
import sys

import pytest
from study_files import TINY

from lfptools.provenance.source import package_root

CATALOGUED = package_root().parent / "workflow/Snakefile"


def dry_run(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_catalogs_snakefile_makes_a_study(tmp_path):
    (tmp_path / "tiny.yaml").write_text(TINY)
    said = dry_run(tmp_path, "--snakefile", str(CATALOGUED), "--config", "study=tiny.yaml")
    assert "rule verdict:" in said and "results/tiny/verdict.txt" in said


@pytest.mark.slow
@pytest.mark.parametrize(("study", "expected"), [("tiny.yaml", "rule verdict:"), ("quick", "under the key quick")])
def test_another_workflow_imports_it_as_a_module(tmp_path, study, expected):
    (tmp_path / "tiny.yaml").write_text(TINY)
    (tmp_path / "Snakefile").write_text(
        f"module lfp:\n    snakefile: {str(CATALOGUED)!r}\n    config: {{'study': {study!r}}}\n\nuse rule * from lfp\n"
    )
    assert expected in dry_run(tmp_path)

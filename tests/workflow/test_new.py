"""What ``lfptools new`` writes runs as it is, and together."""

import json

import pytest
import xarray as xr


@pytest.mark.slow
def test_a_new_study_runs_and_so_does_one_with_a_new_cell_and_a_new_probe(project):
    from study_files import with_own_cell, with_own_probe

    for kind, name in (("study", "mine"), ("study", "both"), ("cell", "own_cell"), ("probe", "own_row")):
        done = project.command("lfptools.cli", "new", kind, name)
        assert done.returncode == 0, done.stderr
        assert (project.folder / f"{name}.yaml").read_text(encoding="utf-8").count("#") >= 2, "it is commented"
    both = project.folder / "both.yaml"
    text = both.read_text(encoding="utf-8")
    both.write_text(with_own_probe(with_own_cell(text, "own_cell.yaml"), "own_row.yaml"), encoding="utf-8")
    done = project.run("mine.yaml", "both.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    for study in ("mine", "both"):
        folder = project.folder / "results" / study
        claims = json.loads((folder / "claims.json").read_text(encoding="utf-8"))
        assert claims and all(claim["met"] for claim in claims)
        assert (folder / "report.html").is_file()
    with xr.open_dataset(project.folder / "results/both/data/main/dend/along.nc") as along:
        assert along.sizes["contact"] == 17, "from z = -200 to 600 um every 50 um"
        assert float(abs(along["potential"]).max()) > 0

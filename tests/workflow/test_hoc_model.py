"""A hoc model in the workflow: captured once, made again when its folder changes, its own folder left alone."""

import json
import shutil

import pytest
import xarray as xr
from conftest import ROOT, Project

MODELS = ROOT / "tests/data/models"


@pytest.mark.slow
def test_a_hoc_model_is_captured_once_and_again_when_a_file_of_its_folder_changes(tmp_path, snapshot):
    from study_files import TINY, changed

    start, end = TINY.index("cell:"), TINY.index("run:")
    model = "{file: ../../stars/main.hoc, root: 'Star[1].soma', accept: [other_trees, point_processes]}"
    cell = f"cell: {{hoc_model: {model}}}\n"
    study = changed(TINY, TINY[start:end], cell).replace("section: dend,", 'section: "arm[4]",')
    made = Project(tmp_path / "project", study, snapshot)
    shutil.copytree(MODELS / "stars", made.folder / "stars")
    before = sorted(path.name for path in (made.folder / "stars").iterdir())
    done = made.run()
    assert done.returncode == 0, done.stdout + done.stderr
    results = made.folder / "results/tiny"
    (captured,) = results.glob("capture/*/*.nc")
    assert (results / "data/main/0.001/cell_type.nc").resolve() == captured.resolve()
    with xr.open_dataset(captured) as dataset:
        assert (dataset.attrs["kind"], dataset.attrs["stage"]) == ("cell_type", "capture")
        assert json.loads(dataset.attrs["verification"])["largest_difference_mV"] <= 1e-6
        assert set(json.loads(dataset.attrs["input_hashes"])) == {"hoc_model"}
    with xr.open_dataset(results / "data/main/0.001/run.nc") as run:
        assert (run.attrs["v_init_mV"], run.attrs["celsius_degC"]) == (-65.0, 6.3)
    assert sorted(path.name for path in (made.folder / "stars").iterdir()) == before
    assert made.scheduled() == {}
    made.edit("stars/star.hoc", "1e-4 * (k + 1)", "2e-4 * (k + 1)")
    jobs = made.scheduled()
    assert (jobs["capture"], jobs["build"], jobs["simulate"]) == (1, 1, 2)

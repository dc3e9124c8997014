"""Results have readable names beside those made of hashes."""

from lfptools.study.stages.analyse import link_data


def test_links_lead_to_the_files_under_the_names_of_experiment_case_and_signal(tmp_path):
    (tmp_path / "forward/ab").mkdir(parents=True)
    (tmp_path / "forward/ab/ab12.nc").write_text("lfp")
    paths = {"geometry": "build/1.nc", "run": "simulate/2.nc", "signal": {"lfp": "forward/ab/ab12.nc"}}
    case = {
        "experiment": "main",
        "label": "apical",
        "id": "main-apical-1",
        "paths": {**paths, "lead_field": {"lfp": "m.nc"}},
    }
    twin = {**case, "label": "twin", "id": "main-twin-1"}
    index = {"cases": [case, twin, {**twin, "id": "main-twin-2"}]}
    link_data(index, tmp_path, tmp_path / "data")
    link_data(index, tmp_path, tmp_path / "data")
    assert (tmp_path / "data/main/apical/lfp.nc").read_text() == "lfp"
    assert not (tmp_path / "data/main/apical/lfp.nc").readlink().is_absolute()
    assert {entry.name for entry in (tmp_path / "data/main").iterdir()} == {"apical", "main-twin-1", "main-twin-2"}
    assert {entry.name for entry in (tmp_path / "data/main/apical").iterdir()} == {
        "geometry.nc",
        "run.nc",
        "lfp.nc",
        "lead_field_lfp.nc",
    }

"""What moved between two runs: datasets block by block, claims, checks, cases that are missing, baselines."""

import json
import math
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from made_study import make
from study_files import changed, write
from test_variations import DECAY

from lfptools.cli.command import main
from lfptools.io.atomic import write_json
from lfptools.io.compared import compare_arrays, compare_digests, digest
from lfptools.provenance.record import Provenance
from lfptools.study.index import index
from lfptools.study.load import load_study
from lfptools.study.plan import Plan
from lfptools.study.stages.analyse import analyse
from lfptools.study.stages.check import asked_of, check
from lfptools.study.stages.figure import figure
from lfptools.study.workflow import figure_config

CLAIMS = """\
claims:
  end: {measure: value_at, variable: soma_potential, time_ms: 10, unit: mV, equals: -66.2, tolerance_abs: 0.1, case: slow, source: theory}
  below: {measure: value_at, variable: soma_potential, time_ms: 10, unit: mV, less_than: -60, case: slow, source: theory}
"""  # noqa: E501
SWEEP = "sweep: [{label: slow, run.v_init_mV: -60}, {label: fast, run.v_init_mV: -50}]\n"
STUDY = changed(DECAY, "figures:", f"{SWEEP}figures:") + CLAIMS
STUDY = STUDY.replace("10, unit: mV}\n      over", "10, unit: mV, case: slow}\n      over")


def values(*numbers: float, unit: str = "mV") -> xr.DataArray:
    return xr.DataArray(np.array(numbers, float), dims="t", attrs={"units": unit})


def finished(folder: Path, text: str = STUDY) -> Path:
    """A study's folder of results, made in this process."""
    folder.mkdir()
    plan = make(Plan(load_study(write(folder, text)), folder / "results"))
    about = Provenance(study="decay", stage="figure")
    files = [plan.folder / name for name in ("index.json", "claims.json", "failures.json", "data")]
    write_json(index(plan), files[0])
    analyse(files[0], plan.study.model.claims, *files[1:])
    figure(plan.results, figure_config(plan, "course"), plan.folder / "figures/course", about)
    check("course", figure_config(plan, "course"), asked_of(plan, "course"), plan.folder / "checks/course", about)
    return plan.folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One finished run; tests copy what they change."""
    return finished(tmp_path_factory.mktemp("compare") / "a")


@pytest.fixture
def other(run, tmp_path):
    """A copy of it."""
    return Path(shutil.copytree(run, tmp_path / "b" / run.name, symlinks=True))


def compared(capsys, *words: object) -> tuple[int, dict[str, dict]]:
    """Exit code, and each finding by its kind and name."""
    code = main(["compare", "--json", *map(str, words)])
    told = json.loads(capsys.readouterr().out)
    assert told["moved"] == (code == 3)
    (findings,) = told["studies"].values()
    return code, {f"{one['kind']} {one['name']}": one for one in findings}


def edit(path: Path, variable: str, function) -> None:
    """Change numbers of a file in place, through a copy: results are hard links into a store."""
    fresh = path.resolve().with_suffix(".new")
    shutil.copy(path.resolve(), fresh)
    with netCDF4.Dataset(fresh, "a") as dataset:
        dataset[variable][:] = function(dataset[variable][:])
    fresh.replace(path.resolve())


def soma_file(folder: Path, case: str) -> Path:
    index = json.loads((folder / "index.json").read_text())
    return next(folder / one["paths"]["run"] for one in index["cases"] if one["label"] == case)


def test_equal_runs_have_nothing_that_moved(run, other, capsys):
    code, found = compared(capsys, run, other)
    assert code == 0 and {one["status"] for one in found.values()} == {"same"}
    assert {"claim end", "check course, convergence: number", "data data/main/slow/run: soma_potential"} <= set(found)
    assert "figure figures/course: panel_a" in found and "figure checks/course: number_0" in found


def test_one_moved_number_is_found_with_its_size(run, other, capsys):
    def moved(numbers):
        numbers[7] += 1e-5
        return numbers

    edit(soma_file(other, "slow"), "soma_potential", moved)
    code, found = compared(capsys, run, other)
    differing = {name: one for name, one in found.items() if one["status"] != "same"}
    assert code == 3 and list(differing) == ["data data/main/slow/run: soma_potential"]
    (one,) = differing.values()
    assert one["status"] == "moved" and one["difference"] == pytest.approx(1e-5, rel=1e-6) and one["unit"] == "mV"
    code, found = compared(capsys, run, other, "--rtol", "1e-6")
    assert code == 0 and found["data data/main/slow/run: soma_potential"]["status"] == "within"
    code, _ = compared(capsys, run, other, "--atol", "1.1e-5")
    assert code == 0


def test_claims_move_beyond_their_own_tolerance(run, other, capsys):
    claims = json.loads((other / "claims.json").read_text())
    for claim, by in zip(claims, (0.05, 0.3), strict=True):
        claim["got"] += by
    (other / "claims.json").write_text(json.dumps(claims))
    code, found = compared(capsys, run, other)
    assert code == 0  # 0.05 of 0.1; 0.3 of 1 % of 66 mV
    assert found["claim end"]["status"] == found["claim below"]["status"] == "within"
    claims[0]["got"] += 0.06
    claims[1].update(got=None, met=False, error="no such file")
    (other / "claims.json").write_text(json.dumps(claims))
    code, found = compared(capsys, run, other)
    assert code == 3 and found["claim end"]["status"] == "moved"
    assert found["claim end"]["difference"] == pytest.approx(0.11) and found["claim end"]["tolerance"] == 0.1
    assert found["claim below"]["status"] == "newly missed" and "no such file" in found["claim below"]["note"]
    assert compared(capsys, other, run)[1]["claim below"]["status"] == "newly met"


def test_what_is_gone_moved_and_what_is_new_did_not(run, other, capsys):
    claims = json.loads((other / "claims.json").read_text())
    (other / "claims.json").write_text(json.dumps(claims[:1]))
    code, found = compared(capsys, run, other)
    assert code == 3 and found["claim below"]["status"] == "gone"
    code, found = compared(capsys, other, run)
    assert code == 0 and found["claim below"]["status"] == "new"


def test_another_setting_is_named_and_a_case_that_is_missing_too(run, tmp_path, capsys):
    text = changed(STUDY, "dt_ms: 0.5", "dt_ms: 0.25").replace(", {label: fast, run.v_init_mV: -50}", "")
    code, found = compared(capsys, run, finished(tmp_path / "c", text))
    assert code == 3
    assert found["configuration main: slow"]["note"] == "run.dt_ms 0.5 → 0.25"
    assert found["case main: fast"]["status"] == "gone" and found["data data/main/fast/run"]["status"] == "gone"
    soma = found["data data/main/slow/run: soma_potential"]
    assert soma["status"] == "reshaped" and soma["note"] == "lengths (41), were (21)"
    moved = 10 * abs((1 + 0.25 / 10) ** -40 - (1 + 0.5 / 10) ** -20)
    assert abs(found["check course, convergence: number"]["difference"]) == pytest.approx(moved, rel=1e-6)
    assert found["check course, convergence: number"]["status"] == "newly met"  # half the step, half the error


def test_a_case_that_failed_is_told_with_its_reason(run, other, capsys):
    path = soma_file(other, "fast")
    path.unlink()
    path.with_name(f"{path.stem}.failed.json").write_text('{"stage": "simulate", "message": "NaN at 3 ms", "log": "l"}')
    code, found = compared(capsys, run, other)
    assert code == 3 and found["data data/main/fast/run"]["status"] == "gone"
    assert found["data data/main/fast/run"]["note"] == "now: failed (simulate): NaN at 3 ms"


def test_a_baseline_stands_for_a_run(run, other, tmp_path, capsys):
    kept = tmp_path / "kept.json"
    assert main(["baseline", str(run), str(kept)]) == 0
    capsys.readouterr()
    code, found = compared(capsys, kept, other)
    assert code == 0 and {one["status"] for one in found.values()} == {"same"}
    edit(soma_file(other, "slow"), "soma_potential", lambda numbers: numbers * 1.001)
    code, found = compared(capsys, kept, other)
    one = found["data data/main/slow/run: soma_potential"]
    assert code == 3 and one["status"] == "moved" and one["difference"] == pytest.approx(0.07, abs=0.01)
    assert "were not stored" in one["note"]
    assert compared(capsys, kept, other, "--rtol", "0.01")[0] == 0


def test_a_baseline_without_data_has_the_claims_alone(run, other, tmp_path, capsys):
    kept = tmp_path / "kept.json"
    assert main(["baseline", str(run), str(kept), "--without-data"]) == 0
    capsys.readouterr()
    assert kept.stat().st_size < 6000
    edit(soma_file(other, "slow"), "soma_potential", lambda numbers: numbers * 1.001)
    code, found = compared(capsys, kept, other)
    assert code == 0 and {name.split()[0] for name in found} == {"claim", "check"}


def test_folders_of_studies_are_compared_study_by_study(run, other, tmp_path, capsys):
    shutil.copytree(other, other.parent / "second", symlinks=True)
    index = other.parent / "second/index.json"
    index.write_text(index.read_text().replace('"study": "decay"', '"study": "second"'))
    assert main(["compare", str(run.parent), str(other.parent)]) == 0
    told = capsys.readouterr().out
    assert "decay: nothing moved" in told and "second" in told and "claims: 2 the same to the bit" in told
    assert main(["compare", str(other.parent), str(run.parent)]) == 3


def test_the_table_shows_what_moved_with_enough_digits(run, other, capsys):
    claims = json.loads((other / "claims.json").read_text())
    claims[0]["got"] += 0.11
    (other / "claims.json").write_text(json.dumps(claims))
    assert main(["compare", str(run), str(other)]) == 3
    told = capsys.readouterr().out
    assert "decay: 1 thing moved" in told and "by 0.11 mV, tolerance 0.1" in told and "→ −66.1" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere", "nowhere"), "there is no such file or folder"),
        ((".", "."), "holds no results of a study"),
        (("note.json", "note.json"), "is no baseline"),
        (("broken.json", "broken.json"), "truncated or no JSON"),
        (("{run}", "{run}", "--rtol", "-1"), "--rtol: expected a number >= 0"),
    ],
)
def test_what_cannot_be_compared_is_told(run, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    Path("note.json").write_text("{}")
    Path("broken.json").write_text('{"format"')
    assert main(["compare", *(word.format(run=run) for word in words)]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("content", ["[1]", '[{"got": 1}]', "3"])
def test_claims_that_are_none_are_told(run, other, capsys, content):
    (other / "claims.json").write_text(content)
    assert main(["compare", str(run), str(other)]) == 1
    assert "are not as a run writes them" in capsys.readouterr().err


def test_a_baseline_is_replaced_only_when_asked(run, tmp_path, capsys):
    kept = tmp_path / "kept.json"
    assert main(["baseline", str(run), str(kept)]) == 0
    first = kept.read_bytes()
    assert main(["baseline", str(run), str(kept), "--without-data"]) == 1
    assert "already, which is left as it is" in capsys.readouterr().err
    assert kept.read_bytes() == first
    assert main(["baseline", str(run), str(kept), "--without-data", "--replace"]) == 0
    assert len(kept.read_bytes()) < len(first)


def test_an_unfinished_run_makes_no_baseline(run, other, tmp_path, capsys):
    soma_file(other, "fast").unlink()
    assert main(["baseline", str(other), str(tmp_path / "kept.json")]) == 1
    assert "data/main/fast/run: not made" in capsys.readouterr().err
    assert not (tmp_path / "kept.json").exists()


# --- variables --------------------------------------------------------------------------------------------------------


def test_nan_equals_nan_at_its_place_alone():
    a = values(1.0, math.nan, math.inf)
    assert compare_arrays(a, values(1.0, math.nan, math.inf), 0, 0).status == "same"
    found = compare_arrays(a, values(1.0, 2.0, math.inf), 1, 1)
    assert found.status == "moved" and "1 numbers" in found.note
    assert compare_arrays(a, values(1.0, math.nan, -math.inf), 1, 1).status == "moved"
    assert compare_arrays(a, values(1.1, math.nan, math.inf), 0.2, 0).status == "within"
    assert compare_digests(digest(a), digest(values(1.0, 2.0, math.inf)), 1, 1).status == "moved"


def test_tolerances_are_of_the_largest_magnitude():
    a = values(0.0, 100.0)
    assert compare_arrays(a, values(0.9, 100.0), 0.01, 0.0).status == "within"
    found = compare_arrays(a, values(1.1, 100.0), 0.01, 0.0)
    assert (found.status, found.difference, found.relative) == ("moved", 1.1, pytest.approx(0.011))
    assert compare_arrays(a, values(1.1, 100.0), 0.0, 1.2).status == "within"


def test_other_units_labels_and_lengths_are_no_small_difference():
    assert compare_arrays(values(1.0), values(1.0, unit="uV"), 1, 1).note == "unit 'uV', was 'mV'"
    assert compare_arrays(values(1.0), values(1.0, 2.0), 1, 1).note == "lengths (2), were (1)"
    a, b = (xr.DataArray(np.array([name], dtype=object), dims="contact") for name in ("0", "1"))
    assert compare_arrays(a, b, 1, 1).note == "its labels are others" and compare_arrays(a, a, 0, 0).status == "same"
    assert compare_digests(digest(a), digest(b), 1, 1).note == "its labels are others"


def test_blocks_are_read_one_after_the_other_and_every_one_counts():
    rng = np.random.default_rng(0)
    numbers = rng.standard_normal((3, 5000))
    other = numbers.copy()
    other[1, 4999] += 0.5
    a, b = (xr.DataArray(one, dims=("contact", "t"), attrs={"units": "mV"}) for one in (numbers, other))
    assert compare_arrays(a, b, 0, 0).difference == pytest.approx(0.5)
    assert digest(a) == digest(a.copy(deep=True)) and digest(a).sha256 != digest(b).sha256
    assert digest(a).rms == pytest.approx(np.sqrt(np.mean(numbers**2)))

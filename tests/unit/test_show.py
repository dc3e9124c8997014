"""What `lfptools show` says of a study, finished or not."""

import json

import numpy as np
import pytest
from analytic_study import case, potential_dataset, run_dataset

from lfptools.cli.command import main
from lfptools.io.failures import Failure, write_failure

T = np.arange(5) * 0.5


@pytest.fixture
def folder(tmp_path):
    """Three cases: one is made, one failed, one is not there yet."""
    folder = tmp_path / "results" / "s"
    folder.mkdir(parents=True)
    lfp = potential_dataset([1.0], [0.0], [0.0], T, np.ones((1, 5)))
    entries = []
    for label in ("made", "failed", "waiting"):
        made = case(folder, label, run_dataset(T, soma_potential=T), {}, lfp=lfp)
        paths = {"run": str(made.paths["run"]), "signal": {name: str(p) for name, p in made.paths["signal"].items()}}
        about = {"id": label, "experiment": "main", "label": label, "values": {}, "config": {}}
        entries.append({**about, "paths": paths})
    for entry in entries[1:]:
        (folder / entry["paths"]["run"]).unlink()
    write_failure(Failure("simulate", "it diverges", "logs/a.log"), folder / entries[1]["paths"]["run"])
    index = {"study": "s", "title": "S", "config": {"question": "Does it hold?"}, "cases": entries}
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


CLAIM = {
    "name": "depth", "statement": "Deep", "expected": "< 0", "unit": "uV", "tolerance": None, "error": None,
}  # fmt: skip


def test_a_study_that_is_not_finished(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder.parent.parent)
    for where in ("results/s", "results"):
        assert main(["show", where]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "results/s: study s: Does it hold?",
            "  experiment main: 1 of 3 cases made, 1 failed, 1 not yet: made; failed; waiting",
            "  case failed of experiment main failed (simulate): it diverges",
            "    log: logs/a.log",
            "  no report yet",
        ]


def test_claims_and_what_was_drawn(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    claims = [{**CLAIM, "got": -2.5, "met": True}, {**CLAIM, "name": "height", "got": 1.0, "met": False}]
    (folder / "claims.json").write_text(json.dumps(claims))
    for name in ("figures/a.svg", "report.html"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    assert main(["show", "."]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[2:4] == ["  met depth: expected < 0 uV, got -2.5 uV", "  missed height: expected < 0 uV, got 1 uV"]
    assert told[-2:] == ["  figure figures/a.svg", "  report report.html"]


def test_what_cannot_be_shown(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "claims.json").write_text("[{")
    assert main(["show", "."]) == 1
    assert "claims.json: truncated or no JSON" in capsys.readouterr().err
    (folder / "empty").mkdir()
    assert main(["show", "empty"]) == 1
    assert "empty: expected a file of results, results/STUDY or results" in capsys.readouterr().err

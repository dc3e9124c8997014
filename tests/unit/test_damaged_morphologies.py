"""Whatever happens to a morphology file, it becomes a cell or an error; never the end of the process, nor a wait."""

import subprocess
import sys
from pathlib import Path

import pytest

import lfptools
from lfptools import Cell
from lfptools.errors import MorphologyError

CHILD = Path(__file__).parent / "damaged_morphologies.py"


@pytest.mark.parametrize("first, count", [(0, 1000), pytest.param(10_000, 20_000, marks=pytest.mark.slow)])
def test_damaged_files_run_or_are_refused(tmp_path, first, count):
    log = tmp_path / "log"
    with log.open("w") as said:
        command = [sys.executable, str(CHILD), str(tmp_path), str(first), str(count)]
        done = subprocess.run(command, stdout=said, stderr=subprocess.PIPE, text=True, timeout=60 + count, check=False)
    lines = log.read_text().splitlines()
    assert done.returncode == 0 and lines[-1] == "done", f"{lines[-1]}\n{done.stderr[-2000:]}"
    runs, refused = (sum(line.startswith(word) for line in lines) for word in ("runs", "refused"))
    assert runs + refused == count and runs > count / 10 and refused > count / 3


def test_faults_that_ended_the_process(tmp_path):
    text = lfptools.example_morphology("branched.xml").read_text()
    group = '        <cablegroup name="soma_group"><cable id="0"/></cablegroup>\n'
    left = '        <cable id="2" name="left"/>\n'
    assert group in text and left in text
    (tmp_path / "early.xml").write_text(text.replace(group, "").replace(left, group + left))
    with pytest.raises(MorphologyError, match=r"early\.xml:31: a <cable> must stand before all <cablegroup>"):
        Cell(tmp_path / "early.xml")
    point = '<proximal x="0" y="-8" z="0" diameter="16"/>'
    (tmp_path / "short.xml").write_text(text.replace(point, point.replace("-8", "8").replace("16", "3")))
    with pytest.raises(MorphologyError, match="has no length: its points are all at"):
        Cell(tmp_path / "short.xml")

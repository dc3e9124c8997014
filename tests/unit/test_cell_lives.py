"""Many cells, in any order: no crash, no section left, no memory kept, and every run is a fresh cell's."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def child(script, *arguments, limit_s):
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.split()


@pytest.mark.parametrize("examples, steps", [(20, 25), pytest.param(300, 40, marks=pytest.mark.slow)])
def test_cells_are_built_changed_run_and_dropped_in_any_order(examples, steps):
    assert child("cell_lives.py", examples, steps, limit_s=3600) == ["done", "0"]


@pytest.mark.parametrize("total", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_cells_that_were_leave_no_section_and_less_than_5_kB_each(total):
    growth, sections = child("many_cells.py", total, limit_s=3600)
    assert sections == "0"
    assert float(growth) < 5e3

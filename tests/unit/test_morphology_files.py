"""Damaged morphology files are refused with their line; what passes does not crash NEURON."""

import random
import subprocess
import sys

import pytest

from lfptools.errors import MorphologyError
from lfptools.geometry.examples import example_morphology
from lfptools.geometry.morphology_files import check_morphology

GOOD = {ending: example_morphology(f"branched.{ending}").read_text() for ending in ("swc", "asc", "xml")}
SWC = "1 1 0 0 0 5 -1\n2 3 0 5 0 1 1\n3 3 0 50 0 1 2\n"


@pytest.mark.parametrize("ending", GOOD)
def test_whole_files_pass(ending):
    check_morphology(example_morphology(f"branched.{ending}"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (SWC + "4 3 0 60\n", 4),
        (SWC + "4 3 0 60 0 1 9\n", 4),
        ("1 1 0 0 0 5 -1\n2 3 0 5 0 1 3\n3 3 0 50 0 1 2\n", 2),
        (SWC + "3 3 0 60 0 1 2\n", 4),
        (SWC + "4 3 nan 60 0 1 3\n", 4),
        (SWC + "4 3 0 inf 0 1 3\n", 4),
        (SWC + "4 3 0 1e300 0 1 3\n", 4),
        (SWC + "4 3 0 60 0 0 3\n", 4),
        (SWC + "4 3 0 60 0 -1 3\n", 4),
        (SWC + "4 3 0 60 0 1 4\n", 4),
        (SWC + "4 3 0 60 0 1 -1\n", 4),
        (SWC + "4 3 0 60 0 1 3 7\n", 4),
        (SWC + "x 3 0 60 0 1 3\n", 4),
        (SWC + "4 3 0 \x00 0 1 3\n", 4),
        ("", None),
        ("# nothing\n\n", None),
    ],
)
def test_damaged_swc(tmp_path, text, line):
    file = tmp_path / "cell.swc"
    file.write_text(text)
    with pytest.raises(MorphologyError, match=r"cell\.swc") as caught:
        check_morphology(file)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("ending", "old", "new"),
    [
        ("asc", "  Normal\n)\n( (Color Yellow)", "  Normal\n( (Color Yellow)"),
        ("asc", "(  4.0  -70.0   5.0  1.0)", "(  4.0  -70.0   5.0  0.0)"),
        ("asc", "(  4.0  -70.0   5.0  1.0)", "(  4.0  nan   5.0  1.0)"),
        ("asc", "(  4.0  -70.0   5.0  1.0)", "(  4.0  5.0)"),
        ("asc", GOOD["asc"], "hello\n"),
        ("xml", 'parent="0"', 'parent="17"'),
        ("xml", 'segment id="3"', 'segment id="2"'),
        ("xml", 'diameter="2.6"', 'diameter="0"'),
        ("xml", '<cable id="3" name="right"/>', ""),
        ("xml", "</morphml>", ""),
    ],
)
def test_damaged_asc_and_xml(tmp_path, ending, old, new):
    file = tmp_path / f"cell.{ending}"
    assert old in GOOD[ending]
    file.write_text(GOOD[ending].replace(old, new))
    with pytest.raises(MorphologyError) as caught:
        check_morphology(file)
    assert caught.value.line is not None


_LOAD = """
import sys
from pathlib import Path
from lfptools.errors import LfptoolsError
from lfptools.simulation.sections import load_sections
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        load_sections(path)
    except LfptoolsError:
        pass
    print(path.name, flush=True)
"""


def _damaged(text, random_):
    lines = text.split("\n")
    kind = random_.randrange(4)
    if kind == 0:
        return text[: random_.randrange(len(text))]
    if kind == 1:
        at = random_.randrange(len(text))
        return text[:at] + random_.choice('0123456789.-() e\n|;x<>"/=') + text[at + 1 :]
    if kind == 2:
        del lines[random_.randrange(len(lines))]
    else:
        lines.insert(random_.randrange(len(lines)), random_.choice(lines))
    return "\n".join(lines)


@pytest.mark.parametrize("ending", GOOD)
def test_random_damage_neither_crashes_nor_hangs(tmp_path, ending):
    random_ = random.Random(20)
    for k in range(100):
        (tmp_path / f"{k:03d}.{ending}").write_text(_damaged(GOOD[ending], random_))
    done = subprocess.run([sys.executable, "-c", _LOAD, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (done.returncode, done.stdout.splitlines()[-1:], done.stderr[-1000:])
    assert len([line for line in done.stdout.splitlines() if line.endswith(ending)]) == 100

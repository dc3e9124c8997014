"""Segments of every kind of file against LFPy's: names, order, numbers of segments, geometry."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lfptools.geometry.examples import example_morphology
from lfptools.simulation.sections import morphology_path

DATA = Path(__file__).parents[1] / "data" / "morphologies"

_COMPARE = """
import sys
import LFPy
import numpy as np
from neuron import h
from lfptools.simulation.discretise import discretise
from lfptools.simulation.section_geometry import segments_of
from lfptools.simulation.sections import load_sections

file, moved, single, pointless = sys.argv[1], *(word == "1" for word in sys.argv[2:5])
RULES = [
    {"nsegs_method": None},
    {"nsegs_method": "lambda100"},
    {"nsegs_method": "lambda_f", "lambda_f": 700.0, "d_lambda": 0.2},
    {"nsegs_method": "fixed_length", "max_nsegs_length": 7.5},
]

def prepare(sections):
    for section in sections:
        section.Ra, section.cm = 150.0, 1.0

for rule in RULES[int(sys.argv[5]):]:
    theirs = LFPy.Cell(file, Ra=150.0, cm=1.0, **rule)
    want = {name: np.array(getattr(theirs, name)) for name in ("x", "y", "z", "d", "area", "length")}
    names, counts = list(theirs.allsecnames), [section.nseg for section in theirs.allseclist]
    theirs.strip_hoc_objects()
    del theirs
    for section in list(h.allsec()):
        h.delete_section(sec=section)
    method, options = rule["nsegs_method"], {key: rule[key] for key in rule if key != "nsegs_method"}
    tree = load_sections(file, prepare=prepare, divide=lambda s: discretise(s, method, **options))
    assert list(tree.names) == names
    assert [section.nseg for section in tree.sections] == counts
    got = segments_of(tree)
    np.testing.assert_allclose(got.length, want["length"], rtol=1e-9)
    if not pointless:
        np.testing.assert_allclose(got.d, want["d"], rtol=1e-9)
        np.testing.assert_allclose(got.area, want["area"], rtol=1e-9)
    first = np.searchsorted(got.section, got.section)
    for name in "xyz":
        mine, other = getattr(got, name), want[name]
        if moved:  # define_shape carries whole sections to where their parents end
            mine, other = mine - mine[first, :1], other - other[first, :1]
        else:  # LFPy puts the soma's middle at the origin
            root = tree.names.index(next(n for n in tree.names if n.startswith("soma"))) if not single else 0
            mine = mine - mine[got.section == root].mean()
            other = other - other[got.section == root].mean()
        # LFPy's define_shape computes in single precision.
        np.testing.assert_allclose(mine, other, rtol=0, atol=3e-4 if moved else 1e-6 if pointless else 1e-9)
    del tree, got
"""


@pytest.mark.peer
@pytest.mark.parametrize(
    ("morphology", "moved", "pointless"),
    [
        (example_morphology("ball_and_sticks"), False, False),
        (example_morphology("branched.swc"), False, False),
        (example_morphology("branched.asc"), True, False),
        (example_morphology("branched.xml"), False, False),
        ("neuron:demo/pyramid.nrn", True, False),
        (DATA / "shuffled.hoc", True, False),
        (DATA / "decorated.hoc", False, True),
        (DATA / "types.swc", False, False),
        (DATA / "stack.asc", True, False),
    ],
    ids=lambda value: Path(value).name if not isinstance(value, bool) else "",
)
def test_segments_are_lfpys(tmp_path, morphology, moved, pointless):
    """``moved``: files whose children's points do not begin at their parents, which LFPy moves and lfptools does not.

    ``pointless``: diameters given per segment, which LFPy draws through as tapering points and lfptools keeps.
    """
    file = morphology_path(morphology)
    if file.suffix == ".nrn":
        file = Path(shutil.copy(file, tmp_path / "pyramid.hoc"))
    flags = [str(int(flag)) for flag in (moved, file.suffix == ".xml", pointless)]
    first_rule = "3" if file.name == "decorated.hoc" else "0"  # LFPy cannot load a file that loads others twice
    done = subprocess.run(
        [sys.executable, "-c", _COMPARE, str(file), *flags, first_rule],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2500:]

"""Damaged morphology files are refused with file and line; none of them reaches NEURON and crashes or hangs it."""

import subprocess
import sys

import pytest

from lfptools.errors import MorphologyError
from lfptools.geometry.examples import example_morphology
from lfptools.geometry.morphology_files import check_morphology, imported_names

SWC = "# id type x y z radius parent\n1 1 0 0 0 8 -1\n2 3 8 0 0 1 1\n3 3 50 0 0 1 2\n4 3 90 9 0 1 3\n"
ASC = """("CellBody"
  (CellBody)
  ( 8 0 0 0) ( 0 8 0 0) (-8 0 0 0) ( 0 -8 0 0)
)
( (Dendrite)
  (  0   8 0 3)
  (  1  90 4 2)
  (
    (-30 200 0 1)
    Normal
  |
    ( 30 200 0 1)
    Normal
  )
)
"""
XML = """<?xml version="1.0"?>
<morphml xmlns="http://morphml.org/morphml/schema">
<cells><cell name="c"><segments>
<segment id="0" cable="0"><proximal x="0" y="0" z="0" diameter="9"/><distal x="0" y="9" z="0" diameter="9"/></segment>
<segment id="1" cable="1" parent="0"><proximal x="0" y="9" z="0" diameter="2"/>
<distal x="0" y="99" z="0" diameter="2"/></segment>
<segment id="2" cable="1" parent="1"><distal x="0" y="199" z="0" diameter="1"/></segment>
</segments><cables><cable id="0"/><cable id="1"/></cables></cell></cells></morphml>
"""


def swap(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


BAD_SWC = {
    "empty": ("", None, "empty"),
    "comments alone": ("# nothing\n\n", None, "no points"),
    "binary": (SWC + "\0\x01", 6, "binary"),
    "truncated line": (SWC[:-5], 5, "7 columns"),
    "a column too many": (swap(SWC, "3 3 50 0 0 1 2", "3 3 50 0 0 1 2 7"), 4, "7 columns"),
    "unknown parent": (swap(SWC, "1 2\n", "1 9\n"), 4, "parent 9, which is not in the file"),
    "cycle": (swap(SWC, "2 3 8 0 0 1 1", "2 3 8 0 0 1 4"), 3, "cycle"),
    "its own parent": (swap(SWC, "1 2\n", "1 3\n"), 4, "its own parent"),
    "id twice": (swap(SWC, "3 3 50", "2 3 50"), 4, "line 3"),
    "ids out of order": ("1 1 0 0 0 8 -1\n5 3 8 0 0 1 1\n3 3 50 0 0 1 5\n", 3, "increase"),
    "child before parent": ("2 3 8 0 0 1 1\n1 1 0 0 0 8 -1\n", 1, "follows only in line 2"),
    "two roots": (swap(SWC, "1 2\n", "1 -1\n"), 4, "second root"),
    "id no integer": (swap(SWC, "3 3 50", "3.5 3 50"), 4, "id must be an integer"),
    "type no integer": (swap(SWC, "3 3 50", "3 x 50"), 4, "type must be an integer"),
    "huge id": (swap(SWC, "4 3 90", "4000000000 3 90"), 5, "id must lie in"),
    "nan": (swap(SWC, "3 3 50", "3 3 nan"), 4, "x must be a finite number"),
    "infinite": (swap(SWC, "9 0 1 3", "9 1e400 1 3"), 5, "z must be a finite number"),
    "no number": (swap(SWC, "9 0 1 3", "9 o 1 3"), 5, "z must be a number"),
    "radius 0": (swap(SWC, "0 0 1 2", "0 0 0 2"), 4, "radius must be > 0"),
    "radius < 0": (swap(SWC, "0 0 1 2", "0 0 -1 2"), 4, "radius must be > 0"),
    "no SWC": ("create soma\n", 1, "7 columns"),
}
BAD_ASC = {
    "empty": (" \n", None, "empty"),
    "binary": (ASC + "\0", 16, "binary"),
    "truncated": (ASC[:-20], 5, "never closed"),
    "closed twice": (ASC + ")\n", 16, "closing parenthesis"),
    "two numbers": (swap(ASC, "90 4 2", "90"), 7, "x y z diameter"),
    "nan": (swap(ASC, "90 4 2", "90 nan 2"), 7, "z must be"),
    "no number": (swap(ASC, "90 4 2", "90 4z 2"), 7, "z must be a number"),
    "diameter 0": (swap(ASC, "90 4 2", "90 4 0"), 7, "diameter must be > 0"),
    "text without end": (swap(ASC, '"CellBody"', '"CellBody'), 1, "quotation mark"),
    "no neurite": ('("Other"\n(Color Red)\n(1 2 3 4))\n', None, "neither"),
    "point after end": (
        swap(ASC, "    Normal\n  |", "    Normal\n    (-30 220 0 1)\n  |"),
        11,
        "'Normal' ends a branch",
    ),
    "bar outside": (swap(ASC, "  (  1  90 4 2)\n", "  (  1  90 4 2)|\n"), 7, "'|' stands outside of a fork"),
    "branch without points": (swap(ASC, "    ( 30 200 0 1)\n    Normal", "    Normal"), 12, "points of a branch"),
    "fork without an end": (swap(ASC, "1)\n    Normal\n  )", "1)|\n  )"), 13, "a branch is missing"),
    "point after fork": (swap(ASC, "  )\n)\n", "  )\n  (1 2 3 4)\n)\n"), 15, "a branch ends where it forks"),
    "word in contour": (swap(ASC, "  (CellBody)\n", "  nan (CellBody)\n"), 2, "'nan' stands in a contour"),
    "other letters": (swap(ASC, "(Dendrite)", "(Dendrité)"), 5, "letters of ASCII"),
    "no ASC": ("soma { pt3dclear() }\n", 1, "outside any parentheses"),
}
BAD_XML = {
    "empty": ("", None, "empty"),
    "truncated": (XML[: len(XML) // 2], 5, "not well-formed"),
    "unknown parent": (swap(XML, 'parent="1"', 'parent="7"'), 7, "unknown parent 7"),
    "cycle": (swap(XML, 'parent="0"', 'parent="2"'), 5, "cycle"),
    "id twice": (swap(XML, 'id="2"', 'id="1"'), 7, "line 5"),
    "two roots": (swap(XML, ' parent="0"', ""), 5, "second tree"),
    "unknown cable": (swap(XML, 'id="2" cable="1"', 'id="2" cable="5"'), 7, "unknown cable 5"),
    "no cable": (swap(XML, 'id="2" cable="1"', 'id="2"'), 7, "names no cable"),
    "diameter 0": (swap(XML, 'y="199" z="0" diameter="1"', 'y="199" z="0" diameter="0"'), 7, "diameter must be > 0"),
    "nan": (swap(XML, 'y="199"', 'y="nan"'), 7, "distal y"),
    "no distal": (swap(XML, '<distal x="0" y="199" z="0" diameter="1"/>', ""), 7, "no <distal>"),
    "entities": (swap(XML, "<morphml", '<!DOCTYPE a [<!ENTITY b "c">]>\n<morphml'), 2, "document type"),
    "version 2": ('<neuroml xmlns="http://www.neuroml.org/schema/neuroml2"/>', 1, "version 2"),
    "another file": ("<html><body/></html>", None, "no <segment>"),
    "no namespace": (swap(XML, ' xmlns="http://morphml.org/morphml/schema"', ""), 4, "namespace"),
}
CASES = [
    pytest.param(ending, *case, id=f"{ending}: {name}")
    for ending, table in (("swc", BAD_SWC), ("asc", BAD_ASC), ("xml", BAD_XML))
    for name, case in table.items()
]


@pytest.mark.parametrize(("ending", "text", "line", "says"), CASES)
def test_damaged_files_are_refused_with_their_line(tmp_path, ending, text, line, says):
    file = tmp_path / f"cell.{ending}"
    file.write_text(text)
    with pytest.raises(MorphologyError) as caught:
        check_morphology(file)
    assert says in str(caught.value)
    assert (caught.value.path, caught.value.line) == (file, line)


@pytest.mark.parametrize(("ending", "text"), [("swc", SWC), ("asc", ASC), ("xml", XML)])
def test_whole_files_pass(tmp_path, ending, text):
    file = tmp_path / f"cell.{ending.upper()}"
    file.write_bytes(text.replace("\n", "\r\n").encode())
    check_morphology(file)


def test_a_tree_may_have_texts_spines_markers_and_words_of_newer_programs(tmp_path):
    """As Neurolucida writes them; the fork of a fork, and a comment in another language."""
    text = swap(
        ASC, "  (  1  90 4 2)\n", "  (  1  90 4 2 S1) <(  2  91 4 0.5)>\n  (Flower (Color Red) (1 90 4 1)) ; später\n"
    )
    nested = (
        "    ( 30 200 0 1)\n    (\n      (20 220 0 1)\n      Generated\n    |\n      (40 230 0 1)\n      High\n    )"
    )
    file = tmp_path / "cell.asc"
    file.write_text(swap(text, "    ( 30 200 0 1)\n    Normal", nested), encoding="utf-8")
    check_morphology(file)


def test_the_examples_pass():
    for ending in ("swc", "asc", "xml"):
        check_morphology(example_morphology(f"branched.{ending}"))


def test_comments_in_any_encoding(tmp_path):
    file = tmp_path / "cell.swc"
    file.write_bytes("# Körnerzelle\n".encode("latin-1") + SWC.encode())
    check_morphology(file)


def test_other_endings_and_missing_files(tmp_path):
    with pytest.raises(MorphologyError, match=r"did you mean '.swc'"):
        check_morphology(tmp_path / "cell.swx")
    with pytest.raises(MorphologyError, match="cannot be read"):
        check_morphology(tmp_path / "cell.swc")


def test_names_that_import3d_gives(tmp_path):
    file = tmp_path / "cell.swc"
    file.write_text(SWC + "5 7 90 9 9 1 4\n6 7 90 9 20 1 5\n")
    assert imported_names(file) == {"soma", "dend", "dend_7"}


_DAMAGES = """
import random, sys
from pathlib import Path
from neuron import h
from lfptools.errors import MorphologyError
from lfptools.simulation.sections import load_sections

folder, ending, text, count = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes(), int(sys.argv[4])
dice = random.Random(20)

def damage(text):
    data, lines, kind = bytearray(text), text.split(b"\\n"), dice.randrange(6)
    some = dice.randrange(len(lines)), dice.randrange(len(lines))
    if kind == 0:
        return text[: dice.randrange(len(text))]
    if kind == 1:
        for _ in range(dice.randrange(1, 4)):
            data[dice.randrange(len(data))] = dice.choice(b"0123456789.-() e\\n|;x<>\\"/=#")
        return bytes(data)
    if kind == 2:
        del lines[some[0]]
    if kind == 3:
        lines.insert(some[0], lines[some[1]])
    if kind == 4:
        dice.shuffle(lines)
    if kind == 5:
        lines[some[0]], lines[some[1]] = lines[some[1]], lines[some[0]]
    return b"\\n".join(lines)

outcomes = {"loaded": 0, "refused": 0}
for number in range(count):
    file = folder / f"damaged_{number}.{ending}"
    file.write_bytes(damage(text))
    print(file.name, file=sys.stderr, flush=True)
    try:
        tree = load_sections(file)
    except MorphologyError:
        outcomes["refused"] += 1
    else:
        assert tree.sections and all(section.L > 0 for section in tree.sections)
        del tree
        outcomes["loaded"] += 1
    left = [section.name() for section in h.allsec()]
    assert not left, (file, left)
print(outcomes["loaded"], outcomes["refused"])
"""


@pytest.mark.parametrize("ending", ["swc", "asc", "xml"])
def test_random_damage_is_loaded_or_refused_and_the_process_survives(tmp_path, ending):
    whole = example_morphology(f"branched.{ending}")
    done = subprocess.run(
        [sys.executable, "-c", _DAMAGES, str(tmp_path), ending, str(whole), "100"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    loaded, refused = map(int, done.stdout.split()[-2:])
    assert loaded + refused == 100 and refused > 20

"""Models in hoc for tests, and what plain NEURON says of a model in a process of its own.

``python hoc_models.py FILE ROOT LIBRARY OUT [STATEMENT ...]`` loads a model with ``h.load_file`` and writes what
:func:`described` and :func:`answered` find: neither uses lfptools.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")

DATA = Path(__file__).parents[1] / "data" / "models"
TUFTED = Path(__file__).parents[2] / "resources" / "models" / "tufted_cell"

_POINT = ("x", "y", "z", "diam")


def described(sections) -> dict:
    """Everything of some sections, by their names, through NEURON's plain attributes."""
    from neuron import h

    found = {}
    for section in sections:
        parent = section.parentseg()
        found[section.name()] = {
            "parent": [parent.sec.name(), parent.x, section.orientation()] if parent else None,
            "nseg": section.nseg, "L": section.L, "Ra": section.Ra, "rallbranch": section.rallbranch,
            "points": [[getattr(section, f"{of}3d")(i) for of in _POINT] for i in range(section.n3d())],
            "segments": [_segment(segment) for segment in section],
            "styles": {ion: h.ion_style(ion, sec=section) for ion in ("na_ion", "k_ion") if section.has_membrane(ion)},
            "children": [child.name() for child in section.children()],
        }  # fmt: skip
    return found


def _segment(segment) -> dict:
    found = {"diam": segment.diam, "cm": segment.cm, "area": segment.area(), "ri": segment.ri()}
    for mechanism in segment:
        for variable in mechanism:
            value = getattr(segment, variable.name())
            found[variable.name()] = list(value) if hasattr(value, "__len__") else value
    return found


def answered(root, t_stop: float = 60.0) -> list[float]:
    """The root's potential at every step under a current of 0.6 nA from 5 ms on, by ``h.fadvance``."""
    from neuron import h

    clamp = h.IClamp(root(0.5))
    clamp.delay, clamp.dur, clamp.amp = 5, 1e9, 0.6
    h.dt = 0.025
    h.finitialize(h.v_init)
    potential = [root(0.5).v]
    while h.t < t_stop - 1e-9:
        h.fadvance()
        potential.append(root(0.5).v)
    return potential


def plain(file: Path, root: str, library: Path, folder: Path, *statements: str) -> dict:
    """What this module says of a model, run as a program."""
    out = folder / "plain.json"
    done = subprocess.run(
        [sys.executable, __file__, str(file), root, str(library), str(out), *statements],
        cwd=file.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text())


def _main(file: str, root: str, library: str, out: str, *statements: str) -> None:
    from neuron import h

    h.nrn_load_dll(library)
    h.load_file("nrngui.hoc")
    h.load_file(file)
    for statement in statements:
        h(statement)
    section = next(section for section in h.allsec() if section.name() == root)
    tree = set(section.wholetree())
    found = {"sections": described([one for one in h.allsec() if one in tree])}
    Path(out).write_text(json.dumps({**found, "potential": answered(section)}))


if __name__ == "__main__":
    _main(*sys.argv[1:])

"""Templates tried in a process of their own first: an error inside a template's definition takes NEURON with it.

After such an error NEURON's interpreter stands inside the unfinished template for good, and the next question about a
section ends the process. Only the definitions are tried, so nothing that a file does at the top level happens twice.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import neuron
from neuron import h

from lfptools.errors import MorphologyError
from lfptools.geometry.hoc_files import loaded_names, without_comments
from lfptools.simulation.mechanisms import density_mechanisms, loaded_libraries, point_processes
from lfptools.simulation.templates import BLOCK, is_template

_PARTS = re.compile(rf"(?P<block>{BLOCK.pattern})|(?P<load>\b(?:load_file|xopen)\s*\([^)\n]*\))", BLOCK.flags)
_NEW = re.compile(r"\bnew\s+(\w+)")
_EXTERNAL = re.compile(r"\bexternal\b([^\n]*)")
_LIMIT_S = 60.0
_LACKING = 4  # the child's exit code where it has not all mechanisms of this process

_CHILD = """
import os, sys
from neuron import h
section = h.Section(name="section")
libraries, wanted, prelude, *files = [one.split("\\n") if k < 2 else one for k, one in enumerate(sys.argv[1:])]
for library in filter(None, libraries):
    h.nrn_load_dll(library)
names, reference = set(), h.ref("")
for kind in (0, 1):
    catalogue = h.MechanismType(kind)
    for k in range(int(catalogue.count())):
        catalogue.select(k)
        catalogue.selected(reference)
        names.add(reference[0])
if set(filter(None, wanted)) - names:
    sys.exit({lacking})
h.load_file("stdlib.hoc")
h.load_file("import3d.hoc")
h(prelude)
for file in files:
    os.chdir(os.path.dirname(file))
    h.xopen(os.path.basename(file))
"""


def try_templates(path: Path) -> None:
    """Define what a file, and what it loads, would define anew, in a process that may die of it.

    Nothing happens where all its templates exist already, or the process cannot be given this one's mechanisms.

    Raises
    ------
    MorphologyError
        With hoc's message, file and line, if a definition fails.
    """
    parts = list(_definitions(path, path, set()))
    if not parts:
        return
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for k, (file, text) in enumerate(parts):
            files.append(Path(folder) / str(k) / file.name)
            files[-1].parent.mkdir()
            files[-1].write_text(text)
        done = _run(files, _prelude([text for _, text in parts]), path)
    if done.returncode in (0, _LACKING):
        return
    told = re.search(r"NEURON: (.*?)(?:Traceback|$)", done.stderr, re.DOTALL)
    message = " ".join(told.group(1).split()) if told else f"the process ended with {done.returncode}"
    place = re.search(r" in (\S+) near line ([1-9]\d*)", message)
    blamed = next((file for file, _ in parts if place and file.name == place.group(1)), path)
    raise MorphologyError(
        blamed, f"NEURON could not define the template: {message}", int(place.group(2)) if place else None
    )


def _definitions(file: Path, first: Path, seen: set[Path]) -> Iterator[tuple[Path, str]]:
    """Files and texts of templates that do not exist yet, in the order in which they would be defined.

    Each text holds one template, on the lines where it stands.
    """
    if file in seen or not file.is_file():
        return
    seen.add(file)
    text = without_comments(file.read_text(encoding="utf-8", errors="replace"))
    if not any(word in text for word in ("begintemplate", "load_file", "xopen")):
        return
    for match in _PARTS.finditer(text):
        if match["load"]:
            for name in loaded_names(match["load"]):
                for folder in (first.parent, file.parent):
                    yield from _definitions(Path(os.path.normpath(folder / name)), first, seen)
        elif not is_template(match["template"]):
            yield file, "\n" * text.count("\n", 0, match.start()) + match["block"] + "\n"


def _prelude(texts: Sequence[str]) -> str:
    """Stand-ins for what definitions may refer to and this process has: templates, and what they call external."""
    lines = [
        f"begintemplate {name}\nproc init() {{}}\nendtemplate {name}\n"
        for name in sorted({name for text in texts for name in _NEW.findall(text)})
        if is_template(name) and not _built_in(name)
    ]
    external = {name for text in texts for said in _EXTERNAL.findall(text) for name in re.findall(r"\w+", said)}
    kinds = {2: "objref {}", 3: "create {}", 4: "strdef {}", 5: "{} = 0"}
    lines += [
        kinds.get(int(h.name_declared(name)), "func {}() {{ return 0 }}").format(name) + "\n" for name in external
    ]
    return "".join(lines)


def _built_in(name: str) -> bool:
    return type(getattr(h, name)).__name__ == "HocClass" or name in (*density_mechanisms(), *point_processes())


def _run(files: Sequence[Path], prelude: str, path: Path) -> subprocess.CompletedProcess:
    libraries = [*map(str, loaded_libraries()), *getattr(neuron, "nrn_dll_loaded", ())]
    wanted = (*density_mechanisms(), *point_processes())
    command = [sys.executable, "-c", _CHILD.format(lacking=_LACKING), "\n".join(libraries), "\n".join(wanted), prelude]
    environment = {**os.environ, "NEURON_MODULE_OPTIONS": "-nogui"}
    try:
        return subprocess.run(
            [*command, *map(str, files)], env=environment, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MorphologyError(path, f"its templates are not defined after {_LIMIT_S:g} s") from error

"""Instances of hoc templates: what defines them, their sections, and sections of a morphology put into them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from neuron import h

from lfptools.errors import CellError, MorphologyError, unknown_name
from lfptools.geometry.hoc_files import included
from lfptools.simulation.copying import copy_tree
from lfptools.simulation.existing import having
from lfptools.simulation.templates import Declarations, declarations, definitions, is_template
from lfptools.simulation.toplevel import hoc_errors, run_apart

# Import3d's names of sections, and the lists that templates keep of them.
_SUBSETS = {"soma": "somatic", "dend": "basal", "apic": "apical", "axon": "axonal"}
_NAME = re.compile(r"^(\w+)(?:\[(\d+)\])?$")


def define_template(name: str, files: Sequence[Path]) -> Declarations:
    """Load the files that define a template, and what it needs; sections that they make at the top level go.

    Returns
    -------
    Declarations
        What the template declares.

    Raises
    ------
    MorphologyError
        With hoc's message, file and line, or if a template of the same name and another text exists.
    CellError
        If no file defines it.
    """
    texts = [text for file in files for text in included(file).values()]
    h.load_file("stdlib.hoc")
    h.load_file("import3d.hoc")
    for file in files:
        run_apart(file)
    defined = [one for text in texts for one in definitions(text)]
    if name not in defined or not is_template(name):
        raise CellError(unknown_name("template", name, defined, ", ".join(map(str, files))))
    return declarations(name, texts)


def make_instance(name: str, arguments: Sequence, file: Path):
    """A new instance of a template.

    Raises
    ------
    MorphologyError
        With hoc's message, if its ``init`` fails.
    """
    with hoc_errors(file):
        return getattr(h, name)(*arguments)


def put_into(instance, declared: Declarations, file: Path, sections: Sequence, names: Sequence[str]) -> list:
    """Sections of an instance that are copies of sections at the top level, under the same names.

    The instance's lists get the sections that are in the lists of the same name at the top level. Where these are
    empty, ``all`` gets all of them, and ``somatic``, ``basal``, ``apical``, ``axonal`` those called soma, dend, apic,
    axon.

    Raises
    ------
    MorphologyError
        If the template declares no sections of such a name.
    """
    members = {which: {section.name() for section in getattr(h, which)} for which in section_lists(instance, declared)}

    def make(names: Sequence[str]) -> list:
        return _created(instance, declared, file, names)

    made = copy_tree(sections, names, make)
    for which, listed in members.items():
        if not listed:
            base = next((base for base, subset in _SUBSETS.items() if subset == which), None)
            listed = {name for name in names if which == "all" or name.partition("[")[0] == base}
        for section, name in zip(made, names, strict=True):
            if name in listed:
                getattr(instance, which).append(sec=section)
    return made


def section_lists(instance, declared: Declarations) -> list[str]:
    """Names of an instance's public lists of sections.

    Only objects are looked at: to ask an instance for a section that was deleted ends the process.
    """
    return [
        name for name in sorted(declared.objects & set(dir(instance)))
        if str(getattr(instance, name)).startswith("SectionList[")
    ]  # fmt: skip


@contextmanager
def lists_at_top(names: Sequence[str]) -> Iterator[None]:
    """Empty section lists of these names at the top level, for files that append to those of the cell they are for.

    Raises
    ------
    CellError
        If a name means something else there.
    """
    kept: dict[str, object] = {}
    for name in names:
        declared = int(h.name_declared(name))
        if declared not in (0, 2):
            raise CellError(
                f"the template has a list {name}, which means something else at NEURON's top level: rename it"
            )
        if not declared:
            h(f"objref {name}")
        kept[name] = getattr(h, name)
        setattr(h, name, h.SectionList())
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(h, name, value)


def _created(instance, declared: Declarations, file: Path, names: Sequence[str]) -> list:
    """New sections of an instance, in the order of their names; those that it had go.

    By ``~create``, as Import3d does it: ``create`` in a file that runs inside an instance crashes NEURON.
    """
    own = [_own_name(name, declared.sections, file, instance) for name in names]
    for section in having(instance):
        h.delete_section(sec=section)
    sizes: dict[str, int] = {}
    for base, index in own:
        sizes[base] = max(sizes.get(base, 0), 0 if index is None else index + 1)
    for base, size in sizes.items():
        with hoc_errors(file):
            h.execute(f"~create {base}[{size}]\n" if size else f"~create {base}\n", instance)
    made = {_short(section): section for section in having(instance)}
    wanted = [base if index is None else f"{base}[{index}]" for base, index in own]
    for name in made.keys() - set(wanted):
        h.delete_section(sec=made[name])
    return [made[name] for name in wanted]


def _own_name(name: str, declared: Mapping[str, bool], file: Path, instance) -> tuple[str, int | None]:
    """Base and index of a section in an instance: with an index where the template declares one."""
    template = str(instance).partition("[")[0]
    found = _NAME.match(name)
    if found is None:
        raise MorphologyError(file, f"its section {name} belongs to an instance already: it cannot be put into another")
    base, index = found.groups()
    if base not in declared:
        raise MorphologyError(
            file,
            f"it has sections called {base}, which the template {template} does not declare: write create {base}[1] "
            "into the template, outside its procedures",
        )
    if index is not None and not declared[base]:
        raise MorphologyError(
            file, f"it has a section {name}, and the template {template} declares {base} without index"
        )
    return base, int(index or 0) if declared[base] else None


def _short(section) -> str:
    return section.name().rpartition("].")[2]

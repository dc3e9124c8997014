"""Cells that are instances of hoc templates."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from lfptools.errors import CellError
from lfptools.simulation.cell import Cell
from lfptools.simulation.existing import own_sections
from lfptools.simulation.instance import (
    define_template,
    lists_at_top,
    make_instance,
    put_into,
    section_lists,
)
from lfptools.simulation.sections import builder, existing_file, morphology_path
from lfptools.simulation.sectiontree import SectionTree
from lfptools.simulation.templates import Declarations
from lfptools.simulation.toplevel import build_and_copy


class TemplateCell(Cell):
    """A neuron that is an instance of a hoc template, with LFPy's names and keywords.

    A template is defined once in a process, from whatever file comes first, and makes any number of cells; files that
    define it again with the same text may be loaded again, and beside other templates.

    Parameters
    ----------
    templatefile : path, or sequence of path
        hoc files that define the template, and what it needs.
    templatename : str
        Name of the template.
    templateargs : str, number, or sequence, optional
        Arguments of its ``init``.
    verbose : bool
        Accepted for LFPy's scripts; details are logged.
    morphology : path, optional
        What the template is filled with where its list of sections, ``all``, is empty after ``init``; not read
        otherwise. A hoc file runs at the top level, where lists of the template's names (``all``, ``somatic``, …) take
        what it appends, and its sections are then made those of the instance.
    **kwargs
        Those of :class:`Cell`.

    Attributes
    ----------
    template : hoc object
        The instance; None when the cell is closed.

    Raises
    ------
    MorphologyError
        With hoc's message, file and line; if a template of the same name and another text exists.
    CellError
        If no file defines the template, or it makes no sections and there is no morphology.
    """

    def __init__(
        self,
        templatefile: str | Path | Sequence[str | Path] = "LFPyCellTemplate.hoc",
        templatename: str = "LFPyCellTemplate",
        templateargs: object = None,
        verbose: bool = False,
        morphology: str | Path | None = None,
        **kwargs,
    ):
        files = [templatefile] if isinstance(templatefile, str | Path) else list(templatefile)
        self.templatefile, self.templatename, self.templateargs = templatefile, templatename, templateargs
        self._files = [existing_file(Path(file).expanduser(), "templatefile") for file in files]
        if not self._files:
            raise CellError("a TemplateCell needs at least one templatefile, got none")
        super().__init__(morphology=morphology, verbose=verbose, **kwargs)

    @property
    def template(self):
        """The instance of the template; None when the cell is closed."""
        return self._tree.instance

    @property
    def name(self) -> str:
        """For messages: the template's name, and the morphology's."""
        return self.templatename + (f" of {Path(self.morphology).name}" if self.morphology is not None else "")

    def _load(self, custom_code: Sequence | None, prepare: Callable, divide: Callable, add: Callable) -> None:
        code = [existing_file(Path(file).expanduser(), "custom_code file") for file in custom_code or ()]
        declared = define_template(self.templatename, self._files)
        path = self._files[-1] if self.morphology is None else morphology_path(self.morphology)
        fill, creates = (None, ()) if self.morphology is None else builder(path)
        with ExitStack() as lists:
            made = _Building(self.templatename, declared, self._arguments(), self._files[-1], fill, lists)
            sections, names = build_and_copy(
                path, made.build, creates, code, prepare, divide, lambda *built: made.finish(path, *built)
            )
        self._tree = add(SectionTree(sections, names, owned=True, instance=made.instance))

    def _arguments(self) -> list:
        given = self.templateargs
        if given is None:
            return []
        return list(given) if isinstance(given, list | tuple) else [given]


class _Building:
    """An instance in the making, its sections either its own or to be filled in."""

    def __init__(
        self,
        name: str,
        declared: Declarations,
        arguments: Sequence,
        file: Path,
        fill: Callable[[], None] | None,
        lists: ExitStack,
    ):
        self._name, self._declared, self._arguments = name, declared, arguments
        self._file, self._fill, self._lists = file, fill, lists
        self.instance, self._filled = None, False

    def build(self) -> None:
        """Make the instance; where it has no sections, make those of the morphology at the top level."""
        self.instance = make_instance(self._name, self._arguments, self._file)
        self._filled = not own_sections(self.instance)
        if not self._filled:
            return
        if self._fill is None:
            raise CellError(
                f"the template {self._name} makes no sections with arguments {self._arguments}: give a morphology"
            )
        self._lists.enter_context(lists_at_top(section_lists(self.instance, self._declared)))
        self._fill()

    def finish(self, path: Path, sections: Sequence, names: Sequence[str]) -> list:
        """The instance's sections as they shall be."""
        if not self._filled:
            return own_sections(self.instance)
        at_top = [(section, name) for section, name in zip(sections, names, strict=True) if section.cell() is None]
        return put_into(self.instance, self._declared, path, *zip(*at_top, strict=True))

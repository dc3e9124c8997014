"""``lfptools completion``: what a shell needs to complete commands, studies, kinds and files."""

import argparse
import sys
from pathlib import Path

import shtab

from lfptools.plots.registry import FIGURES, FILES
from lfptools.provenance.source import package_root
from lfptools.study.load import study_names

SHELLS = ("bash", "zsh", "tcsh")

# Names of functions of the preamble; tcsh has none.
_STUDIES = {"bash": "_lfptools_studies", "zsh": "_lfptools_studies"}
_KINDS = {"bash": "_lfptools_kinds", "zsh": "_lfptools_kinds", "tcsh": "x:figure kind"}


def completion(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print the script of a shell."""
    _mark(parser)
    sys.stdout.write(shtab.complete(parser, shell=shell, preamble=_preamble()) + "\n")
    return 0


def _mark(parser: argparse.ArgumentParser) -> None:
    """Say of each argument what completes it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for told in action._choices_actions:
                action.choices[told.dest].description = told.help  # what zsh says beside the command
            for one in action.choices.values():
                _mark(one)
        elif action.dest == "study":
            action.complete = _STUDIES | {"tcsh": f"`echo {' '.join(_studies())} ; ls | grep -F .yaml`"}
        elif action.dest == "kind" and action.choices is None:
            action.complete = _KINDS
        elif action.type is Path or action.dest == "out":
            action.complete = shtab.DIRECTORY if action.dest == "folder" else shtab.FILE


def _studies() -> list[str]:
    return ["quick", "all", *study_names(package_root().parent)]


def _preamble() -> dict[str, str]:
    studies = " ".join(_studies())
    kinds = " ".join(sorted({**FIGURES, **FILES}))
    return {
        "bash": f'_lfptools_studies() {{\n  compgen -W "{studies}" -- "$1"\n  compgen -f -X "!*.yaml" -- "$1"\n}}\n'
        f'_lfptools_kinds() {{\n  compgen -W "{kinds}" -- "$1"\n}}\n',
        "zsh": f"_lfptools_studies() {{\n  compadd -- {studies}\n  _files -g '*.yaml'\n}}\n"
        f"_lfptools_kinds() {{\n  compadd -- {kinds}\n}}\n",
    }

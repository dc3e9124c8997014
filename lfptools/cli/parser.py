"""The arguments of every command, with an example each."""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from lfptools.cli import codes


class _Version(argparse.Action):
    """``--version``, looked up only when asked for."""

    def __call__(self, parser, namespace, values, option_string=None):
        import lfptools

        sys.stdout.write(f"lfptools {lfptools.__version__}\n")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The parser of ``lfptools``."""
    made = argparse.ArgumentParser(
        prog="lfptools", description="Reproducible studies of extracellular signals.", allow_abbrev=False,
        epilog="examples: lfptools new study mine; lfptools run mine.yaml --cores 4; lfptools archive mine.yaml. "
        f"{codes.TOLD}. More: docs/cli.md",
    )  # fmt: skip
    made.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = made.add_subparsers(dest="command", required=True)
    for add in (
        _new, _check, _run, _show, _plot, _compare, _baseline, _archive, _verify, _prune, _export, _probe, _completion,
    ):  # fmt: skip
        add(commands)
    for name, one in commands.choices.items():
        one.epilog = f"example: {_EXAMPLES[name]} (more: docs/cli.md)"
    return made


def _new(commands: Any) -> None:
    one = commands.add_parser(
        "new", help="write a study, cell or probe to begin from", description="Writes NAME.yaml, commented; it works."
    )
    one.add_argument("kind", choices=("study", "cell", "probe"))
    one.add_argument("name", help="letters, digits and underscores")
    one.add_argument("--folder", type=Path, default=Path(), help="where it is written (default: here)")


def _check(commands: Any) -> None:
    one = commands.add_parser("check", help="validate a study without running it; print its cases and sizes")
    one.add_argument("study", nargs="+", help="file, or name of a study in config/studies")


def _run(commands: Any) -> None:
    one = commands.add_parser(
        "run", help="make studies with Snakemake", description="Arguments after -- go to Snakemake."
    )
    one.add_argument("study", nargs="*", help="files or names; quick and all; by default what config/config.yaml says")
    one.add_argument("--cores", default="all", help="how many cores Snakemake uses (default: all)")
    one.add_argument("-v", "--verbose", action="store_true", help="show everything that Snakemake says")


def _archive(commands: Any) -> None:
    one = commands.add_parser(
        "archive", help="pack a study, its results and their source into one zip file",
        description="The results must be those of this source, and the checkout unchanged. See docs/archives.md.",
    )  # fmt: skip
    one.add_argument("study", help="file, or name of a study in config/studies")
    one.add_argument("--output", type=Path, help="file to write (default: STUDY.zip)")
    one.add_argument("--with-inputs", action="store_true", help="pack the files that the study names, too")
    one.add_argument("--as-is", action="store_true", help="pack results that are not current, or changed source")


def _verify(commands: Any) -> None:
    one = commands.add_parser(
        "verify", help="compare an archive's files with their hashes",
        description="Names what is missing, altered or extra. See docs/archives.md.",
    )  # fmt: skip
    one.add_argument("archive", type=Path, help="made by lfptools archive")
    one.add_argument("--rerun", action="store_true", help="run the archived source, and compare what it makes")
    one.add_argument("--cores", default="all", help="for --rerun (default: all)")
    _tolerances(one)


def _completion(commands: Any) -> None:
    one = commands.add_parser("completion", help="print a script that completes commands in a shell")
    one.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def _tolerances(one: argparse.ArgumentParser) -> None:
    """What counts as moved."""
    one.add_argument("--rtol", type=float, default=1e-9, help="of data, of a variable's largest magnitude (1e-9)")
    one.add_argument("--atol", type=float, default=0.0, help="of data, in the variable's unit (0)")
    one.add_argument(
        "--claims-rtol",
        type=float,
        default=0.01,
        help="of claims without a tolerance and of checks (0.01)",
    )


def _compare(commands: Any) -> None:
    one = commands.add_parser(
        "compare", help="what moved between two runs, in claims and in data",
        description="A and B: a study's folder of results, a folder of such folders, or a baseline's .json. "
        "Exit code 0: nothing moved; 3: something moved; 1: one cannot be read. What is new in B does not count.",
    )  # fmt: skip
    one.add_argument("a", type=Path, metavar="A", help="the run that is compared with")
    one.add_argument("b", type=Path, metavar="B", help="the other run")
    _tolerances(one)
    one.add_argument("--json", action="store_true", help="every finding as JSON")
    one.add_argument("--all", action="store_true", help="print what is the same, too")


def _baseline(commands: Any) -> None:
    one = commands.add_parser(
        "baseline", help="keep a run's claims, checks and digests of its data, to compare with later",
    )  # fmt: skip
    one.add_argument("results", type=Path, help="a study's folder of results, or a folder of such folders")
    one.add_argument("json", type=Path, help="file to write")
    one.add_argument("--without-data", action="store_true", help="claims and checks alone: a small file")
    one.add_argument("--replace", action="store_true", help="replace a file that is there: its run may be gone")


def _prune(commands: Any) -> None:
    one = commands.add_parser("prune", help="remove results that no case of a study refers to any more")
    one.add_argument("study", nargs="*", help="files or names; quick and all; by default what config/config.yaml says")


def _show(commands: Any) -> None:
    one = commands.add_parser(
        "show", help="what a file holds and where it comes from; how far a study is, and its claims"
    )
    one.add_argument("source", type=Path, help="a file of results, results/STUDY, or results")


def _plot(commands: Any) -> None:
    one = commands.add_parser(
        "plot", help="draw a figure, a movie or a page from results",
        description="Keys are those that the kind has in a study file: docs/reference.md.",
    )  # fmt: skip
    one.add_argument("source", type=Path, help="results/STUDY, results/STUDY/data/EXPERIMENT/CASE, or a file in that")
    one.add_argument(
        "kind", nargs="?",
        help="a figure kind, morphology_movie, potential_movie or morphology_page; by default what suits the file",
    )  # fmt: skip
    one.add_argument("out", nargs="?", help="file to write; its ending says as what; by default an .svg here")
    one.add_argument("settings", nargs="*", metavar="key=value", help="variable=v, plane=xz, 'times=[10, 12]', …")


def _export(commands: Any) -> None:
    one = commands.add_parser("export", help="write a file's traces as CSV")
    one.add_argument("file", type=Path)
    one.add_argument("csv", type=Path)
    one.add_argument("--variable", help="one variable; by default all that fit into one table")


def _probe(commands: Any) -> None:
    one = commands.add_parser("probe", help="write a study's probe as a JSON file of probeinterface")
    one.add_argument("study", help="file, or name of a study in config/studies")
    one.add_argument("name", help="of the probe")
    one.add_argument("json", type=Path)
    one.add_argument("--case", help="label or id of a case, where cases differ in the probe")


_EXAMPLES: Final = {
    "new": "lfptools new study mine",
    "check": "lfptools check mine.yaml",
    "compare": "lfptools compare quickstart.json results/quickstart",
    "baseline": "lfptools baseline results/quickstart quickstart.json",
    "run": "lfptools run mine.yaml --cores 4 -- --keep-going",
    "archive": "lfptools archive quickstart --output quickstart.zip",
    "verify": "lfptools verify quickstart.zip --rerun",
    "prune": "lfptools prune quickstart",
    "show": "lfptools show results/quickstart/data/pyramidal/apical/lfp.nc",
    "plot": "lfptools plot results/quickstart/data/pyramidal/apical morphology cell.png",
    "export": "lfptools export results/quickstart/data/pyramidal/apical/dipole.nc dipole.csv",
    "probe": "lfptools probe quickstart plane plane.json",
    "completion": "lfptools completion bash > ~/.local/share/bash-completion/completions/lfptools",
}

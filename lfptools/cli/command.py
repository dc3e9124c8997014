"""``lfptools new | check | run | compare | baseline | archive | verify | prune | show | plot | export | …``."""

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from lfptools.cli import codes
from lfptools.cli.lock import BusyError
from lfptools.errors import ConfigError, LfptoolsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. Errors of the user's making are told in words, without a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    more: list[str] = []
    if "--" in given:
        at = given.index("--")
        given, more = given[:at], given[at + 1 :]
    parser = _parser()
    _refuse_unknown(parser, given)
    chosen = parser.parse_args(given)
    if more and chosen.command != "run":
        parser.error("arguments after -- are for Snakemake, and belong to 'lfptools run'")
    try:
        return _COMMANDS[chosen.command](chosen, more)
    except LfptoolsError as error:
        sys.stderr.write(f"lfptools: {error}\n")
        return codes.BUSY if isinstance(error, BusyError) else codes.FAILED
    except KeyboardInterrupt:
        sys.stderr.write("lfptools: interrupted\n")
        return codes.INTERRUPTED


def _refuse_unknown(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Refuse a command that there is not, naming the nearest."""
    if given and not given[0].startswith("-") and given[0] not in _COMMANDS:
        near = difflib.get_close_matches(given[0], _COMMANDS, 1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        parser.error(f"there is no command {given[0]!r}: {meant}there are {', '.join(sorted(_COMMANDS))}")


class _Version(argparse.Action):
    """``--version``, looked up only when asked for."""

    def __call__(self, parser, namespace, values, option_string=None):
        import lfptools

        sys.stdout.write(f"lfptools {lfptools.__version__}\n")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lfptools", description="Reproducible studies of extracellular signals.", allow_abbrev=False,
        epilog="examples: lfptools new study mine; lfptools run mine.yaml --cores 4; lfptools archive mine.yaml. "
        f"{codes.TOLD}. More: docs/cli.md",
    )  # fmt: skip
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser(
        "new", help="write a study, cell or probe to begin from", description="Writes NAME.yaml, commented; it works."
    )
    new.add_argument("kind", choices=("study", "cell", "probe"))
    new.add_argument("name", help="letters, digits and underscores")
    new.add_argument("--folder", type=Path, default=Path(), help="where it is written (default: here)")
    check = commands.add_parser("check", help="validate a study without running it; print its cases and sizes")
    check.add_argument("study", nargs="+", help="file, or name of a study in config/studies")
    run = commands.add_parser(
        "run", help="make studies with Snakemake", description="Arguments after -- go to Snakemake."
    )
    run.add_argument("study", nargs="*", help="files or names; quick and all; by default what config/config.yaml says")
    run.add_argument("--cores", default="all", help="how many cores Snakemake uses (default: all)")
    run.add_argument("-v", "--verbose", action="store_true", help="show everything that Snakemake says")
    archive = commands.add_parser(
        "archive", help="pack a study, its results and their source into one zip file",
        description="The results must be those of this source, and the checkout unchanged. See docs/archives.md.",
    )  # fmt: skip
    archive.add_argument("study", help="file, or name of a study in config/studies")
    archive.add_argument("--output", type=Path, help="file to write (default: STUDY.zip)")
    archive.add_argument("--with-inputs", action="store_true", help="pack the files that the study names, too")
    archive.add_argument("--as-is", action="store_true", help="pack results that are not current, or changed source")
    verify = commands.add_parser(
        "verify", help="compare an archive's files with their hashes",
        description="Names what is missing, altered or extra. See docs/archives.md.",
    )  # fmt: skip
    verify.add_argument("archive", type=Path, help="made by lfptools archive")
    verify.add_argument("--rerun", action="store_true", help="run the archived source, and compare the datasets")
    verify.add_argument("--cores", default="all", help="for --rerun (default: all)")
    completion = commands.add_parser("completion", help="print a script that completes commands in a shell")
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    compare = commands.add_parser(
        "compare", help="what moved between two runs, in claims and in data",
        description="A and B: a study's folder of results, a folder of such folders, or a baseline's .json. "
        "Exit code 0: nothing moved; 3: something moved; 1: one cannot be read. What is new in B does not count.",
    )  # fmt: skip
    compare.add_argument("a", type=Path, metavar="A", help="the run that is compared with")
    compare.add_argument("b", type=Path, metavar="B", help="the other run")
    compare.add_argument("--rtol", type=float, default=1e-9, help="of data, of a variable's largest magnitude (1e-9)")
    compare.add_argument("--atol", type=float, default=0.0, help="of data, in the variable's unit (0)")
    compare.add_argument(
        "--claims-rtol",
        type=float,
        default=0.01,
        help="of claims without a tolerance and of checks (0.01)",
    )
    compare.add_argument("--json", action="store_true", help="every finding as JSON")
    compare.add_argument("--all", action="store_true", help="print what is the same, too")
    baseline = commands.add_parser(
        "baseline", help="keep a run's claims, checks and digests of its data, to compare with later",
    )  # fmt: skip
    baseline.add_argument("results", type=Path, help="a study's folder of results, or a folder of such folders")
    baseline.add_argument("json", type=Path, help="file to write")
    baseline.add_argument("--without-data", action="store_true", help="claims and checks alone: a small file")
    prune = commands.add_parser("prune", help="remove results that no case of a study refers to any more")
    prune.add_argument(
        "study", nargs="*", help="files or names; quick and all; by default what config/config.yaml says"
    )
    show = commands.add_parser("show", help="what a file holds and where it comes from")
    show.add_argument("file", type=Path)
    plot = commands.add_parser(
        "plot", help="draw a figure, a movie or a page from results",
        description="Keys are those that the kind has in a study file: docs/reference.md.",
    )  # fmt: skip
    plot.add_argument("source", type=Path, help="results/STUDY, results/STUDY/data/EXPERIMENT/CASE, or a file in that")
    plot.add_argument("kind", help="a figure kind, morphology_movie, potential_movie or morphology_page")
    plot.add_argument("out", type=Path, help="file to write; its ending says as what")
    plot.add_argument("settings", nargs="*", metavar="key=value", help="variable=v, plane=xz, 'times=[10, 12]', …")
    export = commands.add_parser("export", help="write a file's traces as CSV")
    export.add_argument("file", type=Path)
    export.add_argument("csv", type=Path)
    export.add_argument("--variable", help="one variable; by default all that fit into one table")
    probe = commands.add_parser("probe", help="write a study's probe as a JSON file of probeinterface")
    probe.add_argument("study", help="file, or name of a study in config/studies")
    probe.add_argument("name", help="of the probe")
    probe.add_argument("json", type=Path)
    probe.add_argument("--case", help="label or id of a case, where cases differ in the probe")
    for name, one in commands.choices.items():
        one.epilog = f"example: {_EXAMPLES[name]} (more: docs/cli.md)"
    return parser


def _archive(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.archive import archive

    return archive(chosen.study, chosen.output, chosen.with_inputs, chosen.as_is)


def _verify(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.verify import verify

    return verify(chosen.archive, chosen.rerun, chosen.cores)


def _completion(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.completion import completion

    return completion(_parser(), chosen.shell)


def _check(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.provenance.source import package_root
    from lfptools.study.inspection import inspect
    from lfptools.study.load import load_study, refuse_taken_name, study_path
    from lfptools.study.sizes import summary

    root = package_root().parent  # where run takes its studies from, too
    wrong = 0
    for name in chosen.study:
        try:
            path = study_path(name, root)
            study = load_study(path, root)
            refuse_taken_name(path, study.name, root)
            found = inspect(study)
            if found.problems:
                raise ConfigError("\n".join(found.problems))
            sys.stdout.write(summary(study, found.segments) + "\n")
            if found.unknown:
                raise ConfigError("\n".join(found.unknown))
        except LfptoolsError as error:
            sys.stderr.write(f"{error}\n")
            wrong = 1
    return wrong


def _new(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.new import new

    return new(chosen.kind, chosen.name, chosen.folder)


def _run(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.run import run

    return run(chosen.study, str(chosen.cores), more, chosen.verbose)


def _compare(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.compare import compare
    from lfptools.study.comparison import Tolerances

    to = Tolerances(chosen.rtol, chosen.atol, chosen.claims_rtol)
    return compare(chosen.a, chosen.b, to, chosen.json, chosen.all)


def _baseline(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.compare import baseline

    return baseline(chosen.results, chosen.json, not chosen.without_data)


def _prune(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.prune import prune

    return prune(chosen.study)


def _show(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.io.table import describe

    sys.stdout.write(describe(chosen.file) + "\n")
    return 0


def _plot(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.plot import plot

    return plot(chosen.source, chosen.out, chosen.kind, chosen.settings)


def _export(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.io.netcdf import open_dataset
    from lfptools.io.table import write_csv

    if chosen.csv.suffix.lower() != ".csv":
        raise ConfigError(f"export writes CSV: expected a file name that ends in .csv, got {str(chosen.csv)!r}")
    with open_dataset(chosen.file) as dataset:
        write_csv(dataset, chosen.csv, chosen.variable)
    return 0


def _probe(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.io.probeinterface import write_probeinterface
    from lfptools.provenance.source import package_root
    from lfptools.study.load import load_study, study_path
    from lfptools.study.probes import probe_of

    if chosen.json.suffix.lower() != ".json":
        raise ConfigError(f"probe writes JSON: expected a file name that ends in .json, got {str(chosen.json)!r}")
    root = package_root().parent
    study = load_study(study_path(chosen.study, root), root)
    write_probeinterface(probe_of(study, chosen.name, chosen.case), chosen.json, chosen.name)
    return 0


_COMMANDS = {
    "new": _new, "check": _check, "run": _run, "prune": _prune, "show": _show, "plot": _plot, "export": _export,
    "probe": _probe, "archive": _archive, "verify": _verify,
    "compare": _compare, "baseline": _baseline, "completion": _completion,
}  # fmt: skip

_EXAMPLES = {
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

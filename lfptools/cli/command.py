"""``lfptools new | check | run | compare | baseline | archive | verify | prune | show | plot | export | …``."""

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lfptools.cli import codes
from lfptools.cli.lock import BusyError
from lfptools.cli.outputs import refuse_unwritable, told
from lfptools.cli.parser import parser
from lfptools.errors import ConfigError, LfptoolsError

if TYPE_CHECKING:
    from lfptools.study.comparison import Tolerances


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. Errors of the user's making are told in words, without a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    more: list[str] = []
    if "--" in given:
        at = given.index("--")
        given, more = given[:at], given[at + 1 :]
    known = parser()
    _refuse_unknown(known, given)
    chosen = known.parse_args(given)
    if more and chosen.command != "run":
        known.error("arguments after -- are for Snakemake, and belong to 'lfptools run'")
    try:
        code = _COMMANDS[chosen.command](chosen, more)
        sys.stdout.flush()
        return code
    except LfptoolsError as error:
        sys.stderr.write(f"lfptools: {error}\n")
        return codes.BUSY if isinstance(error, BusyError) else codes.FAILED
    except BrokenPipeError:
        return _unread()
    except OSError as error:
        sys.stderr.write(f"lfptools: {told(error)}\n")
        return codes.FAILED
    except codes.EndedBy as end:
        sys.stderr.write(f"lfptools: ended by {end}; what is finished is kept, the same command goes on from here\n")
        return end.code
    except KeyboardInterrupt:
        sys.stderr.write("lfptools: interrupted\n")
        return codes.INTERRUPTED


def _unread() -> int:
    """End quietly: who read what is printed has gone (``lfptools show … | head``)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains when it flushes
    return codes.UNREAD


def _refuse_unknown(known: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Refuse a command that there is not, naming the nearest."""
    if given and not given[0].startswith("-") and given[0] not in _COMMANDS:
        near = difflib.get_close_matches(given[0], _COMMANDS, 1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        known.error(f"there is no command {given[0]!r}: {meant}there are {', '.join(sorted(_COMMANDS))}")


def _archive(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.archive import archive

    if chosen.output is not None:
        refuse_unwritable(chosen.output)
    return archive(chosen.study, chosen.output, chosen.with_inputs, chosen.as_is)


def _verify(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.verify import verify

    return verify(chosen.archive, chosen.rerun, chosen.cores, _tolerances(chosen))


def _completion(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.completion import completion

    return completion(parser(), chosen.shell)


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
            sys.stderr.write(f"lfptools: {error}\n")
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

    return compare(chosen.a, chosen.b, _tolerances(chosen), chosen.json, chosen.all)


def _tolerances(chosen: argparse.Namespace) -> "Tolerances":
    from lfptools.study.comparison import Tolerances

    return Tolerances(chosen.rtol, chosen.atol, chosen.claims_rtol)


def _baseline(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.compare import baseline

    refuse_unwritable(chosen.json)
    return baseline(chosen.results, chosen.json, not chosen.without_data, chosen.replace)


def _prune(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.prune import prune

    return prune(chosen.study)


def _show(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.show import show

    sys.stdout.writelines(f"{line}\n" for line in show(chosen.source))
    return codes.DONE


def _plot(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.cli.plot import plot

    return plot(chosen.source, [*filter(None, (chosen.kind, chosen.out)), *chosen.settings])


def _export(chosen: argparse.Namespace, more: list[str]) -> int:
    from lfptools.io.netcdf import open_dataset
    from lfptools.io.table import write_csv

    if chosen.csv.suffix.lower() != ".csv":
        raise ConfigError(f"export writes CSV: expected a file name that ends in .csv, got {str(chosen.csv)!r}")
    refuse_unwritable(chosen.csv)
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
    refuse_unwritable(chosen.json)
    root = package_root().parent
    study = load_study(study_path(chosen.study, root), root)
    write_probeinterface(probe_of(study, chosen.name, chosen.case), chosen.json, chosen.name)
    return 0


_COMMANDS = {
    "new": _new, "check": _check, "run": _run, "prune": _prune, "show": _show, "plot": _plot, "export": _export,
    "probe": _probe, "archive": _archive, "verify": _verify,
    "compare": _compare, "baseline": _baseline, "completion": _completion,
}  # fmt: skip

"""Completion in a shell, the version, and commands that there are not."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from terminals import completed

import lfptools
from lfptools.cli import codes, command
from lfptools.cli.command import main
from lfptools.cli.completion import SHELLS
from lfptools.study.load import study_names


@pytest.fixture
def bash(capsys, tmp_path):
    """What bash offers for a line."""
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "lfptools.bash"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text("")

    def offered(*words):
        line = " ".join(f"'{word}'" for word in words)
        text = (
            f"source '{script}'; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; COMP_TYPE=9; "
            f"$(complete -p lfptools | sed 's/.*-F \\([^ ]*\\).*/\\1/') lfptools '{words[-1]}' '{words[-2]}'; "
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run(
            ["bash", "--norc", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=20
        )
        return done.stdout.split()

    return offered


def test_bash_completes_commands_studies_kinds_and_files(bash):
    assert bash("lfptools", "arch") == ["archive"]
    assert bash("lfptools", "run", "quickst") == ["quickstart"]
    assert bash("lfptools", "run", "min") == ["mine.yaml"]
    assert bash("lfptools", "plot", "x", "potential_mov") == ["potential_movie"]
    assert "--with-inputs" in bash("lfptools", "archive", "--")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("lfptools arch", "lfptools archive "),
        ("lfptools archive --with-in", "lfptools archive --with-inputs "),
        ("lfptools run quickst", "lfptools run quickstart "),
        ("lfptools check min", "lfptools check mine.yaml "),
        ("lfptools completion ba", "lfptools completion bash "),
        ("lfptools show min", "lfptools show mine.yaml "),
    ],
)
@pytest.mark.parametrize("shell", [name for name in SHELLS if shutil.which(name)])
def test_tab_completes_in_a_shell_at_a_terminal(shell, typed, expected, capsys, tmp_path):
    assert main(["completion", shell]) == 0
    (tmp_path / "mine.yaml").write_text("")
    assert expected in completed(shell, capsys.readouterr().out, tmp_path, typed, expected)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_scripts_of_all_shells_hold_every_command_and_study(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    studies = study_names(Path(__file__).parents[2])
    assert {name for name in [*command._COMMANDS, *studies, "quick", "all"] if name not in script} == set()


def test_zsh_says_beside_a_command_what_its_help_says(capsys):
    assert main(["completion", "zsh"]) == 0
    assert "run:'make studies with Snakemake'" in capsys.readouterr().out


def test_the_nearest_command_is_named(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["arhcive"])
    assert ended.value.code == codes.USAGE
    assert "there is no command 'arhcive': did you mean 'archive'?" in capsys.readouterr().err


def test_the_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"lfptools {lfptools.__version__}\n"


@pytest.mark.parametrize("name", sorted(command._COMMANDS))
def test_every_command_has_an_example(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    assert f"example: lfptools {name} " in " ".join(capsys.readouterr().out.split())


def test_an_interrupt_is_told_in_one_line(capsys, monkeypatch):
    def interrupted(chosen, more):
        raise KeyboardInterrupt

    monkeypatch.setitem(command._COMMANDS, "show", interrupted)
    assert main(["show", "x"]) == codes.INTERRUPTED
    assert capsys.readouterr().err == "lfptools: interrupted\n"


def test_the_page_of_the_command_names_every_command():
    page = (Path(__file__).parents[2] / "docs/cli.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `lfptools (\w+)", page, re.MULTILINE)) == set(command._COMMANDS)

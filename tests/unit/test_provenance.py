import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lfptools.provenance import git
from lfptools.provenance.files import ContentError, canonical_json, content_hash, file_hash
from lfptools.provenance.record import Provenance
from lfptools.provenance.versions import versions


def test_file_hash(tmp_path):
    (tmp_path / "f").write_bytes(b"abc" * 100_000)
    assert file_hash(tmp_path / "f") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_canonical_json():
    assert (
        canonical_json({"b": [1, 2.5, True, None], "a": {"µ": 1e-300}})
        == '{"a":{"\\u00b5":1e-300},"b":[1,2.5,true,null]}'
    )
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash((1, 2)) == content_hash([1, 2])
    for other in (1.0, "1", True, [1], None):
        assert content_hash(1) != content_hash(other)
    assert content_hash(0.1 + 0.2) != content_hash(0.3)


@pytest.mark.parametrize(
    "value, where",
    [
        (float("nan"), r"content\.a\[1\]: expected a finite number, got nan"),
        (float("inf"), "got inf"),
        (Path("/x"), "got (Posix)?Path"),
        ({1: 2}, r"content\.a\[1\]: expected text as keys, got int 1"),
        ({"a"}, "got set"),
        (b"x", "got bytes"),
    ],
)
def test_what_has_no_canonical_form_is_refused(value, where):
    with pytest.raises(ContentError, match=where):
        content_hash({"a": [0, value]})


def test_attributes_are_text_and_integers():
    attrs = Provenance(study="s", config={"b": {"x": 1}}, git_dirty=True, seed=0).attrs()
    assert attrs["git_dirty"] == 1 and attrs["seed"] == 0 and json.loads(attrs["config"]) == {"b": {"x": 1}}
    assert all(isinstance(value, str | int) and value != "" for value in attrs.values())
    assert "git_dirty" not in Provenance().attrs() and "seed" not in Provenance().attrs()


def test_versions_import_nothing():
    code = """
import sys
from lfptools.provenance.versions import versions
found = versions()
heavy = {"neuron", "numpy", "scipy", "numba", "xarray", "netCDF4", "snakemake", "matplotlib"}
print(sorted(heavy & set(sys.modules)), sorted(heavy - set(found)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] []\n"
    assert versions()["python"] == ".".join(map(str, sys.version_info[:3]))
    assert versions(("no-such-package",))["no-such-package"] == "unknown"


@pytest.fixture
def plain(monkeypatch):
    """No answer from the environment, no configuration of the user's."""
    for name in (git.COMMIT_VARIABLE, git.DIRTY_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", "/")
    return monkeypatch


def test_git_state(plain, tmp_path):
    def run(*arguments):
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments],
            check=True, capture_output=True,
        )  # fmt: skip

    assert git.state(tmp_path) == ("unknown", None)
    run("init")
    (tmp_path / "f").write_text("1")
    run("add", "f")
    run("commit", "-m", "one")
    commit, dirty = git.state(tmp_path)
    assert len(commit) == 40 and dirty is False
    (tmp_path / "f").write_text("2")
    assert git.state(tmp_path) == (commit, True)
    assert git.environment(tmp_path) == {"LFPTOOLS_GIT_COMMIT": commit, "LFPTOOLS_GIT_DIRTY": "1"}


def test_without_git_the_state_is_unknown(plain, tmp_path):
    plain.setenv("PATH", str(tmp_path))
    assert git.state(tmp_path) == ("unknown", None)


def test_a_run_has_one_state(plain, tmp_path):
    for commit, dirty, expected in (("abc", "0", False), ("abc", "1", True), ("abc", "", None)):
        plain.setenv(git.COMMIT_VARIABLE, commit)
        plain.setenv(git.DIRTY_VARIABLE, dirty)
        assert git.state(tmp_path) == ("abc", expected)
    plain.setenv(git.COMMIT_VARIABLE, "unknown")
    plain.setenv(git.DIRTY_VARIABLE, "")
    assert git.environment(tmp_path) == {"LFPTOOLS_GIT_COMMIT": "unknown", "LFPTOOLS_GIT_DIRTY": ""}

"""Archives: what is packed is found again, and what is not as it was is named."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import rocrate
from requests import Response
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.utils.http import HttpRequester
from study_files import TINY, write
from study_files import changed as replaced

from lfptools import Contacts
from lfptools.cli import codes
from lfptools.cli.archive import _changes
from lfptools.cli.command import main
from lfptools.errors import ConfigError
from lfptools.io.bundle import MANIFEST, BundleError, bundle, verify
from lfptools.io.probeinterface import write_probeinterface
from lfptools.study.crate import Archived, crate
from lfptools.study.files import ELSEWHERE, find

FILES = {"b.txt": b"second", "a/large.bin": bytes(3_000_000), "empty": b""}


def packed(path, files=FILES):
    with bundle(path) as made:
        for name, content in files.items():
            made.add(name, io.BytesIO(content))
    return path


def changed(path, to, files, manifest=None):
    """A copy of an archive with other files under the same manifest."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name, content in files.items():
            new.writestr(name, content)
        new.writestr(MANIFEST, old.read(MANIFEST) if manifest is None else manifest)
    return to


def test_every_file_is_sound_and_coreutils_agree(tmp_path):
    path = packed(tmp_path / "x.zip")
    found = verify(path)
    assert found.sound == sorted(FILES) and not found.differs
    with zipfile.ZipFile(path) as zipped:
        assert zipped.testzip() is None
        zipped.extractall(tmp_path / "out")
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", MANIFEST], cwd=tmp_path / "out", check=True)
    assert found.manifest_hash == hashlib.sha256((tmp_path / "out" / MANIFEST).read_bytes()).hexdigest()


def test_the_same_content_gives_the_same_bytes(tmp_path):
    assert packed(tmp_path / "x.zip").read_bytes() == packed(tmp_path / "y.zip").read_bytes()


def test_missing_altered_and_extra_files_are_named(tmp_path, capsys):
    files = {"a/large.bin": bytes(2_999_999) + b"x", "empty": b"", "new.txt": b"?"}
    other = changed(packed(tmp_path / "x.zip"), tmp_path / "y.zip", files)
    found = verify(other)
    assert (found.sound, found.missing, found.altered, found.extra) == (
        ["empty"], ["b.txt"], ["a/large.bin"], ["new.txt"],
    )  # fmt: skip
    assert main(["verify", str(other)]) == codes.MOVED
    assert capsys.readouterr().out.splitlines()[:3] == ["missing: b.txt", "altered: a/large.bin", "extra: new.txt"]


def test_damaged_bytes_are_found(tmp_path):
    path = packed(tmp_path / "x.zip", {"one.txt": b"some text that is not compressible: qjxz"})
    content = bytearray(path.read_bytes())
    content[content.index(b"one.txt") + 40] ^= 0xFF
    path.write_bytes(content)
    assert verify(path).altered == ["one.txt"]


def test_what_is_no_archive_is_refused_in_words(tmp_path, capsys):
    (tmp_path / "x.zip").write_text("text")
    assert main(["verify", str(tmp_path / "x.zip")]) == codes.FAILED
    assert "expected an archive made by 'lfptools archive'" in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "none.zip")]) == codes.FAILED
    assert "none.zip: there is no such file" in capsys.readouterr().err
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as zipped:
        zipped.writestr("a", "b")
    with pytest.raises(BundleError, match="missing or damaged"):
        verify(tmp_path / "y.zip")
    other = changed(packed(tmp_path / "z.zip"), tmp_path / "w.zip", FILES, "nonsense\n")
    with pytest.raises(BundleError, match="line 1: expected a hash and a name, got 'nonsense'"):
        verify(other)


def test_an_archive_is_whole_or_not_there(tmp_path):
    with pytest.raises(BundleError, match="two files"), bundle(tmp_path / "x.zip") as made:
        made.add("a", b"1")
        made.add("a", b"2")
    assert list(tmp_path.iterdir()) == []


def test_a_study_without_results_is_told_to_run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["archive", str(write(tmp_path))]) == codes.FAILED
    assert "there are no results in results/tiny: run 'lfptools run" in capsys.readouterr().err


@pytest.mark.slow
def test_a_study_is_archived_verified_and_made_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = str(write(tmp_path))
    assert main(["run", study, "--cores", "2"]) == 0
    assert main(["archive", study, "--as-is"]) == 0
    with zipfile.ZipFile("tiny.zip") as zipped:
        names = set(zipped.namelist())
        cases = json.loads(zipped.read("cases.json"))
        crate = json.loads(zipped.read("ro-crate-metadata.json"))["@graph"]
    assert {case["label"] for case in cases} == {"0.001", "0.002"}
    assert {"study/study.yaml", "source/Snakefile", "source/requirements.lock", "results/tiny/claims.json"} <= names
    described = {one["@id"]: one for one in crate}
    # Every file but the two that describe the others is described, with the hash that the manifest has.
    assert {name for name in names if "sha256" in described.get(name, {})} == names - {
        MANIFEST, "ro-crate-metadata.json",
    }  # fmt: skip
    assert main(["verify", "tiny.zip"]) == 0
    told = _as_its_readme_says(tmp_path / "tiny.zip", tmp_path / "unpacked")
    assert _all_made_again(told) and "results/tiny/index.json: OK" in told


def _as_its_readme_says(archive, folder):
    """What its commands print, but for the two that make an environment, which is the one of this test."""
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(folder)
    commands = re.findall(r"^    (.+)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert [command.split()[0] for command in commands[1:3]] == ["python3", "env/bin/pip"]
    (folder / "env").symlink_to(sys.prefix)
    script = "set -e\n" + "\n".join([commands[0], *commands[3:]]).replace("ARCHIVE.zip", str(archive))
    return subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=True).stdout


def _all_made_again(told):
    """Whether every dataset has the same bytes, and nothing else moved."""
    count = re.search(r"made again: (\d+) of (\d+) datasets", told)
    return count[1] == count[2] != "0" and ": nothing moved" in told


OUTSIDE = """\
study: outside
question: Are files from anywhere packed so that they are found again?
cell: cells/stick.yaml
run: {{t_stop_ms: 5, dt_ms: 0.1, v_init_mV: -65}}
inputs: {{epsp: {{synapse: ExpSyn, at: {{section: "soma[0]"}}, weight_uS: 0.001, tau_ms: 1, e_mV: 0, times_ms: [1]}}}}
probes: {{tip: {{kind: probeinterface, file: {probe}}}}}
signals: {{lfp: {{model: line, probe: tip}}}}
sweep: {{cell.morphology: [cells/shapes/long.swc, {short}]}}
claims: {{conserved: {{measure: conservation, less_than: 1.0e-9, source: charge conservation}}}}
"""
STICK = """\
morphology: shapes/long.swc
mechanisms: ../mod
passive: {g_pas_S_per_cm2: 1.0e-4, e_pas_mV: -65}
membrane: [{mechanism: arrayleak, sections: [soma, dend]}]
"""


@pytest.mark.slow
def test_a_study_that_takes_files_from_anywhere_is_made_again_without_them(tmp_path, capfd, monkeypatch):
    """A cell's file of its own, a morphology beside that, a folder of mod files above, and files by absolute paths."""
    here, far = tmp_path / "mine/studies", tmp_path / "far"
    for folder in (here / "cells/shapes", here / "mod", far):
        folder.mkdir(parents=True)
    swc = "1 1 0 0 0 10 -1\n2 1 0 10 0 10 1\n3 3 0 10 0 1 2\n4 3 0 {end} 0 1 3\n"
    (here / "cells/shapes/long.swc").write_text(swc.format(end=200))
    (far / "short.swc").write_text(swc.format(end=100))
    (here / "cells/stick.yaml").write_text(STICK)
    shutil.copy(Path(__file__).parents[1] / "data/mechanisms/arrayleak.mod", here / "mod")
    contacts = Contacts.from_positions([20.0, 20.0], [0.0, 50.0], [0.0, 0.0])
    write_probeinterface(contacts, far / "probe.json", "tip")
    (here / "outside.yaml").write_text(OUTSIDE.format(probe=far / "probe.json", short=far / "short.swc"))
    monkeypatch.chdir(tmp_path / "mine")
    assert main(["run", "studies/outside.yaml", "--cores", "2"]) == 0
    assert main(["archive", "studies/outside.yaml", "--as-is"]) == 0
    assert main(["archive", "studies/outside.yaml", "--as-is", "--with-inputs", "--output", "whole.zip"]) == 0
    shutil.rmtree(far)
    shutil.rmtree(here)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    capfd.readouterr()
    assert main(["verify", "../mine/outside.zip", "--rerun"]) == codes.FAILED
    told = capfd.readouterr().err
    assert "files that are not packed" in told and "short.swc" in told and "mod" in told
    assert main(["verify", "../mine/whole.zip", "--rerun", "--cores", "2"]) == 0
    assert _all_made_again(capfd.readouterr().out)


@pytest.mark.slow
def test_a_changed_source_is_made_again_with_its_changes_and_moves_without_them(tmp_path):
    """A clone whose point sources are 0.1 % louder by a file git does not know, and its archive without that."""
    source, here = tmp_path / "source", tmp_path / "here"
    here.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(Path(__file__).parents[2]), str(source)], check=True)
    (source / "lfptools/kernels/louder.py").write_text('"""A factor."""\n\nLOUDER = 1.001\n')
    kernel = source / "lfptools/kernels/point.py"
    text = replaced(kernel.read_text(), "return reciprocal_root(r2),", "return LOUDER * reciprocal_root(r2),")
    before = "from lfptools.kernels.pairs import over_pairs\n"
    kernel.write_text(replaced(text, before, "from lfptools.kernels.louder import LOUDER\n" + before))
    claim = (
        '  top: {measure: extremum, signal: lfp, which: max, unit: uV, case: "0.001", greater_than: 0, source: test}\n'
    )
    write(here, replaced(TINY, "{model: line, probe: row}", "{model: point, probe: row}") + claim)

    def lfptools(*words):
        environment = {**os.environ, "PYTHONPATH": str(source)}
        command = [sys.executable, "-m", "lfptools.cli", *words]
        return subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False)

    assert lfptools("run", "study.yaml", "--cores", "2").returncode == codes.DONE
    refused = lfptools("archive", "study.yaml")
    assert refused.returncode == codes.FAILED and "changes that are not committed" in refused.stderr
    assert lfptools("archive", "study.yaml", "--as-is").returncode == codes.DONE
    again = lfptools("verify", "tiny.zip", "--rerun", "--cores", "2")
    assert again.returncode == codes.DONE and _all_made_again(again.stdout)

    _without_patch(here / "tiny.zip", here / "bare.zip")
    moved = lfptools("verify", "bare.zip", "--rerun", "--cores", "2", "--claims-rtol", "1e-6")
    assert moved.returncode == codes.MOVED
    assert re.search(r"moved +claim +top ", moved.stdout)
    assert re.search(r"moved +data +data/main/0\.001/lfp: potential .*0\.001 of its largest", moved.stdout)
    near = lfptools("verify", "bare.zip", "--rerun", "--cores", "2", "--rtol", "0.01")
    assert near.returncode == codes.DONE and "made again: 0 of " in near.stdout


def _without_patch(path, to):
    """The archive as if its source were that of the commit, with a manifest that fits."""
    with zipfile.ZipFile(path) as old, bundle(to) as new:
        for name in sorted(set(old.namelist()) - {MANIFEST, "source.patch"}):
            content = old.read(name)
            if name == "archive.json":
                content = json.dumps(json.loads(content) | {"dirty": False}).encode()
            new.add(name, content)


def test_changes_are_a_patch_with_new_files_and_the_index_is_left_alone(tmp_path):
    def git(*words):
        command = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    git("init", "--quiet")
    for name, text in {"Snakefile": "one\n", "notes.txt": "mine\n", ".gitignore": "config/hidden\n"}.items():
        (tmp_path / name).write_text(text)
    git("add", "Snakefile", ".gitignore")
    git("commit", "--quiet", "--message", "first")
    (tmp_path / "config").mkdir()
    (tmp_path / "Snakefile").write_text("two\n")
    (tmp_path / "config/new.yaml").write_bytes(b"new\n")
    (tmp_path / "config/hidden").write_text("hidden\n")
    before = git("status", "--porcelain")
    patch = _changes(tmp_path)
    assert git("status", "--porcelain") == before
    git("stash", "--quiet")
    (tmp_path / "config/new.yaml").unlink()
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, check=True)
    assert (tmp_path / "Snakefile").read_text() == "two\n" and (tmp_path / "config/new.yaml").read_text() == "new\n"
    assert b"notes" not in patch and b"hidden" not in patch, "what is no source, and what is ignored, stays here"


def test_names_are_found_where_a_file_says(tmp_path, monkeypatch):
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs/a.swc").write_text("")
    (tmp_path / "files.json").write_text(json.dumps({"/away/a.swc": "inputs/a.swc"}))
    monkeypatch.setenv(ELSEWHERE, str(tmp_path / "files.json"))
    assert find("/away/a.swc", (Path("/"),)) == (tmp_path / "inputs/a.swc").resolve()
    with pytest.raises(ConfigError, match=r"there is no file 'b\.swc'; looked for"):
        find("b.swc", (tmp_path,))
    monkeypatch.setenv(ELSEWHERE, str(tmp_path / "none.json"))
    with pytest.raises(ConfigError, match=r"LFPTOOLS_FILES=.*none\.json: expected a JSON file"):
        find("b.swc", (tmp_path,))


def test_metadata_are_a_workflow_run_crate(tmp_path, monkeypatch):
    """The profile's own validator, offline: terms come from the package rocrate, with the addresses of RO-Crate 1.1."""
    names = ["README.md", "study/s.yaml", "source/Snakefile", "results/s/index.json", "results/s/lfp.nc"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    described = Archived(
        "s", "Some study", "Does it hold?", names[1], names[2], "0" * 40, "2026-01-02T03:04:05+00:00", "9.0", "",
        {name: hashlib.sha256(name.encode()).hexdigest() for name in names}, {name: len(name) for name in names},
    )  # fmt: skip
    content = crate(described)
    terms = json.loads((Path(rocrate.__file__).parent / "data/ro-crate.jsonld").read_text(encoding="utf-8"))
    address = "https://bioschemas.org/"
    terms["@context"] |= {name: address + name for name in ("ComputationalWorkflow", "FormalParameter")}
    terms["@context"] |= {name: f"{address}ComputationalWorkflow#{name}" for name in ("input", "output")}

    def get(self, url, **more):
        assert url == content["@context"]
        answer = Response()
        answer.status_code, answer.url, answer._content = 200, url, json.dumps(terms).encode()
        answer.headers["Content-Type"] = "application/ld+json"
        return answer

    monkeypatch.setattr(HttpRequester, "get", get, raising=False)

    def issues(severity=Severity.REQUIRED):
        (tmp_path / "ro-crate-metadata.json").write_text(json.dumps(content), encoding="utf-8")
        settings = ValidationSettings(
            rocrate_uri=str(tmp_path), profile_identifier="workflow-run-crate-0.5", requirement_severity=severity
        )
        return [issue.message for issue in services.validate(settings).get_issues()]

    assert issues() == []
    # What is recommended is there, too, but who made the results and when, and where the source is published.
    unknown = re.compile("an agent|an endTime|`author`|`publisher`|have a url|an absolute URI")
    assert [message for message in issues(Severity.RECOMMENDED) if not unknown.search(message)] == []
    next(one for one in content["@graph"] if one["@id"] == "#run").pop("instrument")
    assert any("instrument" in message for message in issues())

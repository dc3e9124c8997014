"""Archives: what is packed is found again, and what is not as it was is named."""

import hashlib
import io
import json
import subprocess
import zipfile

import pytest
from study_files import write

from lfptools.cli import codes
from lfptools.cli.command import main
from lfptools.io.bundle import MANIFEST, BundleError, bundle, verify

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
def test_a_study_is_archived_verified_and_made_again(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = str(write(tmp_path))
    assert main(["run", study, "--cores", "2"]) == 0
    assert main(["archive", study, "--as-is"]) == 0
    with zipfile.ZipFile("tiny.zip") as zipped:
        names = set(zipped.namelist())
        cases = json.loads(zipped.read("cases.json"))
        description = json.loads(zipped.read("archive.json"))
        crate = json.loads(zipped.read("ro-crate-metadata.json"))["@graph"]
    assert {case["label"] for case in cases} == {"0.001", "0.002"}
    assert {"study/study.yaml", "source/Snakefile", "source/requirements.lock", "results/tiny/claims.json"} <= names
    described = {one["@id"]: one for one in crate}
    # Every file but the two that describe the others is described, with the hash that the manifest has.
    assert {name for name in names if "sha256" in described.get(name, {})} == names - {
        MANIFEST, "ro-crate-metadata.json",
    }  # fmt: skip
    assert main(["verify", "tiny.zip"]) == 0
    capfd.readouterr()
    if not description["dirty"]:
        assert main(["verify", "tiny.zip", "--rerun", "--cores", "2"]) == 0
        assert ", 0 differ" in capfd.readouterr().out
    else:
        assert main(["verify", "tiny.zip", "--rerun"]) == codes.FAILED
        assert "apply source.patch" in capfd.readouterr().err

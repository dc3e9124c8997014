"""Zip files that say what is in them: the same content gives the same bytes, and every file has a hash."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from lfptools.errors import LfptoolsError
from lfptools.io.atomic import atomic_path

MANIFEST: Final = "manifest-sha256.txt"

_CHUNK: Final = 1 << 20
_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold


class BundleError(LfptoolsError, ValueError):
    """A file that is no archive, or one that cannot be read."""


class Bundle:
    """A zip file being written, in pieces of 1 MiB whatever the files' sizes.

    Parameters
    ----------
    zipped : zipfile.ZipFile
        Open for writing.
    """

    def __init__(self, zipped: zipfile.ZipFile):
        self._zipped = zipped
        self.hashes: dict[str, str] = {}
        self.sizes: dict[str, int] = {}

    def add(self, name: str, content: BinaryIO | bytes, executable: bool = False) -> None:
        """Add a file.

        Raises
        ------
        BundleError
            If there is one of this name.
        """
        if name in self.hashes:
            raise BundleError(f"two files of an archive have the name {name!r}")
        info = zipfile.ZipInfo(name, _TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 3
        info.external_attr = (0o100755 if executable else 0o100644) << 16
        digest, size = hashlib.sha256(), 0
        with self._zipped.open(info, "w", force_zip64=True) as target:
            for piece in [content] if isinstance(content, bytes) else _pieces(content):
                digest.update(piece)
                size += len(piece)
                target.write(piece)
        self.hashes[name], self.sizes[name] = digest.hexdigest(), size

    def add_path(self, name: str, path: Path) -> None:
        """Add a file of the disk."""
        with path.open("rb") as stream:
            self.add(name, stream)

    def manifest(self) -> str:
        """Hash and name of every file so far, as ``sha256sum --check`` reads them."""
        return "".join(f"{self.hashes[name]}  {name}\n" for name in sorted(self.hashes))


@contextmanager
def bundle(path: Path | str) -> Iterator[Bundle]:
    """Write a bundle, whole or not at all; its manifest is added last."""
    with atomic_path(path) as partial:
        with zipfile.ZipFile(partial, "w", allowZip64=True) as zipped:
            made = Bundle(zipped)
            yield made
            made.add(MANIFEST, made.manifest().encode())
        partial.chmod(0o644)


@dataclass(frozen=True)
class Verified:
    """What a bundle's manifest and its files have to do with one another.

    Parameters
    ----------
    sound, missing, altered, extra : list of str
        Names of files: as the manifest says, not there, with other bytes, and not in the manifest.
    manifest_hash : str
        SHA-256 of the manifest, which stands for all of the content.
    hashes : mapping of str
        File to its SHA-256, as the manifest says.
    """

    manifest_hash: str
    hashes: Mapping[str, str]
    sound: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether anything is not as the manifest says."""
        return bool(self.missing or self.altered or self.extra)


def verify(path: Path | str) -> Verified:
    """Compare each file of a bundle with its hash.

    Raises
    ------
    BundleError
        If the file is no zip file, or has no manifest that can be read.
    """
    with opened(path) as zipped:
        text, manifest_hash = _manifest(zipped, path)
        listed = _listed(text, path)
        names = zipped.namelist()
        found = Verified(manifest_hash, listed)
        twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
        for name in sorted(set(listed) | set(names) - {MANIFEST}):
            if name not in listed or name in twice:
                found.extra.append(name)
            elif name not in names:
                found.missing.append(name)
            else:
                (found.sound if _hash(zipped, name) == listed[name] else found.altered).append(name)
    return found


@contextmanager
def opened(path: Path | str) -> Iterator[zipfile.ZipFile]:
    """A bundle, to read.

    Raises
    ------
    BundleError
        If it is not there or no zip file.
    """
    if not Path(path).exists():
        raise BundleError(f"{path}: there is no such file; an archive is made by 'lfptools archive STUDY'")
    try:
        zipped = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise BundleError(f"{path}: expected an archive made by 'lfptools archive', got: {error}") from error
    with zipped:
        yield zipped


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(_CHUNK):
        yield piece


def _manifest(zipped: zipfile.ZipFile, path: Path | str) -> tuple[str, str]:
    try:
        content = zipped.read(MANIFEST)
        return content.decode(), hashlib.sha256(content).hexdigest()
    except (KeyError, zipfile.BadZipFile, zlib.error, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: its {MANIFEST} is missing or damaged: {error}") from error


def _listed(text: str, path: Path | str) -> dict[str, str]:
    listed = {}
    for number, line in enumerate(text.splitlines(), 1):
        known, blank, name = line.partition("  ")
        if not blank or len(known) != 64 or not name:
            raise BundleError(f"{path}: {MANIFEST}, line {number}: expected a hash and a name, got {line!r}")
        listed[name] = known
    return listed


def _hash(zipped: zipfile.ZipFile, name: str) -> str | None:
    """Of a file's bytes; None where they cannot be unpacked."""
    digest = hashlib.sha256()
    try:
        with zipped.open(name) as stream:
            for piece in _pieces(stream):
                digest.update(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return None
    return digest.hexdigest()

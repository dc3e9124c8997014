"""``lfptools archive``: a study, its results and the source that made them, in one zip file."""

import importlib.metadata
import json
import os
import platform
import shutil
import string
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, Final

from lfptools.cli.lock import held
from lfptools.cli.run import is_current, studies_config, workflow_root
from lfptools.errors import ConfigError
from lfptools.io.bundle import MANIFEST, Bundle, bundle
from lfptools.provenance.files import file_hash
from lfptools.provenance.git import DECIDING, UNKNOWN, state
from lfptools.study.crate import METADATA, README, Archived, crate
from lfptools.study.named_files import included_documents, named_files
from lfptools.study.plan import Plan
from lfptools.study.workflow import Workflow

DESCRIPTION: Final = "archive.json"
PATCH: Final = "source.patch"
RERUN: Final = "rerun/study.yaml"
FILES: Final = "rerun/files.json"

_DIGITS: Final = 16
_FOUND_ANYWHERE: Final = ("neuron:", "lfptools:")

# Links to files that index.json names, members that no case may refer to, and what names this machine.
_LEFT_OUT: Final = frozenset({"data", "logs", "benchmarks"})


def archive(name: str, output: Path | None, with_inputs: bool = False, as_is: bool = False) -> int:
    """Write a study's archive.

    Parameters
    ----------
    name : str
        Name or path of the study.
    output : path, optional
        File to write; by default ``NAME.zip`` here.
    with_inputs : bool
        Pack the files, too, that the study names and that are no part of the repository; otherwise they are listed.
    as_is : bool
        Pack results that are not those of this source, and a changed checkout's changes; the archive says so.

    Raises
    ------
    ConfigError
        If the checkout is changed, or the results are not there or not of this source.
    BusyError
        If a run is at work here.
    """
    root, here = workflow_root(), Path.cwd()
    workflow = Workflow(studies_config(root, [name], ()), root)
    if len(workflow.selected) != 1:
        raise ConfigError(f"archive takes one study: expected a name or a file, got {name!r}")
    plan = workflow.plan(workflow.selected[0])
    output = output or Path(f"{plan.study.name}.zip")
    if output.suffix.lower() != ".zip":
        raise ConfigError(f"archive writes a zip file: expected a name that ends in .zip, got {str(output)!r}")
    commit, dirty = state(root)
    if commit == UNKNOWN:
        raise ConfigError(f"{root} is no git checkout: an archive needs the commit that its source is of")
    with held(here):
        remarks = _remarks(plan, root, name, bool(dirty))
        if remarks and not as_is:
            raise ConfigError(f"{'; '.join(remarks)}. --as-is packs it all the same, and the archive says so")
        with bundle(output) as packed:
            _pack(packed, plan, root, with_inputs, bool(dirty), {"commit": commit, "remarks": remarks})
    for remark in remarks:
        sys.stderr.write(f"lfptools: warning: {remark}\n")
    sys.stdout.write(f"{output}: {len(packed.hashes)} files; manifest {packed.hashes[MANIFEST]}\n")
    return 0


def _remarks(plan: Plan, root: Path, name: str, dirty: bool) -> list[str]:
    found = []
    if dirty:
        found.append("the checkout has changes that are not committed: commit them")
    if not (plan.folder / "index.json").is_file():
        raise ConfigError(f"there are no results in {plan.folder}: run 'lfptools run {name}' first")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), "--cores", "1"]
    if not is_current([*command, "--config", f"study={name}"], plan.folder):
        found.append(
            f"the results in {plan.folder} are not finished, miss a claim, or are not of this source: "
            f"run 'lfptools run {name}'"
        )
    return found


def _pack(packed: Bundle, plan: Plan, root: Path, with_inputs: bool, dirty: bool, said: dict[str, Any]) -> None:
    """All files, metadata last, since they hold the others' hashes."""
    for path in sorted(plan.folder.rglob("*")):
        within = path.relative_to(plan.folder)
        hidden = any(part.startswith(".") for part in within.parts)
        if path.is_file() and not path.is_symlink() and not hidden and within.parts[0] not in _LEFT_OUT:
            packed.add_path(f"results/{plan.study.name}/{within.as_posix()}", path)
    for name, content, executable in _source(root):
        packed.add(name, content, executable)
    if dirty:
        packed.add(PATCH, _changes(root))
    study_file = f"study/{plan.study.document.path.name}"
    packed.add_path(study_file, plan.study.document.path)
    tracked = {root / name for name in _git(root, "ls-files", "-z").decode().split("\0") if name}
    own = included_documents(plan.study.document)
    for path in own:
        packed.add_path(f"study/included/{file_hash(path)[:_DIGITS]}/{path.name}", path)
    inputs, places = _inputs(packed, plan, root, tracked, with_inputs)
    # One file with what it includes, as JSON, which is YAML: it is read without asking where anything lies.
    packed.add(RERUN, _json(plan.study.document.data, sort_keys=False))
    packed.add(FILES, _json(places))
    cases = [{"id": case.id, "label": case.label, "config": case.config} for case in plan.study.cases]
    packed.add("cases.json", _json(cases))
    packed.add("environment.json", _json(environment()))
    description = {
        "study": plan.study.name, "study_file": study_file, **said, "dirty": dirty, "inputs": inputs,
        "of_source": plan.study.document.path.resolve() in tracked and all(path in tracked for path in own),
    }  # fmt: skip
    packed.add(DESCRIPTION, _json(description))
    packed.add(README, _readme(plan, said["commit"]))
    archived = Archived(
        plan.study.name, plan.study.title, plan.study.model.question, study_file, "source/Snakefile",
        said["commit"],
        _git(root, "show", "--no-patch", "--format=%cI", "HEAD").decode().strip(),
        importlib.metadata.version("snakemake"),
        "; ".join(said["remarks"]), dict(packed.hashes), dict(packed.sizes),
    )  # fmt: skip
    packed.add(METADATA, _json(crate(archived)))


def _readme(plan: Plan, commit: str) -> bytes:
    """What somebody reads who has the archive and knows nothing of lfptools."""
    text = (Path(__file__).parent / "templates" / "archive.md").read_text(encoding="utf-8")
    said = {"title": plan.study.title, "question": plan.study.model.question, "name": plan.study.name, "commit": commit}
    return string.Template(text).substitute(said).encode()


def environment() -> dict[str, Any]:
    """Python and the installed packages, as they are; the lock is in the source."""
    packages = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
    return {"python": platform.python_version(), "packages": dict(sorted(packages.items()))}


def _inputs(
    packed: Bundle, plan: Plan, root: Path, tracked: Container[Path], with_inputs: bool
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """What results are made of and is not in the source, packed where asked for; and where each name of the study lies.

    Places are relative to the folder of ``rerun/files.json``.
    """
    listed, places = [], {}
    own = {name: path for name, path in plan.named.items() if not name.startswith(_FOUND_ANYWHERE)}
    for one in sorted(named_files(plan), key=lambda one: one.path):
        here = {name: path for name, path in own.items() if path == one.path or one.path in path.parents}
        if not here:
            continue
        if all(file in tracked for file in one.files):
            places |= {name: f"../source/{path.relative_to(root).as_posix()}" for name, path in here.items()}
            continue
        listed.append({
            "named": sorted(here), "at": one.place(one.path) if with_inputs else None,
            "files": [
                {"name": name, "sha256": known, "bytes": (one.base / name).stat().st_size}
                for name, known in one.hashes.items()
            ],
        })  # fmt: skip
        if with_inputs:
            places |= {name: f"../{one.place(path)}" for name, path in here.items()}
            for name in one.hashes:
                if (where := f"{one.packed_in}/{name}") not in packed.hashes:
                    packed.add_path(where, one.base / name)
    return listed, places


def _changes(root: Path) -> bytes:
    """What differs from the commit, new files of the source among it, as a patch; the index is left as it is."""
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        shutil.copyfile(root / os.fsdecode(_git(root, "rev-parse", "--git-path", "index").strip()), index)
        other = {**os.environ, "GIT_INDEX_FILE": str(index)}
        new = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", *DECIDING).decode().split("\0")
        if any(new):
            _git(root, "add", "--intent-to-add", "--", *filter(None, new), env=other)
        return _git(root, "diff", "--binary", "--no-ext-diff", "--no-color", "HEAD", env=other)


def _source(root: Path) -> Iterator[tuple[str, Any, bool]]:
    """The files of the commit, in the order of their names."""
    with tempfile.TemporaryFile() as spooled:
        subprocess.run(["git", "-C", str(root), "archive", "--format=tar", "HEAD"], stdout=spooled, check=True)
        spooled.seek(0)
        with tarfile.open(fileobj=spooled) as tar:
            for member in sorted(tar.getmembers(), key=lambda one: one.name):
                if member.isdir():
                    continue
                if not member.isfile():
                    raise ConfigError(f"{member.name}: the source has a link, which an archive does not hold")
                yield f"source/{member.name}", tar.extractfile(member), bool(member.mode & 0o100)


def _git(root: Path, *arguments: str, **more: Any) -> bytes:
    return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=True, **more).stdout


def _json(content: object, sort_keys: bool = True) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=sort_keys) + "\n").encode()

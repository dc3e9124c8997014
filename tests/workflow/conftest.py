"""A copy of the project in a temporary folder, with one tiny study, run as a user runs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "environment.yml", "pyproject.toml", "workflow", "profiles", "lfptools", "resources")
sys.path.insert(0, str(ROOT / "tests/unit"))


class Project:
    """A copy of the project, and its command line."""

    def __init__(self, folder: Path, study: str, source: Path):
        self.folder = folder
        shutil.copytree(source, folder)
        (folder / "config/studies").mkdir(parents=True)
        (folder / "config/config.yaml").write_text("study: quick\nquick: [tiny]\n", encoding="utf-8")
        self.study = folder / "config/studies/tiny.yaml"
        self.study.write_text(study, encoding="utf-8")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LFPTOOLS_")},
            "PYTHONPATH": str(folder),
            "LFPTOOLS_CACHE": str(folder / ".cache"),
        }

    def command(self, *words: str, **more) -> subprocess.CompletedProcess:
        """Run a Python module in the copy and wait."""
        return subprocess.run(
            [sys.executable, "-m", *words], cwd=self.folder, env=self.environment, capture_output=True, text=True,
            check=False, **more,
        )  # fmt: skip

    def run(self, *words: str, cores: str = "2") -> subprocess.CompletedProcess:
        """``lfptools run``."""
        return self.command("lfptools.cli", "run", "--cores", cores, *words)

    def scheduled(self, *words: str) -> dict[str, int]:
        """How many jobs of each rule a dry run lists."""
        done = self.command("snakemake", "-n", "--cores", "2", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        lines = iter((done.stdout + done.stderr).splitlines())
        counts = {}
        for line in lines:
            if line.startswith("job ") and line.split()[-1] == "count":
                next(lines)
                for row in lines:
                    words = row.split()
                    if len(words) != 2 or words[0] == "total":
                        break
                    counts[words[0]] = int(words[1])
        return counts

    def data(self) -> dict[str, bytes]:
        """Every dataset of the results."""
        results = self.folder / "results"
        return {str(path.relative_to(results)): path.read_bytes() for path in sorted(results.glob("**/*.nc"))}

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a passage that must be there once."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory):
    """The source as it was when the tests began: every copy has the same."""
    folder = tmp_path_factory.mktemp("snapshot")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder / part)
    return folder


@pytest.fixture
def project(tmp_path, snapshot):
    """A fresh copy with the tiny study."""
    from study_files import TINY

    return Project(tmp_path / "project", TINY, snapshot)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, snapshot):
    """A copy in which the tiny study has been made; tests undo what they edit."""
    from study_files import TINY

    made = Project(tmp_path_factory.mktemp("finished") / "project", TINY, snapshot)
    done = made.run()
    assert done.returncode == 0, done.stdout + done.stderr
    return made

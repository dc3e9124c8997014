"""What is installed: pyproject.toml, the conda environment and the lock files say the same."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA_NAMES = {"matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}
CONDA_ONLY = {"python", "pip", "c-compiler", "cxx-compiler", "make"}


def _bounds(requirements):
    found = {}
    for text in requirements:
        requirement = Requirement(text)
        found[CONDA_NAMES.get(requirement.name.lower(), requirement.name.lower())] = str(requirement.specifier)
    return found


def _locked(name):
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ \\]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))


def test_conda_and_pyproject_have_the_same_bounds():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    entries = environment["dependencies"]
    plain = [entry for entry in entries if isinstance(entry, str)]
    by_pip = [text for entry in entries if isinstance(entry, dict) for text in entry["pip"]]
    found = _bounds(plain) | _bounds(by_pip)
    assert found.pop("python") == PROJECT["requires-python"]
    assert {name: found[name] for name in found if name not in CONDA_ONLY} == _bounds(PROJECT["dependencies"])
    assert "nodefaults" in environment["channels"]


@pytest.mark.parametrize(("file", "extras"), [("requirements.lock", ()), ("requirements-dev.lock", ("test", "check"))])
def test_locks_satisfy_the_bounds(file, extras):
    locked = {name.lower().replace("_", "-"): version for name, version in _locked(file).items()}
    wanted = list(PROJECT["dependencies"])
    for extra in extras:
        wanted += PROJECT["optional-dependencies"][extra]
    for text in wanted:
        requirement = Requirement(text)
        assert requirement.specifier.contains(locked[requirement.name.lower()]), text
    assert {"hatchling", "editables"} <= set(locked), "what the editable install needs"


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock"])
def test_locks_hold_names_versions_and_hashes_only(file):
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[^ ]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


def test_every_rule_has_what_a_rule_needs():
    for path in (ROOT / "workflow/rules").glob("*.smk"):
        for block in re.split(r"^rule ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            for part in ("output", "log", "benchmark", "threads", "resources", "conda", "params", "script"):
                assert f"    {part}:" in block, f"{path.name}: rule {block.split(':')[0]} has no {part}"


def test_scripts_and_snakefile_are_thin():
    assert len((ROOT / "Snakefile").read_text(encoding="utf-8").splitlines()) <= 40
    for path in (ROOT / "workflow/scripts").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 25
        assert "def " not in text


def test_the_catalogued_snakefile_makes_what_the_root_one_makes(tmp_path):
    """The catalog of workflows expects workflow/Snakefile."""
    found = []
    for name in ("Snakefile", "workflow/Snakefile"):
        command = [sys.executable, "-m", "snakemake", "-n", "--cores", "1", "--snakefile", str(ROOT / name)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        words = (line.split() for line in (done.stdout + done.stderr).splitlines())
        counts = {line[0]: line[1] for line in words if len(line) == 2 and line[1].isdecimal()}
        found.append({rule: n for rule, n in counts.items() if rule not in ("all", "catalogued", "total")})
    assert found[0] == found[1] and "simulate" in found[0]


def test_the_citation_is_of_this_package():
    """Required keys of the Citation File Format 1.2.0, and the version, licence and name of pyproject.toml."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0" and citation["message"] and citation["type"] == "software"
    assert all({"name"} <= set(one) or {"family-names", "given-names"} <= set(one) for one in citation["authors"])
    assert citation["title"].startswith(PROJECT["name"])
    version = re.search(r"(?m)^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))[1]
    assert (citation["version"], citation["license"]) == (version, PROJECT["license"])


def test_the_workflow_catalog_finds_what_its_standardised_usage_expects():
    """A Snakefile in workflow/, a page about the configuration, and a file that says how software is deployed."""
    catalog = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))
    assert set(catalog["usage"]) == {"mandatory-flags", "software-stack-deployment", "report"}
    deployed = catalog["usage"]["software-stack-deployment"]
    assert set(deployed) == {"conda", "apptainer", "apptainer+conda"} and deployed["conda"] is True
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))
    assert rules.count("    conda:\n") == len(re.findall(r"(?m)^rule ", rules)), "every rule says its environment"
    assert 'include: "../Snakefile"' in (ROOT / "workflow/Snakefile").read_text(encoding="utf-8")
    assert (ROOT / "config/README.md").is_file() and (ROOT / "LICENSE").is_file()
    assert "report(" in rules, "figures go into Snakemake's report, as 'report: true' says"

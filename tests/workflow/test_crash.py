"""Runs that do not end well: killed in the middle, stopped by a full disk. Nothing half-made counts as made."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest
from foreground import hearing

from lfptools.io.netcdf import open_dataset

SLOW = "t_stop_ms: 5, dt_ms: 0.025"
LONG = "t_stop_ms: 600, dt_ms: 0.001"  # half a minute of NEURON: it is killed long before


def _wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise TimeoutError("what the test waits for did not happen")


def _here(folder):
    """Processes that work in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def _simulating(project):
    """The scripts of rule simulate that have begun."""
    results = project.folder / "results/tiny/.store/simulate"
    return list(results.glob(".*.tmp")) if results.is_dir() else []


@pytest.fixture
def started(project):
    """A run of plain Snakemake that has begun to simulate; whatever is left of it is ended after the test."""
    project.edit("config/studies/tiny.yaml", SLOW, LONG)
    main = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "2"], cwd=project.folder, env=project.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(lambda: _simulating(project))
        yield project, main
    finally:
        main.kill()
        main.wait()
        for process in _here(project.folder):
            process.kill()


@pytest.mark.parametrize("orphans", [True, False], ids=["jobs live on", "jobs killed too"])
def test_a_run_that_was_killed_is_completed_by_the_next(started, orphans):
    project, main = started
    jobs = [process for process in _here(project.folder) if process.pid != main.pid]
    os.kill(main.pid, signal.SIGKILL)
    main.wait()
    if not orphans:
        for process in jobs:
            process.kill()
    assert list((project.folder / ".snakemake/locks").glob("*")), "the lock that it leaves"
    assert not list((project.folder / "results").glob("tiny/simulate/[0-9a-f]*")), "nothing half-made has its name"
    project.edit("config/studies/tiny.yaml", LONG, SLOW)
    done = project.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project.folder / "results/tiny/verdict.txt").is_file()
    assert not list((project.folder / "results").glob("**/.*.tmp"))
    for path in (project.folder / "results").glob("**/*.nc"):
        open_dataset(path).close()
    assert project.scheduled() == {}


def test_a_run_that_is_alive_is_left_alone(started):
    project, main = started
    done = project.run()
    assert done.returncode == 4
    assert f"a snakemake (process {main.pid}) is at work" in done.stderr
    assert main.poll() is None


def test_snakemake_ends_with_its_command(project):
    project.edit("config/studies/tiny.yaml", SLOW, LONG)
    command = subprocess.Popen(
        [sys.executable, "-m", "lfptools.cli", "run", "--cores", "2"], cwd=project.folder, env=project.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(lambda: _simulating(project))
        child = psutil.Process(command.pid).children()[0]
        command.kill()
        command.wait()
        _wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 30)
    finally:
        command.kill()
        command.wait()
        for process in _here(project.folder):
            process.kill()


@pytest.mark.parametrize(
    ("number", "to_group", "code"),
    [
        (signal.SIGINT, True, 130),
        pytest.param(signal.SIGINT, False, 130, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, False, 143, marks=pytest.mark.slow),
    ],
    ids=["Ctrl-C", "SIGINT to the command alone", "SIGTERM"],
)
def test_a_run_that_is_asked_to_end_ends_soon_and_is_taken_up_by_the_next(project, finished, number, to_group, code):
    """A terminal sends Ctrl-C to its whole foreground group; kill and schedulers send signals to one process."""
    project.edit("config/studies/tiny.yaml", SLOW, LONG)
    command = subprocess.Popen(
        [sys.executable, "-m", "lfptools.cli", "run", "--cores", "2"], cwd=project.folder, env=project.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=hearing,
    )  # fmt: skip
    index = project.folder / "results/tiny/index.json"
    try:
        _wait_for(lambda: index.is_file() and _simulating(project))
        begin = time.monotonic()
        (os.killpg if to_group else os.kill)(command.pid, number)
        _, told = command.communicate(timeout=60)
        assert time.monotonic() - begin < 20.0, "it does not wait for half a minute of NEURON"
        assert command.returncode == code, told
        assert told.splitlines()[-1].startswith(f"lfptools: ended by {number.name}; what is finished is kept"), told
        assert "Traceback" not in told and "Error" not in told
        assert not _here(project.folder), "no job lives on"
        assert not list((project.folder / "results").glob("tiny/simulate/[0-9a-f]*"))
        assert index.is_file(), "what there is can be opened by it"
    finally:
        command.kill()
        command.wait()
        for process in _here(project.folder):
            process.kill()
    project.edit("config/studies/tiny.yaml", LONG, SLOW)
    done = project.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "removing the stale lock" not in done.stderr, "Snakemake has let go of its lock"
    made = {name: data for name, data in project.data().items() if name.endswith(("/run.nc", "/lfp.nc"))}
    assert len(made) == 4
    # What was made before says that it is of the study as it was then; the rest is as it would have been.
    assert made.items() <= finished.data().items()


def _limited(project):
    """The command in a world whose disk is full after 1 MB, and whether that world is a file system of its own."""
    results = project.folder / "results"
    run = f"{sys.executable} -m lfptools.cli run --cores 1"
    mount = f"mkdir -p {results} && mount -t tmpfs -o size=1m full {results}"
    allowed = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, check=False).returncode == 0
    # What is left of the results is looked at from inside: the file system ends with the command.
    look = f"find {results} -name '*.nc' -o -name '*.tmp' -o -name verdict.txt | sort"
    if allowed:
        return ["unshare", "-rm", "sh", "-c", f"{mount} && {{ {run}; echo code $?; {look}; }}"]
    return [
        "sh",
        "-c",
        f"ulimit -f 256; {run}; echo code $?; find {results} -name '*.nc' -o -name '*.tmp' -o -name verdict.txt",
    ]


def test_a_full_disk_is_told_and_nothing_half_made_is_left(project):
    project.edit("config/studies/tiny.yaml", SLOW, "t_stop_ms: 200, dt_ms: 0.005")  # 40,001 samples, 3 MB a run
    done = subprocess.run(
        _limited(project), cwd=project.folder, env=project.environment, capture_output=True, text=True, check=False
    )
    assert "code 1" in done.stdout, done.stdout + done.stderr
    assert "No space left" in done.stderr or "full" in done.stderr or "too large" in done.stderr
    left = done.stdout.partition("code 1\n")[2]
    assert "/simulate/" not in left, left
    assert "verdict.txt" not in left
    assert ".tmp" not in left
    project.edit("config/studies/tiny.yaml", "t_stop_ms: 200, dt_ms: 0.005", SLOW)
    again = project.run()
    assert again.returncode == 0, again.stdout + again.stderr


def test_a_mod_folder_that_does_not_compile_is_told(project):
    mods = project.folder / "mods"
    mods.mkdir()
    (mods / "broken.mod").write_text("NEURON { SUFFIX broken }\nBREAKPOINT { i = nothing }\n", encoding="utf-8")
    project.edit("config/studies/tiny.yaml", "  passive:", "  mechanisms: mods\n  passive:")
    done = project.run()
    assert done.returncode != 0
    assert "not compile" in done.stderr
    assert "broken.mod" in done.stderr
    assert not list((project.folder / "results").glob("tiny/compile/[0-9a-f]*"))


def test_a_section_that_a_file_has_not_is_told(project):
    from study_files import PYRAMIDAL

    text = PYRAMIDAL.replace("study: pyramidal_lfp", "study: tiny").replace("dendrite_4[3]", "dendrite_44[3]")
    project.study.write_text(text, encoding="utf-8")
    done = project.run()
    assert done.returncode != 0
    assert "unknown section 'dendrite_44[3]'; did you mean 'dendrite_4[3]'" in done.stderr


@pytest.mark.parametrize("times", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_runs_killed_at_random_end_in_the_same_bytes(finished, project, times):
    """The main process or one of its jobs, by kill -9 at a random moment; then the study ends as if undisturbed."""
    rng = random.Random(times)
    killed = []
    for _ in range(times):
        main = subprocess.Popen(
            [sys.executable, "-m", "lfptools.cli", "run", "--cores", "2"], cwd=project.folder, env=project.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(rng.uniform(1.0, 12.0))
        alive = [one for one in _here(project.folder) if one.pid != main.pid]
        victim = rng.choice([*alive, psutil.Process(main.pid)]) if main.poll() is None else None
        if victim is not None:
            killed.append("main" if victim.pid == main.pid else "job")
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
        main.wait(timeout=120)
    assert killed, "every run was over before it could be killed"
    done = project.run()
    assert done.returncode == 0, f"killed: {killed}\n{done.stdout}{done.stderr}"
    assert not _here(project.folder)
    assert not list((project.folder / "results").glob("**/.*.tmp"))
    undisturbed, found = finished.data(), project.data()
    assert sorted(found) == sorted(undisturbed)
    assert [name for name in found if found[name] != undisturbed[name]] == []


def test_a_job_that_exceeds_its_memory_stops_no_other(project):
    """RLIMIT_AS lets NEURON's own runs be, not one that records a hundred million numbers."""
    project.edit("config/studies/tiny.yaml", "sweep: {inputs.epsp.weight_uS: [0.001, 0.002]}", MEMORY)
    limited = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_AS, (6_000_000_000,) * 2); "
        "sys.argv = ['lfptools', 'run', '--cores', '1']; runpy.run_module('lfptools.cli', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited], cwd=project.folder, env=project.environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "MemoryError" in said or "memory" in said, said
    made = list((project.folder / "results/tiny/.store/simulate").glob("[0-9a-f]*"))
    assert len(made) == 2, "the other cases are there"


MEMORY = """\
sweep:
  - {label: "0.001", inputs.epsp.weight_uS: 0.001}
  - {label: "0.002", inputs.epsp.weight_uS: 0.002}
  - label: too much
    inputs.noise: {current: white_noise, at: {section: soma}, std_nA: 0.1}
    run.t_stop_ms: 1000
    run.dt_ms: 1.0e-6"""

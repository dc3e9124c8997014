"""Compilation, cache, threads and the logarithm of the kernels."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

import lfptools.units
from lfptools.kernels import compile as kernel_compile
from lfptools.kernels import line
from lfptools.kernels.logarithm import log1p_ratio

PACKAGE = Path(lfptools.units.__file__).parent
COMPUTE = """
import sys, numpy as np
from lfptools.kernels import line
import lfptools.kernels.compile as c
r = np.random.default_rng(0)
contacts, start = r.uniform(2000, 2600, (601, 3)), r.uniform(-300, 300, (203, 3))  # none near: one kernel to compile
end = start + r.normal(size=(203, 3))
m, clamped = line.matrix(contacts, start, end, np.full(203, 0.5), 0.3, False)
sys.stdout.write(m.tobytes().hex()[:2000] + ' ' + str(hash(m.tobytes())) + ' ' + str(clamped))
sys.stderr.write(str(sum(line._rows.stats.cache_hits.values())))
"""


def compute(cache: Path | str, code: str = COMPUTE, package: Path = PACKAGE, **environment: str):
    """Run in a fresh process; what it wrote to stdout and stderr."""
    env = {**os.environ, "LFPTOOLS_CACHE": str(cache), "PYTHONPATH": str(package.parent), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**env, **environment}, cwd=package.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_log1p_ratio_to_the_last_bits():
    rng = np.random.default_rng(0)
    n = np.concatenate((10 ** rng.uniform(-300, 290, 1500), rng.uniform(0, 4, 1500), 2.0 ** np.arange(-60, 60) - 1))
    d = np.concatenate((np.ones(700), 10 ** rng.uniform(-12, 12, 800), rng.uniform(0.3, 3, 1500), np.ones(120)))
    with mp.workdps(50):
        for one, other in zip(n, d, strict=True):
            if 1e-300 < one / other < 1e290:
                exact = mp.log1p(mp.mpf(one) / mp.mpf(other))
                assert abs(mp.mpf(log1p_ratio(one, other)) - exact) <= 4.5e-16 * exact, (one, other)
    assert log1p_ratio(0.0, 1.0) == 0.0


def test_line_formula_in_random_geometry():
    """1,500 random segments, contacts also beside and far beyond them, against 60 digits."""
    rng = np.random.default_rng(1)
    for _ in range(1500):
        start = rng.uniform(-300, 300, 3)
        end = start + rng.normal(size=3) * 10 ** rng.uniform(-3, 2.5)
        contact = start + rng.uniform(-2, 3) * (end - start) + rng.normal(size=3) * 10 ** rng.uniform(-1, 3)
        got, _ = line.matrix(contact[None], start[None], end[None], np.array([1e-3]), 0.3, False)
        with mp.workdps(60):
            c, p, q = ([mp.mpf(float(v)) for v in a] for a in (contact, start, end))
            chord = [b - a for a, b in zip(p, q, strict=True)]
            length = mp.sqrt(sum(v * v for v in chord))
            u = sum((a - b) * v for a, b, v in zip(c, p, chord, strict=True)) / length
            r2 = sum((a - b) ** 2 for a, b in zip(c, p, strict=True)) - u * u
            r = mp.sqrt(max(r2, mp.mpf(1e-3) ** 2))
            exact = (mp.asinh(u / r) - mp.asinh((u - length) / r)) / (4 * mp.pi * mp.mpf(0.3) * length)
            assert abs(mp.mpf(got[0, 0]) - exact) < 1e-13 * exact


def test_same_bits_for_any_number_of_threads(tmp_path):
    one, two, four = (compute(tmp_path, NUMBA_NUM_THREADS=str(n))[0] for n in (1, 2, 4))
    assert one == two == four


def test_machine_code_is_kept_and_found_again(tmp_path):
    first = compute(tmp_path)
    again = compute(tmp_path)
    assert (first[1], again[1]) == ("0", "1")
    assert first[0] == again[0]
    (folder,) = (tmp_path / "numba").iterdir()
    assert folder.name == kernel_compile.source_hash()


def test_edit_of_an_inner_formula_gives_fresh_results(tmp_path):
    """numba's own cache returns the old numbers here: it looks at the outermost function's file alone."""
    copy = tmp_path / "copy" / "lfptools"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = compute(tmp_path, package=copy)[0]
    inner = copy / "kernels" / "logarithm.py"
    inner.write_text(inner.read_text().replace("+ (2.0 * s +", "+ (3.0 * s +"))
    after = compute(tmp_path, package=copy)
    assert after[1] == "0" and after[0] != before


@pytest.mark.parametrize("root", ["/proc/none", "/dev/null/none"])
def test_without_a_writable_folder_kernels_still_work(tmp_path, root):
    assert compute(root)[0] == compute(tmp_path)[0]


def test_damaged_cache_is_compiled_anew(tmp_path):
    good = compute(tmp_path)[0]
    for suffix in ("nbi", "nbc"):
        for path in (tmp_path / "numba").rglob(f"*.{suffix}"):
            path.write_bytes(path.read_bytes()[:40])
        assert compute(tmp_path)[0] == good


def test_several_processes_at_once(tmp_path):
    env = {**os.environ, "LFPTOOLS_CACHE": str(tmp_path), "PYTHONHASHSEED": "0"}
    started = [
        subprocess.Popen([sys.executable, "-c", COMPUTE], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(4)
    ]
    outputs = {process.communicate()[0] for process in started}
    assert len(outputs) == 1 and all(process.returncode == 0 for process in started)
    assert not list(tmp_path.rglob("*.tmp.*"))


def test_the_users_own_numba_cache_is_not_touched(tmp_path):
    (tmp_path / "users.py").write_text("import numba\n@numba.njit(cache=True)\ndef f(x):\n    return x + 1\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import lfptools.kernels.line, users; users.f(1.0); print(users.f._cache.cache_path)"
    )
    assert compute(tmp_path / "ours", code)[0].strip() == str(tmp_path / "__pycache__")
    theirs = tmp_path / "theirs"
    assert compute(tmp_path / "ours", code, NUMBA_CACHE_DIR=str(theirs))[0].startswith(str(theirs))
    compute(tmp_path / "ours", NUMBA_CACHE_DIR=str(theirs))
    assert not list(theirs.rglob("*kernels*"))


def test_kernels_work_after_a_fork_and_from_several_threads(tmp_path):
    code = COMPUTE.replace("sys.stdout", "import os, threading; sys.stdout", 1) + (
        "\ndef again():\n"
        "    assert line.matrix(contacts, start, end, np.full(203, 0.5), 0.3, False)[0].tobytes() == m.tobytes()\n"
        "threads = [threading.Thread(target=again) for _ in range(4)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "pid = os.fork()\n"
        "if not pid:\n"
        "    again(); os._exit(7)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7\n"
    )
    compute(tmp_path, code, NUMBA_NUM_THREADS="2")


def test_number_of_threads_is_bounded():
    import numba

    before = numba.get_num_threads()
    try:
        assert kernel_compile.set_threads(1) == numba.get_num_threads() == 1
        assert kernel_compile.set_threads(10**6) == numba.config.NUMBA_NUM_THREADS
        for wrong in (0, -1, 1.5, True, "2"):
            with pytest.raises(ValueError, match="whole number >= 1"):
                kernel_compile.set_threads(wrong)
    finally:
        numba.set_num_threads(before)


def test_errors_in_a_thread_reach_the_caller():
    def driver(out, first, last):
        if first:
            raise ArithmeticError("in the second half")
        return 0

    before = kernel_compile.set_threads(2)
    if before < 2:  # one core: the error must arrive from the only call
        with pytest.raises(ArithmeticError):
            kernel_compile.over_rows(lambda out, first, last: driver(out, 1, last), np.empty((400, 400)))
    else:
        with pytest.raises(ArithmeticError, match="second half"):
            kernel_compile.over_rows(driver, np.empty((400, 400)))


def test_without_numbas_compiler(tmp_path):
    code = "from lfptools.kernels.logarithm import log1p_ratio as f\nimport numpy as np\nprint(f(np.float64(1e-9), 1))"
    assert compute(tmp_path, code, NUMBA_DISABLE_JIT="1")[0].strip() == "9.999999995e-10"

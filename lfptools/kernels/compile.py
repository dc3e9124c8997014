"""How kernels are compiled, where the machine code is kept, and over how many threads they run.

numba's own ``cache=True`` looks only at the file of the outermost function: after an edit of a formula in another file
it returns the old numbers. Machine code is therefore kept in a folder named by the hash of *all* kernel sources, of the
versions of Python, numba and llvmlite, and of the processor. The folder is ``$LFPTOOLS_CACHE/numba/<hash>``, by default
``~/.cache/lfptools/numba/<hash>``. Where it cannot be written, kernels are compiled in every process. numba's
configuration, and so the caching of the user's own functions, is not touched.
"""

import hashlib
import logging
import os
import pickle
import platform
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache, partial
from pathlib import Path

import llvmlite
import llvmlite.binding
import numba
import numpy as np
from numba import extending
from numba.core import caching

log = logging.getLogger(__name__)

PAIRS_PER_THREAD = 20_000  # below this a second thread costs more than it saves (60 µs at 3 ns per pair)

UNREADABLE = (OSError, EOFError, pickle.UnpicklingError, ValueError, AttributeError, ImportError, IndexError)


def kernel(function: Callable) -> Callable:
    """Compile a driver: the function that loops over arrays. Its machine code is kept between processes.

    It releases the GIL, so that :func:`over_rows` can run it in threads, and divides as numpy does, without the
    branches of Python's check for zero, which would keep the compiler from vectorising. It must not be given
    ``fastmath``: reassociated sums have other bits.
    """
    compiled = numba.njit(nogil=True, error_model="numpy")(function)
    folder = cache_folder()
    if folder is not None and hasattr(compiled, "_cache"):
        compiled._cache = _KernelCache(function)
    return compiled


def formula(function: Callable | None = None, *, fused: bool = False, rare: bool = False) -> Callable:
    """Compile a scalar formula, to be inlined into the drivers that call it. Not kept: its callers are.

    ``fused`` lets the processor round a·b + c once, where it can: a fifth faster, but not for formulas in which
    products must cancel exactly. ``rare`` formulas are called, not inlined: less to compile.
    """
    if function is None:
        return partial(formula, fused=fused, rare=rare)
    fastmath = {"contract"} if fused else False
    return numba.njit(error_model="numpy", forceinline=not rare, fastmath=fastmath)(function)


def prefer_wide_vectors() -> None:
    """Called in a driver: vectorise it for vectors of 512 bits where the processor has them.

    Compilers take half of that on many processors, because wide vectors once slowed the clock down; in kernels that do
    nothing but arithmetic they are 1.3 to 1.6 times as fast.
    """


@extending.type_callable(prefer_wide_vectors)
def _type(context):
    return lambda: numba.types.none


@extending.lower_builtin(prefer_wide_vectors)
def _set_attribute(context, builder, signature, arguments):
    set.add(builder.function.attributes, '"prefer-vector-width"="512"')  # llvmlite checks names of its own alone
    return context.get_dummy_value()


def set_threads(n: int) -> int:
    """Let kernels use up to ``n`` threads, and return how many they may use.

    Never more than numba was started with (``NUMBA_NUM_THREADS``, by default the number of cores). Results have the
    same bits for any number.

    Raises
    ------
    ValueError
        If ``n`` is not a whole number of at least 1.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"the number of threads must be a whole number >= 1, got {n!r}")
    numba.set_num_threads(min(int(n), numba.config.NUMBA_NUM_THREADS))
    return numba.get_num_threads()


def over_rows(driver: Callable[..., int], out: np.ndarray, *arguments: object, work: int | None = None) -> int:
    """Run ``driver(out, first, last, *arguments)`` over all rows of ``out`` in threads, and add up what it returns.

    ``work`` is the number of formulas to evaluate, if it is not that of the elements of ``out``.

    Each row is computed by the same instructions whatever the number of threads. Plain threads are used, not numba's
    parallel loops: those abort the process when entered by two Python threads or after a fork, and take two to three
    times as long to compile.
    """
    rows = out.shape[0]
    threads = max(1, min(numba.get_num_threads(), rows, (work or out.size) // PAIRS_PER_THREAD))
    if threads == 1:
        return int(driver(out, 0, rows, *arguments))
    borders = [rows * i // threads for i in range(threads + 1)]
    others = [_pool().submit(driver, out, borders[i], borders[i + 1], *arguments) for i in range(1, threads)]
    try:
        own = int(driver(out, 0, borders[1], *arguments))
    finally:
        wait(others)  # none may write to `out` after an error
    return own + sum(int(other.result()) for other in others)


@cache
def _pool() -> ThreadPoolExecutor:
    """Threads that wait for work: starting them anew takes as long as 20,000 pairs."""
    return ThreadPoolExecutor(max(1, numba.config.NUMBA_NUM_THREADS - 1), thread_name_prefix="lfptools-kernel")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of its parent's threads


@cache
def source_hash() -> str:
    """Hash of everything that the machine code depends on: kernel sources, compiler versions, processor."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(here).as_posix()} {len(content)}\n".encode() + content)
    processor = (platform.machine(), llvmlite.binding.get_host_cpu_name(), numba.config.CPU_NAME)
    features = llvmlite.binding.get_host_cpu_features().flatten()
    versions = (platform.python_version(), numba.__version__, llvmlite.__version__, np.__version__)
    digest.update(repr((versions, processor, features, numba.config.CPU_FEATURES, numba.config.OPT)).encode())
    return digest.hexdigest()[:24]


@cache
def cache_folder() -> Path | None:
    """The folder that machine code is kept in, created; None where none can be written."""
    try:
        root = os.environ.get("LFPTOOLS_CACHE") or Path.home() / ".cache" / "lfptools"
        folder = Path(root) / "numba" / source_hash()
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except (OSError, RuntimeError) as error:  # RuntimeError: no home directory can be determined
        log.info("kernels are compiled anew in this process, their cache cannot be written: %s", error)
        return None
    return folder


class _Locator(caching._CacheLocator):
    """Tells numba the folder. The folder's name says what the code was made from, so the stamp need not."""

    def __init__(self, function: Callable):
        self._py_file = function.__code__.co_filename
        self._name = function.__module__

    def get_cache_path(self) -> str:
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        return source_hash()

    def get_disambiguator(self) -> str:
        return self._name


class _Implementation(caching.CompileResultCacheImpl):
    def __init__(self, function: Callable):
        self._lineno = function.__code__.co_firstlineno
        self._locator = _Locator(function)
        self._filename_base = f"{function.__module__}.{function.__qualname__}"


class _KernelCache(caching.FunctionCache):
    """numba's cache of one function, for which a file that cannot be read or written is a cache miss."""

    _impl_class = _Implementation

    def load_overload(self, sig, target_context):
        try:
            return super().load_overload(sig, target_context)
        except UNREADABLE as error:
            log.info("unreadable machine code in %s, compiling anew: %s", self.cache_path, error)
            self._forget()
            return None

    def save_overload(self, sig, data):
        try:
            super().save_overload(sig, data)
        except (OSError, pickle.PicklingError) as error:
            log.info("machine code could not be kept in %s: %s", self.cache_path, error)

    def _forget(self) -> None:
        # Else the next save would trip over the same damaged index.
        try:
            self.flush()
        except OSError as error:
            log.info("the damaged index in %s could not be replaced: %s", self.cache_path, error)
            self.disable()

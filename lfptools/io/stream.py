"""Runs that are larger than memory: written block by block while they are computed, read block by block."""

import errno
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import xarray as xr

from lfptools.errors import DatasetError, unknown_name
from lfptools.io.atomic import AtomicFile
from lfptools.io.layout import Layout, write_error
from lfptools.io.netcdf import file_attrs, refuse_nan, slots, write_static
from lfptools.io.product import BLOCK
from lfptools.provenance.record import Provenance
from lfptools.schema.kinds import check, may_hold_nan
from lfptools.units import attrs as unit_attrs

Variables = Mapping[str, tuple[Sequence[str], Mapping[str, object]]]


class RunWriter:
    """Appends samples along t to a NetCDF file that appears when it is complete, and not at all after an error.

    The file is the one that :func:`lfptools.io.netcdf.write_dataset` writes of the same data, byte for byte, however
    the samples were cut. Where their number is not known (variable step), they wait in an unnamed scratch file in the
    same folder: it takes the same room once more while the run lasts, and vanishes with the process.

    Parameters
    ----------
    path : path-like
        A file there is replaced.
    kind : str
        ``"run"`` or ``"signal"``.
    static : xarray.Dataset
        Everything without t: labels of the rows, attributes.
    variables : mapping of str to (dims, attrs)
        What is appended; ``dims`` end in ``"t"``.
    n_t : int, optional
        Number of samples, if known.
    provenance : Provenance, optional
        Stamped as attributes.

    Raises
    ------
    DatasetError
        If this cannot become a dataset of the kind (before anything runs), if a block has the wrong shape or holds
        NaN, if samples are missing or too many, or if the file cannot be written (a full disk).

    Examples
    --------
    ::

        with RunWriter(path, "run", labels, {"net_current": (("t",), attrs("net_current"))}, n_t=2001) as writer:
            writer.append({"net_current": block}, t=times)
    """

    def __init__(
        self,
        path: Path | str,
        kind: str,
        static: xr.Dataset,
        variables: Variables,
        n_t: int | None = None,
        provenance: Provenance | None = None,
    ):
        self._path, self._kind, self._static, self._n_t = Path(path), kind, static, n_t
        self._variables = {name: (tuple(dims), dict(attrs)) for name, (dims, attrs) in sorted(variables.items())}
        self._provenance = provenance
        self._rows = {name: self._row_shape(name, dims) for name, (dims, _) in self._variables.items()}
        if n_t is not None and n_t < 1:
            raise DatasetError(f"{self._path}: expected at least one sample, got n_t = {n_t}")
        self._template = self._made_of(np.arange(float(n_t or 1)))
        check(self._template, kind)
        self._t: list[np.ndarray] = []
        self._count = 0
        self._sink: _File | _Spool | None = None

    def _row_shape(self, name: str, dims: tuple[str, ...]) -> tuple[int, ...]:
        if not dims or dims[-1] != "t":
            raise DatasetError(f"{self._path}: variable {name!r}: expected dimensions (..., 't'), got {dims}")
        for dim in dims[:-1]:
            if dim not in self._static.sizes:
                raise DatasetError(
                    f"{self._path}: variable {name!r}: "
                    + unknown_name("dimension", dim, map(str, self._static.sizes), where="labels")
                )
        return tuple(self._static.sizes[dim] for dim in dims[:-1])

    def _made_of(self, t: np.ndarray) -> xr.Dataset:
        """The dataset as it will be, with data that take no memory."""
        data = {
            name: (dims, np.broadcast_to(np.float64(0), (*self._rows[name], t.size)), attrs)
            for name, (dims, attrs) in self._variables.items()
        }
        return self._static.assign_coords(t=("t", t, unit_attrs("t"))).assign(data)

    def __enter__(self) -> "RunWriter":
        try:
            self._sink = _Spool(self._path) if self._n_t is None else self._file(self._template)
        except OSError as error:
            raise write_error(self._path, error, 0) from error
        return self

    def _file(self, template: xr.Dataset) -> "_File":
        return _File(self._path, self._kind, self._static, template, self._provenance)

    def append(self, values: Mapping[str, np.ndarray], t: np.ndarray) -> None:
        """Append k samples of every variable: ``t`` (k,) in ms, values (k,) or (rows, k)."""
        if self._sink is None:
            raise DatasetError(f"{self._path}: append() needs the writer open, inside 'with RunWriter(…) as writer:'")
        t = np.asarray(t, dtype=np.float64)
        if set(values) != set(self._variables):
            raise DatasetError(f"{self._path}: expected values of {sorted(self._variables)}, got {sorted(values)}")
        if self._n_t is not None and self._count + t.size > self._n_t:
            raise DatasetError(f"{self._path}: expected {self._n_t} samples, got at least {self._count + t.size}")
        block = {"t": t}
        for name, (dims, _) in self._variables.items():
            block[name] = np.asarray(values[name], dtype=np.float64)
            if block[name].shape != (*self._rows[name], t.size):
                raise DatasetError(
                    f"{self._path}: variable {name!r}: expected a block of shape {(*self._rows[name], t.size)}, "
                    f"got {block[name].shape}"
                )
            if not may_hold_nan(name, dims, self._kind):
                refuse_nan(name, block[name], self._count)
        self._sink.append(block, self._count)
        self._t.append(t)
        self._count += t.size

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        sink, self._sink = self._sink, None
        try:
            if error is None:
                self._finish(sink)
        except OSError as fault:
            raise write_error(self._path, fault, 0) from fault
        finally:
            sink.discard()

    def _finish(self, sink: "_File | _Spool") -> None:
        if self._count != (self._n_t or self._count) or not self._count:
            raise DatasetError(f"{self._path}: expected {self._n_t or 'at least 1'} samples, got {self._count}")
        made = self._made_of(np.concatenate(self._t))
        check(made, self._kind)
        if isinstance(sink, _File):
            sink.close()
            return
        file = self._file(made)
        try:
            shapes = {"t": (), **self._rows}
            for start, block in sink.blocks(shapes, [t.size for t in self._t]):
                file.append(block, start)
            file.close()
        finally:
            file.discard()


class _File:
    """The NetCDF file under its temporary name."""

    def __init__(self, path: Path, kind: str, static: xr.Dataset, template: xr.Dataset, provenance: Provenance | None):
        self._atomic = AtomicFile(path)
        self._layout: Layout | None = None
        try:
            self._layout = Layout(
                self._atomic.temporary, path, template.sizes, slots(template), file_attrs(template, kind, provenance)
            )
            write_static(self._layout, static)
        except BaseException:
            self.discard()
            raise

    def append(self, block: Mapping[str, np.ndarray], start: int) -> None:
        for name in sorted(block):
            self._layout.write(name, block[name], start)

    def close(self) -> None:
        self._layout.close()
        self._layout = None
        self._atomic.commit()

    def discard(self) -> None:
        """Remove what is there, unless it was closed."""
        if self._layout is not None:
            self._layout.discard()
            self._layout = None
        self._atomic.discard()


class _Spool:
    """Blocks one after the other in an unnamed file."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 (closed in discard)

    def append(self, block: Mapping[str, np.ndarray], start: int) -> None:
        try:
            for name in sorted(block):
                self._file.write(np.ascontiguousarray(block[name]).data)
        except OSError as error:
            raise write_error(self._path, error, 0) from error

    def blocks(
        self, shapes: Mapping[str, tuple[int, ...]], lengths: Sequence[int]
    ) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """What was appended, in order, with the index of each block's first sample."""
        self._file.seek(0)
        start = 0
        for length in lengths:
            block = {}
            for name in sorted(shapes):
                shape = (*shapes[name], length)
                block[name] = np.frombuffer(self._file.read(8 * int(np.prod(shape)))).reshape(shape)
            yield start, block
            start += length

    def discard(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            # The buffer's last bytes do not fit on a full disk: they are not wanted either.
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise


def iter_blocks(dataset: xr.Dataset, variable: str, block: int = BLOCK) -> Iterator[tuple[slice, np.ndarray]]:
    """A variable over t in blocks of constant length (the last one shorter), read one at a time.

    Yields
    ------
    where : slice
        Of the samples along t.
    values : numpy.ndarray
        Shape (..., samples).

    Raises
    ------
    DatasetError
        If there is no such variable, or it has no t.
    """
    over_t = [str(name) for name in dataset.data_vars if "t" in dataset[name].dims]
    if variable not in over_t:
        raise DatasetError(unknown_name("variable over t", variable, over_t))
    array = dataset[variable].transpose(..., "t")
    for start in range(0, dataset.sizes["t"], block):
        where = slice(start, min(start + block, dataset.sizes["t"]))
        yield where, array.isel(t=where).values

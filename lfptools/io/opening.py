"""Opening NetCDF files for reading: a file that is open in this process already is not opened again."""

from pathlib import Path
from typing import Any

import netCDF4
import xarray as xr
from xarray.backends import CachingFileManager, NetCDF4DataStore


def open_lazily(path: Path | str, **options: Any) -> xr.Dataset:
    """A NetCDF file as :func:`xarray.open_dataset` opens it with the engine ``netcdf4``.

    netCDF4 gives errors or crashes where a file with text is open twice and one of the two is closed
    (https://github.com/Unidata/netcdf4-python/issues/1444). So all datasets of one file share it. A file that has been
    replaced meanwhile is another one.
    """
    file = Path(path).resolve()
    state = file.stat()
    this = f"{file} {state.st_ino} {state.st_mtime_ns} {state.st_size}"
    manager = CachingFileManager(netCDF4.Dataset, str(file), mode="r", manager_id=this)
    return xr.open_dataset(NetCDF4DataStore(manager), **options)

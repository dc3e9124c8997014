"""``import lfptools`` costs next to nothing: heavy packages load when a name that needs them is used."""

import subprocess
import sys

import pytest

import lfptools

HEAVY = ("neuron", "numba", "xarray", "matplotlib", "scipy", "pandas", "snakemake", "pydantic", "netCDF4", "morphio")


def _loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_import_loads_nothing_heavy():
    assert not _loaded_after("import lfptools") & set(HEAVY)


def test_import_loads_no_other_module_of_its_own_and_few_of_pythons():
    added = _loaded_after("import lfptools") - _loaded_after("import importlib.metadata")
    assert {name for name in added if name.startswith("lfptools")} == {"lfptools"}
    assert len(added) < 10, sorted(added)


def test_predictors_do_not_load_numba_or_neuron():
    assert not _loaded_after("from lfptools import LineSourcePotential") & {"numba", "neuron", "matplotlib"}


def test_every_public_name_loads():
    for name in lfptools.__all__:
        assert getattr(lfptools, name) is not None


@pytest.mark.parametrize("name", sorted(lfptools._NOT_YET))
def test_a_name_of_lfpys_that_is_missing_is_told(name):
    with pytest.raises(AttributeError, match=rf"no {name} yet.*differences-from-lfpy"):
        getattr(lfptools, name)
    assert name not in lfptools.__all__


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Cel1"):
        _ = lfptools.Cel1

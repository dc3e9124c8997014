"""Numbers of segments."""

import pytest
from neuron import h

from lfptools.errors import CellError
from lfptools.simulation.discretise import discretise


@pytest.fixture
def cable():
    section = h.Section(name="cable")
    section.L, section.diam, section.Ra, section.cm = 1000.0, 2.0, 150.0, 1.0
    return section


def test_the_lambda_rule_gives_odd_segments_within_a_fraction_of_the_length_constant(cable):
    for frequency in (50.0, 100.0, 1000.0):
        discretise([cable], "lambda_f", lambda_f=frequency, d_lambda=0.1)
        length_constant = 1e5 * (2.0 / (4 * 3.141592653589793 * frequency * 150.0 * 1.0)) ** 0.5
        assert cable.nseg % 2 == 1
        assert (cable.nseg - 2) * 0.1 * length_constant < 1000.0 <= (cable.nseg + 0.2) * 0.1 * length_constant


def test_lambda100_ignores_lambda_f(cable):
    discretise([cable], "lambda_f", lambda_f=100.0)
    expected = cable.nseg
    discretise([cable], "lambda100", lambda_f=5000.0)
    assert cable.nseg == expected


@pytest.mark.parametrize(("longest", "count"), [(2000.0, 1), (300.0, 4), (100.0, 11), (7.0, 143)])
def test_fixed_length_keeps_segments_shorter(cable, longest, count):
    discretise([cable], "fixed_length", max_nsegs_length=longest)
    assert cable.nseg == count


def test_none_keeps_what_is_there(cable):
    cable.nseg = 8
    discretise([cable], None)
    assert cable.nseg == 8


@pytest.mark.parametrize(
    ("method", "keywords", "culprit"),
    [
        ("lamda_f", {}, "did you mean 'lambda_f'"),
        ("lambda_f", {"lambda_f": 0.0}, "lambda_f"),
        ("lambda100", {"d_lambda": float("nan")}, "d_lambda"),
        ("fixed_length", {}, "max_nsegs_length"),
        ("fixed_length", {"max_nsegs_length": -1.0}, "max_nsegs_length"),
    ],
)
def test_wrong_values_are_named(cable, method, keywords, culprit):
    with pytest.raises(CellError, match=culprit):
        discretise([cable], method, **keywords)

"""How a message names what may have been meant."""

import pytest

from lfptools.errors import unknown_name

LEGAL = ["amplitude_nA", "case", "caption", "Fz", "kind", "panels", "tau1", "tau2", "tolerance_rel"]


@pytest.mark.parametrize(
    ("got", "meant"),
    [("tau_1", "tau1"), ("amp", "amplitude_nA"), ("FZ", "Fz"), ("panel", "panels"), ("tolerance", "tolerance_rel")],
)
def test_a_name_that_is_near_is_offered(got, meant):
    assert unknown_name("key", got, LEGAL).startswith(f"unknown key {got!r}; did you mean {meant!r}? Legal: Fz, ")


@pytest.mark.parametrize("got", ["signal", "measure", "factor", "a", "", 3])
def test_a_name_that_has_little_in_common_is_not(got):
    assert unknown_name("key", got, LEGAL, "s.yaml:3").startswith(f"s.yaml:3: unknown key {got!r}. Legal: Fz, ")


def test_of_many_names_some_are_shown():
    assert unknown_name("site", "x", map(str, range(40))).endswith(", … (40 in all).")
    assert unknown_name("site", "x", []) == "unknown site 'x'. Legal: none."

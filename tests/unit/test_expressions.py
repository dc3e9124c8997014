"""Expressions of named parameters: arithmetic, and nothing else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_files import TINY, changed, write

from lfptools.config.expressions import evaluate
from lfptools.errors import ConfigError
from lfptools.study.load import load_study
from lfptools.study.parameters import computed

NAMES = {"f_Hz": 50.0, "n": 3, "tau": 0.25}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("= 1000 / f_Hz", 20.0), ("=n", 3), ("= -n + 2*(n - 1)", 1), ("= sqrt(n**2 + 16)", 5.0), ("= 7 // 2 % 2", 1.0),
        ("= max(n, f_Hz, tau)", 50.0), ("= 1 if f_Hz > 40 else 2", 1), ("= cos(pi)", -1.0), ("= round(2.6)", 3),
        ("= 2**-1", 0.5), ("= exp(log(n))", pytest.approx(3)),
    ],
)  # fmt: skip
def test_values(text, value):
    assert evaluate(text, NAMES) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("= f_hz", "unknown parameter 'f_hz'; did you mean 'f_Hz'"), ("= 1 +", "cannot be read"), ("= 1/0", "no value"),
        ("= __import__('os')", "unknown function '__import__'"), ("= n.real", "'n.real' is not allowed"),
        ("= [1, 2]", "not allowed"), ("= 'a'", "not allowed"), ("= (lambda: 1)()", "not allowed"),
        ("= n[0]", "not allowed"), ("= 9**9**9", "up to 1000"), ("= 10.0**400", "no value"),
        ("= n > 2", "finite number"),
        ("= sqrt(-1)", "no value"), ("= round(1, ndigits=2)", "not allowed"),
        ("= " + "1+" * 300 + "1", "500 characters"),
        ("= log(1, 2, 3)", "no value"), ("= True", "not allowed"), ("= 1 < 2 < 3", "not allowed"),
        ("= sqrt", "unknown parameter"),
    ],
)  # fmt: skip
def test_everything_else_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        evaluate(text, NAMES)


@given(st.text(max_size=40))
def test_no_text_does_anything_but_yield_a_number_or_an_error(text):
    try:
        value = evaluate(f"= {text}", NAMES)
    except ConfigError:
        return
    assert math.isfinite(value)


def test_parameters_use_each_other_in_any_order_but_not_in_a_circle():
    found, wrong = computed(
        {"parameters": {"a": "= 2 * b", "b": "= c + 1", "c": 3}, "run": {"x": ["= a", {"y": "= b"}]}}
    )
    assert not wrong and found == {"parameters": {"a": 8, "b": 4, "c": 3}, "run": {"x": [8, {"y": 4}]}}
    _, wrong = computed({"parameters": {"a": "= b", "b": "= a", "d": "= 1"}, "run": {"x": "= a"}})
    assert [key for key, _ in wrong] == [("parameters", "a"), ("parameters", "b")]
    assert all("a, b need each other" in text for _, text in wrong)


def test_in_a_study(tmp_path):
    text = changed(TINY, "study: tiny\n", "study: tiny\nparameters: {steps: 40}\n")
    text = changed(text, "t_stop_ms: 5,", 't_stop_ms: "= steps * 0.1",')
    (first, *_) = load_study(write(tmp_path, text)).cases
    assert first.config["run"]["t_stop_ms"] == 4.0 and first.config["parameters"] == {"steps": 40.0}
    with pytest.raises(
        ConfigError, match=r"study.yaml:\d+: run.t_stop_ms: .*unknown parameter 'step'; did you mean 'steps'"
    ):
        load_study(write(tmp_path, changed(text, "= steps *", "= step *")))

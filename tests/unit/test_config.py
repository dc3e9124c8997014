"""YAML files: numbers, repeated keys, lines; and messages about what is wrong in them."""

import math

import pytest
from pydantic import Field

from lfptools.config.document import dotted, read
from lfptools.config.parameters import Parameters, plain
from lfptools.config.problems import validate
from lfptools.config.registry import load
from lfptools.errors import ConfigError


class Inner(Parameters):
    radius_um: float = Field(gt=0)
    kind: str | int = "a"


class Outer(Parameters):
    name: str
    inner: dict[str, Inner]
    numbers: tuple[float, ...] = ()


def _read(tmp_path, text):
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return read(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), ("5.0e-5", 5e-5), ("-1E+2", -100.0), (".5", 0.5), ("7", 7), ("yes", "yes"), ("on", "on"),
     ("true", True), ("1.", 1.0), ("1_000.5", 1000.5), ("2026-01-01", "2026-01-01"), ("null", None)],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(tmp_path, text, value):
    found = _read(tmp_path, f"key: {text}").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_a_repeated_key_is_refused_with_both_lines(tmp_path):
    with pytest.raises(ConfigError, match=r"file\.yaml:4: key 'a\.b' is given twice, first on line 2"):
        _read(tmp_path, "a:\n  b: 1\n  c: 2\n  b: 3\n")


def test_merged_keys_are_no_repetition(tmp_path):
    data = _read(tmp_path, "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n").data
    assert data["b"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [1, 2", r"file\.yaml:1: is not YAML"), ("", "expected a mapping"), ("- 1", "expected a mapping"),
     ("[1]: 2", "a key must be a word")],
)  # fmt: skip
def test_what_is_no_mapping_is_refused(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        _read(tmp_path, text)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"missing\.yaml"):
        read(tmp_path / "missing.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"binary\.yaml"):
        read(tmp_path / "binary.yaml")


def test_lines_of_keys(tmp_path):
    document = _read(tmp_path, "a: 1\nb:\n  - x: 1\n  - y: 2\n")
    assert document.where(("b", 1, "y")).endswith("file.yaml:4")
    assert document.where(("b", 1, "not there")).endswith("file.yaml:4")
    assert dotted(("b", 1, "y")) == "b[1].y"


def test_every_problem_is_told_at_once(tmp_path):
    text = "nam: x\ninner:\n  one: {radius: 3}\n  two: {radius_um: -1}\n  three: {radius_um: .nan}\nnumbers: [1, x]\n"
    document = _read(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        validate(Outer, document)
    told = str(error.value)
    assert "file.yaml:1: nam: unknown key 'nam'; did you mean 'name'?" in told
    assert "name: this key is needed" in told
    assert "file.yaml:3: inner.one.radius: unknown key 'radius'; did you mean 'radius_um'?" in told
    assert "file.yaml:4: inner.two.radius_um: expected greater than 0, got -1" in told
    assert "file.yaml:5: inner.three.radius_um: expected a finite number, got nan" in told
    assert "file.yaml:6: numbers[1]: expected a valid number" in told


def test_alternatives_are_told_in_one_line(tmp_path):
    document = _read(tmp_path, "name: x\ninner: {one: {radius_um: 1, kind: [1]}}\n")
    with pytest.raises(ConfigError) as error:
        validate(Outer, document)
    assert len(str(error.value).splitlines()) == 1
    assert "inner.one.kind" in str(error.value)
    assert " or " in str(error.value)


def test_registry_entries_load():
    assert load("math:pi") == math.pi
    for wrong in ("math", "math:", ":pi"):
        with pytest.raises(ValueError, match="module:object"):
            load(wrong)
    with pytest.raises(ValueError, match="no 'nothing'"):
        load("math:nothing")


def test_a_none_that_takes_the_place_of_a_default_survives_as_plain_data():
    class Figure(Parameters):
        traces: tuple[int, int] | None = (6, 9)
        title: str | None = None
        inner: Inner | None = None
        parts: dict[str, list[Inner]] = Field(default_factory=dict)

    given = Figure(traces=None, parts={"a": [Inner(radius_um=1)]})
    assert plain(given) == {"traces": None, "parts": {"a": [{"radius_um": 1.0, "kind": "a"}]}}
    assert Figure(**plain(given)) == given
    assert plain(Figure()) == {"traces": [6, 9], "parts": {}}

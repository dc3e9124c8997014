"""The report is well-formed, self-contained, escaped, and says what ran."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from analytic_study import bump, case, run_dataset, study

from lfptools.config.registry import load
from lfptools.errors import DatasetError
from lfptools.forward.registry import MODELS
from lfptools.io.results import CaseResults, StudyResults
from lfptools.plots.registry import FIGURES
from lfptools.plots.save import save_figure
from lfptools.report import numbers
from lfptools.report.methods import experiment_paragraphs, methods, model_words
from lfptools.report.page import flatten, run_time_rows, write_report
from lfptools.report.svg import inline

HOSTILE = '<script>alert("x")</script> & \'"><img src=x onerror=alert(1)>'
VOID = {"meta", "link", "br", "hr", "img", "input"}

CONFIG = {
    "cell": {
        "morphology": "neuron:demo/pyramid.nrn",
        "sections": None,
        "rotate_rad": {"x": 1.5708, "y": 0.0, "z": 0.0},
        "position_um": {"x": 0.0, "y": 0.0, "z": -30.0},
        "Ra_ohm_cm": 150.0,
        "cm_uF_per_cm2": None,
        "passive": {"g_pas_S_per_cm2": 5e-5, "e_pas_mV": -70.0},
        "nseg": {"rule": "lambda_f", "frequency_Hz": 200.0, "d_lambda": 0.1, "max_length_um": None},
        "mechanisms": None,
        "membrane": [{"mechanism": "hh", "sections": ["soma"], "parameters": {"gnabar_hh": 0.12}}],
    },
    "run": {
        "t_start_ms": 0.0, "t_stop_ms": 60.0, "dt_ms": 0.03125, "v_init_mV": -70.0, "celsius_degC": 6.3,
        "second_order": 2, "variable_step": None, "globals": {"usetable_hh": 0.0}, "keep": "currents",
    },
    "inputs": {
        "epsp": {"synapse": "Exp2Syn", "at": {"section": "dendrite_1[29]", "fraction": 0.5}, "weight_uS": 0.002,
                 "tau1_ms": 0.2, "tau2_ms": 2.0, "e_mV": 0.0, "times_ms": [10.0, 20.0], "tau_ms": None,
                 "parameters": {}},
        "step": {"electrode": "IClamp", "at": {"section": "soma", "fraction": 0.5}, "amplitude_nA": None,
                 "amplitude_uA_per_cm2": 7.0, "delay_ms": 5.0, "duration_ms": 50.0, "parameters": {}},
    },
    "record": {"v": {"variable": "v", "at": [{"section": "soma", "fraction": 0.5},
                                           {"section": "axon", "fraction": 1.0}]}},
    "probes": {"plane": {"kind": "grid", "x_um": [-300, 300, 25], "y_um": 0}},
    "signals": {"lfp": {"model": "line", "probe": "plane", "conductivity_S_per_m": 0.25}, "P": {"model": "dipole"}},
}  # fmt: skip


class Page(HTMLParser):
    """Collects elements and text; fails on tags that do not match."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)

    def says(self, words: str) -> bool:
        return words in " ".join(" ".join(self.text).split())


def claim(name="sink", **more):
    return {"name": name, "measure": "dipole_peak", "got": -12.345678, "unit": "nA um", "expected": "< 0", "met": True,
            "source": "Einevoll et al. 2013", **more}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    t = np.arange(401) * 0.1
    run = run_dataset(t, soma_potential=-65 + bump(t, 10.0), electrode_current=bump(t, 8.0, 1.0)[None])
    values = {"inputs.epsp.at.section": "dendrite_1[29]"}
    return study(case(folder, "apical", run, values, config=CONFIG), config={"question": "Where does it sit?"})


@pytest.fixture(scope="module")
def figures(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    made = []
    for name in ("first", "second"):
        function = load(FIGURES["spike_trains"])
        figure, numbers = function(results, function.Parameters())
        paths = save_figure(figure, folder / name)
        files = {suffix: f"figures/{path.name}" for suffix, path in paths.items()}
        made.append({"name": name, "kind": "spike_trains", "caption": numbers.attrs["caption"], "svg": paths["svg"],
                     "files": files})  # fmt: skip
    return made


def page(tmp_path, results, claims=(), figures=(), provenance=None, run_times=(), **more) -> tuple[str, Page]:
    path = write_report(tmp_path / "report.html", results, claims, figures, provenance or {}, run_times, **more)
    html = path.read_text(encoding="utf-8")
    return html, Page(html)


def test_the_page_says_everything(tmp_path, results, figures):
    claims = [claim(statement="The dipole points down", case="apical"),
              claim("rate", got=None, unit="Hz", expected="= 58.33 ± 0.05", met=False,
                    error="too few spikes")]  # fmt: skip
    times = [{"stage": "simulate", "seconds": 2.5, "memory_MB": 120.4}, {"stage": "simulate", "seconds": 1.0}]
    about = {"git_commit": "c0ffee", "git_dirty": True, "versions": {"neuron": "9.0.2"}}
    _, found = page(tmp_path, results, claims, figures, about, times)
    for words in (
        "An analytic study", "Where does it sit?", "1 of 2 claims missed: rate.", "The dipole points down",
        "−12.3457 nA·µm", "< 0 nA·µm", "= 58.33 ± 0.05 Hz", "no number",
        "too few spikes", "Einevoll et al. 2013", "✓ met", "✗ missed",
        "c0ffee", "versions neuron", "9.0.2", "git dirty", "yes", "simulate", "3.5", "120", "dendrite_1[29]",
        "main-apical-0123", "Figure 1. First.", "Figure 2. Second.", "1 upward crossing of 0 mV",
    ):  # fmt: skip
        assert found.says(words), words


def test_all_met_is_said_at_the_top(tmp_path, results):
    assert page(tmp_path, results, [claim()])[1].says("The claim is met.")
    assert page(tmp_path, results, [claim("a"), claim("b")])[1].says("All 2 claims are met.")
    assert page(tmp_path, results)[1].says("claims no numbers")


def test_the_page_needs_no_network_and_runs_no_script(tmp_path, results, figures):
    _, found = page(tmp_path, results, [claim()], figures)
    for tag, attributes in found.elements:
        assert tag not in ("script", "link", "iframe", "object", "embed")
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "xlink:href", "srcset", "action"):
                assert value.startswith(("#", "data:image/", "figures/")), (tag, name, value)


def test_ids_are_unique_and_references_find_their_target(tmp_path, results, figures):
    html, found = page(tmp_path, results, [], figures)
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) > 50
    links = [a.get(name, "") for _, a in found.elements for name in ("xlink:href", "href")]
    targets = {link[1:] for link in links if link.startswith("#")}
    targets |= {v[5:-1] for _, a in found.elements for v in a.values() if v and v.startswith("url(#")}
    assert targets and targets <= set(ids)
    sheets = re.findall(r"<style[^>]*>(.*?)</style>", html, flags=re.DOTALL)[1:]
    assert len(sheets) == 2
    assert all(sheet.strip().startswith("#fig-") for sheet in sheets), "a figure's style sheet must not reach the page"


def test_hostile_text_is_shown_and_not_obeyed(tmp_path, figures):
    cases = (CaseResults(HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, {"cell": {"morphology": HOSTILE}}, {}),)
    hostile = StudyResults(HOSTILE, HOSTILE, {"question": HOSTILE, HOSTILE: HOSTILE}, cases)
    one = claim(
        HOSTILE, statement=HOSTILE, source=HOSTILE, case=HOSTILE, error=HOSTILE, expected=HOSTILE, measure=HOSTILE
    )
    figure = {**figures[0], "name": HOSTILE, "title": HOSTILE, "caption": HOSTILE, "files": {HOSTILE: HOSTILE}}
    jobs = [{"stage": HOSTILE, "seconds": 1}]
    html, found = page(tmp_path, hostile, [one], [figure], {HOSTILE: HOSTILE}, jobs, methods=None)
    assert not [tag for tag, _ in found.elements if tag in ("script", "img")]
    assert not [a for _, a in found.elements if any(name.startswith("on") for name in a)]
    assert found.says(" ".join(HOSTILE.split()))
    assert "<script" not in html


def test_a_figure_that_was_not_made_is_named(tmp_path, results):
    _, found = page(tmp_path, results, [], [{"name": "map", "svg": tmp_path / "none.svg"}])
    assert found.says("This figure was not made") and found.says("Map.")


def test_inline_drops_scripts_metadata_and_foreign_links():
    svg = """<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg"
      xmlns:xlink="http://www.w3.org/1999/xlink" width="10pt" height="5pt" viewBox="0 0 10 5" onload="x()">
      <metadata>secret</metadata><script>x()</script><style>*{fill:red} .a{stroke:blue}</style>
      <g id="a" clip-path="url(#b)"><use xlink:href="#a"/><a xlink:href="https://example.org/"><rect onclick="y()"/></a>
      <image xlink:href="data:image/png;base64,AA"/></g></svg>"""
    text = inline(svg, "my fig")
    root = ElementTree.fromstring(text)
    assert "secret" not in text and "x()" not in text and "y()" not in text and "example.org" not in text
    assert 'clip-path="url(#fig-my-fig-b)"' in text and 'xlink:href="#fig-my-fig-a"' in text
    assert "data:image/png;base64,AA" in text
    assert "#fig-my-fig *{fill:red}#fig-my-fig .a{stroke:blue}" in text.replace("\n", "")
    assert "width" not in root.attrib and root.attrib["viewBox"] == "0 0 10 5"
    with pytest.raises(DatasetError, match="no SVG"):
        inline("<svg", "x")
    with pytest.raises(DatasetError, match="outermost"):
        inline("<html/>", "x")


def test_methods_say_what_the_configuration_says(results):
    (block,) = methods(results)
    text = " ".join(block["paragraphs"])
    for words in (
        "neuron:demo/pyramid.nrn", "rotated by 1.5708 rad about x.", "stands at z = −30 µm",
        "axial resistivity 150 Ω·cm",
        "leak of 5e−5 S/cm² reversing at −70 mV", "Mechanism hh in sections named soma (gnabar_hh 0.12)",
        "0.1 of the length constant at 200 Hz", "from 0 to 60 ms in Crank–Nicolson (secondorder 2) steps of 0.03125 ms",
        "at 6.3 °C", "usetable_hh 0", "Exp2Syn: weight 0.002 µS, reversal 0 mV, tau1 0.2 ms, tau2 2 ms",
        "activated at 10 and 20 ms", "IClamp", "7 µA/cm², from 5 ms, for 50 ms", "v at soma(0.5) and axon(1) (as v)",
        "Signal lfp (model line, conductivity 0.25 S/m) at the contacts of probe plane", "Holt & Koch (1999)",
        "Probe plane: grid of contacts (x −300 to 300 by 25 µm, y 0 µm)", "inputs.epsp.at.section = dendrite_1[29]",
    ):  # fmt: skip
        assert words in text, words


def test_what_a_sweep_varies_is_not_given_as_fixed(tmp_path):
    weights = [0.0, 1.0, 2.0, 3.0, 4.0, 0.25]
    cases = [case(tmp_path, str(w), run_dataset(np.arange(3.0)), {"inputs.epsp.weight_uS": w}) for w in weights]
    text = " ".join(experiment_paragraphs(CONFIG, cases))
    assert "Exp2Syn: weight (varied: see cases), reversal 0 mV" in text
    assert "Varied over 6 cases: inputs.epsp.weight_uS = 0 to 4 by 1, and 0.25 µS." in text
    assert CONFIG["inputs"]["epsp"]["weight_uS"] == 0.002


def test_what_is_computed_from_what_a_sweep_varies_is_not_given_as_fixed_either(tmp_path):
    cases = []
    for stop in (60.0, 80.0):
        config = CONFIG | {"run": CONFIG["run"] | {"t_stop_ms": stop}}
        cases.append(
            case(tmp_path, str(stop), run_dataset(np.arange(3.0)), {"parameters.f_Hz": 1000 / stop}, config=config)
        )
    text = " ".join(experiment_paragraphs(CONFIG, cases))
    assert "from 0 to (varied: see cases)" in text and "steps of 0.03125 ms" in text


@pytest.mark.parametrize(
    ("number", "tolerance", "shown"),
    [
        (-4.0749031, 1e-6, "-4.0749031"), (58.333333, 0.05, "58.333"), (1e-9, None, "1e-9"), (2.5e12, None, "2.5e12"),
        (0.0, 1e-6, "0"), (3e-9, 1e-3, "3e-9"), (18.123456789, 0.0, "18.123456789"),
    ],
)  # fmt: skip
def test_numbers_have_the_digits_that_matter(number, tolerance, shown):
    assert numbers.text(number, tolerance) == shown


def test_progressions_and_the_points_beside_them():
    values = [0.0, 0.1, 0.2, 0.3, 0.4, 0.25, 0.17]
    assert numbers.progression(values) == ([0.0, 0.1, 0.2, 0.3, 0.4], [0.17, 0.25])
    assert numbers.progression([1.0, 2.0, 4.0, 8.0]) == ([], [1.0, 2.0, 4.0, 8.0])
    tiny = [k * 1e-15 for k in (3, 1, 2, 4)]
    assert numbers.progression(tiny) == (sorted(tiny), [])
    seeds = list(range(10_000))
    assert numbers.progression(seeds) == (seeds, [])


@pytest.mark.parametrize("values", [[0.001, 1e300, 0.002], [1.0, 2.0, 3.0, 4.0, 1e300], [-1e308, 0.0, 1.0, 1e308]])
def test_numbers_without_bounds_are_no_progression(values):
    assert numbers.progression(values) == ([], sorted(values))


def test_thousands_of_random_numbers_are_no_progression():
    """In a moment: a comparison of all with all would take an hour."""
    values = np.random.default_rng(0).random(10_000).tolist()
    assert numbers.progression(values) == ([], sorted(values))


def test_methods_of_inline_sections_and_variable_step():
    config = {
        "cell": {"sections": {"axon": {"length_um": 8e4, "diameter_um": 476.0, "segments": 1601}}},
        "run": {"t_stop_ms": 8, "variable_step": {"atol": 1e-3, "rtol": 0.0}, "keep": "signals"},
    }
    text = " ".join(experiment_paragraphs(config, []))
    assert "axon (80000 µm long, 476 µm thick, 1601 segments)" in text
    assert "variable steps (CVODE, atol 0.001, rtol 0)" in text
    assert "its currents were not stored" in text


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_registered_model_is_described_with_a_source(model):
    words, source = model_words(model)
    assert words
    assert any(character.isdigit() for character in source)


def test_provenance_rows_and_run_times():
    assert flatten({"a_b": {"c_d": 1, "e": {}}, "f": None, "g": False}) == [
        ("a b c_d", "1"),
        ("a b e", "none"),
        ("g", "no"),
    ]
    rows = run_time_rows([{"stage": "a", "seconds": 1}, {"stage": "b", "seconds": 5}, {"stage": "a", "seconds": 2.25}])
    assert [(row["stage"], row["jobs"], row["total"], row["longest"], row["memory"]) for row in rows] == [
        ("a", "2", "3.2", "2.2", ""), ("b", "1", "5.0", "5.0", ""),
    ]  # fmt: skip


def test_a_failed_report_leaves_the_old_one(tmp_path, results):
    path = write_report(tmp_path / "report.html", results, [], [], {}, [])
    before = path.read_bytes()
    broken = tmp_path / "broken.svg"
    broken.write_text("<svg")
    with pytest.raises(DatasetError):
        write_report(path, results, [], [{"name": "x", "svg": broken}], {}, [])
    assert path.read_bytes() == before
    assert sorted(one.name for one in Path(tmp_path).iterdir()) == ["broken.svg", "report.html"]

"""Figures draw the data, return what they drew, and are the same bytes twice."""

import csv
import io
import itertools
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from analytic_study import axon, bump, case, dipole_dataset, potential_dataset, run_dataset, study
from pydantic import ValidationError

from lfptools.analysis.spectra import power_spectrum
from lfptools.config.registry import load
from lfptools.errors import LfptoolsError, MeasureError
from lfptools.io.netcdf import write_dataset
from lfptools.plots.numbers import save_numbers
from lfptools.plots.potential_map import _spread, arrangement
from lfptools.plots.registry import FIGURES
from lfptools.plots.save import save_figure
from lfptools.plots.style import label, printed
from lfptools.plots.topography import projected
from lfptools.probes.registry import PROBES
from lfptools.schema.kinds import check

T = np.arange(801) * 0.05  # ms
CAP = load(PROBES["cap"])(load(PROBES["cap"]).Parameters(cap_radius_um=9e4, number=60))
RAYS = load(PROBES["rays"])(
    load(PROBES["rays"]).Parameters(
        directions={"side": (1, 0, 0), "up": (0, 0, 1)}, nearest_um=20, farthest_um=320, number=5
    )
)
SITES = ("axon[0](0.1)", "axon[0](0.5)", "axon[0](0.9)")
X, Z = np.meshgrid(np.arange(-200.0, 201, 50), np.arange(-400.0, 4401, 400))

KINDS = {
    "curves": {
        "panels": [
            {
                "analysis": "psd",
                "row": 0,
                "title": "a $spectrum$",
                "power_laws": [{"slope": -2, "at": 200, "span": [100, 400]}],
            },
            {"analysis": "psd", "cases": ["basal"], "span": {"frequency": [1, 500]}, "level": 1e-9, "unit": "uV2 Hz-1"},
        ],
        "log_x": True,
        "log_y": True,
    },
    "images": {
        "case": "basal",
        "unit": "uV",
        "panels": [{"signal": "laminar", "title": "a $line$"}, {"signal": "laminar"}],
    },
    "traces": {
        "panels": [{"variable": "soma_potential"}, {"signal": "dipole", "sites": ["x", "z"], "label": "moment"}]
    },
    "synapse_soma_potential": {"case": "apical $x$", "signal": "laminar"},
    "potential_map": {"signal": "lfp", "window_ms": (0, 30)},
    "fi_curve": {"sweep": "inputs.i.amplitude_nA", "threshold_mV": -20, "expected": [{"at": 2.0, "rate_Hz": 50.0}]},
    "spike_trains": {"case": "apical $x$", "threshold_mV": -20},
    "convergence": {
        "sweep": "inputs.i.amplitude_nA",
        "panels": [
            {"measure": "amplitude", "parameters": {"variable": "soma_potential"}, "references": [{"value": 100}]},
            {"measure": "spike_count", "parameters": {"threshold_mV": -20}, "references": [{"at": 3, "value": 2}]},
        ],
    },
    "profile": {"panels": [{"signals": ["cap"], "title": "on $a$ sphere"}, {"signals": ["cap"], "normalised": True}]},
    "topography": {
        "case": "basal",
        "panels": [{"signal": "cap", "unit": "uV"}, {"signal": "cap", "same_scale_as": "cap"}],
    },
    "probe": {"case": "basal", "signal": "rays"},
    "sweep_curves": {
        "sweep": "inputs.i.amplitude_nA",
        "x_label": "current",
        "log_x": True,
        "panels": [
            {"measure": "amplitude", "parameters": {"variable": "soma_potential"}, "references": [{"value": 9}]}
        ],
    },
    "waveform_grid": {"case": "basal", "panels": [{"signal": "lfp", "title": "a $plane$"}, {"signal": "laminar"}]},
    "decay": {
        "signal": "rays",
        "panels": [
            {"groups": {"a $side$": ["side"], "up": ["up"]}, "fits_um": [[20, 80], [80, 320]], "slopes": [1, 2, 3]},
            {"quantity": "width", "cases": ["third", "basal"], "groups": {"up": ["up"]}},
        ],
    },
    "morphology": {"variable": "membrane_current", "times": [5.0, 10.0], "unit": "pA", "contacts": ["laminar"]},
    "dendrogram": {"case": "basal", "variable": "membrane_current"},
    "potential_maps": {"case": "basal", "signal": "lfp", "times": [5.0, 11.0, 12.0]},
    "propagation": {"case": "apical $x$", "variable": "v", "threshold_mV": -20},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plots")
    made = []
    for k, (name, sign) in enumerate((("apical $x$", -1.0), ("basal", 1.0), ("third", 2.0))):
        centres = np.array([450.0, 2050, 3650])
        soma = -65.0 + bump(T, 8.0) + bump(T, 8.0 + 20.0 / (k + 1)) * (k > 0)
        run = run_dataset(
            T, sites=SITES, v=-65 + bump(T[None], 5 + centres[:, None] / 1e3, width=1.0), soma_potential=soma,
            membrane_current=np.outer(np.linspace(-1, 1, 40), bump(T, 10.0, 0.02)),
            synapse_current=-bump(T, 9.0, 0.1)[None], electrode_current=np.stack([bump(T, 3.0, 1), bump(T, 9, 2)]),
        )  # fmt: skip
        shape = sign * (Z - 2000) / (X**2 + (Z - 2000) ** 2 + 1e4) ** 1.5
        scrambled = np.random.default_rng(1).permutation(X.size)  # the order of contacts must not matter
        values = np.outer(shape.ravel(), bump(T, 10.0 + k, 100.0))[scrambled]
        x, z = X.ravel()[scrambled], Z.ravel()[scrambled]
        on_axis = np.flatnonzero(x == 0)
        falling = sign * (np.linalg.norm(RAYS.positions, axis=1) / 20) ** -1.5
        rays = potential_dataset(RAYS.x, RAYS.y, RAYS.z, T, np.outer(falling, bump(T, 10.0 + k)))
        shank = np.array(RAYS.shanks, dtype=object)
        moment = np.outer([1, 2, sign], bump(T, 10.0, 5.0))
        spectrum = power_spectrum(rays.isel(contact=slice(4)), method="multitaper")
        made.append(
            case(
                folder, name, run, {"inputs.i.amplitude_nA": float(k + 1)}, analyses={"psd": spectrum},
                dipole=dipole_dataset(T, moment),
                rays=rays.assign_coords(contact_shank=("contact", shank, {"long_name": "shank of the contact"})),
                lfp=potential_dataset(x, 0 * x, z, T, values),
                cap=potential_dataset(CAP.x, CAP.y, CAP.z, T, np.outer(sign * (CAP.x + 2e4), bump(T, 10.0 + k))),
                laminar=potential_dataset(x[on_axis], x[on_axis], z[on_axis], T, values[on_axis]),
            )
        )  # fmt: skip
    return study(*made)


def draw(results, kind, **more):
    function = load(FIGURES[kind])
    return function(results, function.Parameters(**{**KINDS[kind], **more}))


def svg_of(figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg")
    return buffer.getvalue()


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_every_kind_draws_says_what_it_shows_and_returns_legal_numbers(results, kind, tmp_path):
    figure, numbers = draw(results, kind)
    check(numbers, "figure_data")
    write_dataset(numbers, tmp_path / "numbers.nc", "figure_data")
    assert len(numbers.attrs["caption"]) > 20
    assert figure.axes
    for axes in figure.axes:
        assert axes.get_xlabel() or axes.get_ylabel() or axes.get_title() or axes.get_title(loc="left")
    assert all("units" in numbers[name].attrs for name in numbers.data_vars)


@pytest.mark.parametrize("kind", ["potential_map", "spike_trains"])
def test_files_are_the_same_bytes_twice_and_carry_provenance(results, kind, tmp_path):
    about = {"study": "analytic", "git_commit": "abc", "config": '{"µ": "<&>"}'}
    first = save_figure(draw(results, kind)[0], tmp_path / "a" / "figure", about)
    second = save_figure(draw(results, kind)[0], tmp_path / "b" / "figure", about)
    for suffix in ("svg", "pdf", "png"):
        assert first[suffix].read_bytes() == second[suffix].read_bytes(), suffix
        assert b"abc" in first[suffix].read_bytes(), suffix
    svg = first["svg"].read_text()
    assert "<text" in svg, "text must stay text"
    assert not re.search(r"20\d\d-\d\d-\d\dT", svg)
    from PIL import Image

    assert json.loads(Image.open(first["png"]).text["Description"]) == about
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["figure.pdf", "figure.png", "figure.svg"]


def test_traces_are_those_of_the_data(results):
    _, numbers = draw(results, "traces", window_ms=(5, 20))
    inside = (T >= 5) & (T <= 20)
    for i, one in enumerate(results.cases):
        assert np.array_equal(numbers["panel_a"].values[i], one.run["soma_potential"].values[inside])
    assert numbers["panel_a_line_id"].values.tolist() == ["apical $x$", "basal", "third"]
    assert numbers["panel_b"].shape == (6, inside.sum())
    moment = results.cases[0].signal("dipole")["current_dipole_moment"].values
    assert np.array_equal(numbers["panel_b"].values[1], moment[2][inside])


def test_depth_profile_is_sorted_by_depth(results):
    _, numbers = draw(results, "synapse_soma_potential")
    depth = numbers["depth"].values
    assert depth.tolist() == sorted(np.unique(Z))
    expected = -(depth - 2000) / ((depth - 2000) ** 2 + 1e4) ** 1.5
    assert numbers["potential_profile"].values == pytest.approx(np.outer(expected, bump(T, 10.0, 1e5)))
    assert numbers["potential_profile"].attrs["units"] == "uV"


def test_map_is_the_potential_at_each_case_s_peak_with_one_symmetric_scale(results):
    figure, numbers = draw(results, "potential_map")
    assert numbers["time_of_map"].values == pytest.approx([10, 11, 12])
    shape = (Z - 2000) / (X**2 + (Z - 2000) ** 2 + 1e4) ** 1.5
    for k, sign in enumerate((-1, 1, 2)):
        assert numbers[f"potential_{k}"].values == pytest.approx(sign * shape * 1e5)
    meshes = [c for axes in figure.axes[:3] for c in axes.collections if type(c).__name__ == "QuadMesh"]
    assert len(meshes) == 3
    assert len({(mesh.norm.vmin, mesh.norm.vmax) for mesh in meshes}) == 1
    assert meshes[0].norm.vmin == -meshes[0].norm.vmax
    assert [axes.get_title() for axes in figure.axes[:3]] == [r"apical \$x\$", "basal", "third"]


def test_map_marks_the_synapse_on_its_segment(results):
    figure, _ = draw(results, "potential_map", case="basal")
    marks = [line for line in figure.axes[0].lines if line.get_label() == "synapse"]
    middle = axon().midpoints[30]
    assert [(float(x), float(y)) for x, y in marks[0].get_xydata()] == [(middle[0], middle[2])]


def test_map_at_a_given_time_and_without_traces(results):
    figure, numbers = draw(results, "potential_map", time=5.02, traces=None, case="basal")
    assert numbers["time_of_map"].values == pytest.approx([5.0])
    assert not [line for line in figure.axes[0].lines if line.get_label() != "synapse"]


def test_map_needs_a_grid(results):
    with pytest.raises(MeasureError, match="full grid"):
        draw(results, "potential_map", signal="laminar")
    with pytest.raises(MeasureError, match="2 entries for 3 cases"):
        draw(results, "potential_map", titles=("a", "b"))


def test_fi_curve_is_the_measure(results):
    figure, numbers = draw(results, "fi_curve")
    assert numbers["stimulus"].values.tolist() == [1, 2, 3]
    assert numbers["firing_rate"].values == pytest.approx([0, 100, 150], rel=1e-4)
    assert numbers["stimulus"].attrs["units"] == "nA"
    assert any("onset between 1 and 2 nA" in text.get_text() for text in figure.axes[0].texts)
    assert "between 1 and 2 nA" in numbers.attrs["caption"]
    assert numbers["onset"].values == 2.0


def test_fi_curve_takes_the_onset_from_finer_cases(results):
    figure, numbers = draw(results, "fi_curve", onset={"experiment": "main", "still_firing_after_ms": 16})
    assert numbers["onset"].values == 2.0
    assert any(text.get_text() == "onset 2 nA" for text in figure.axes[0].texts)


def test_spike_trains_mark_the_crossings_and_sum_the_electrodes(results):
    figure, numbers = draw(results, "spike_trains", case="basal")
    expected = 8 + 0.4 * np.array([-1, -1]) * np.sqrt(np.log(100 / 45)) + [0, 10]
    assert numbers["crossing_time"].values == pytest.approx(expected, abs=2e-3)
    assert numbers["injected_current"].values[0] == pytest.approx(bump(T, 3.0, 1) + bump(T, 9, 2))
    assert any("10.000 ms" in text.get_text() for text in figure.axes[0].texts)
    _, silent = draw(results, "spike_trains", case="basal", threshold_mV=90)
    check(silent, "figure_data")
    assert "crossing_time" not in silent


def test_convergence_draws_the_measures_in_order_of_the_sweep(results):
    _, numbers = draw(results, "convergence")
    assert numbers["measured_0"].values == pytest.approx([100, 100, 100], abs=1e-3)
    assert numbers["measured_1"].values.tolist() == [1, 2, 2]
    assert numbers["measured_0"].attrs["units"] == "mV"


def test_propagation_fits_the_velocity(results):
    figure, numbers = draw(results, "propagation")
    assert numbers["distance"].values == pytest.approx([0, 1600, 3200])
    assert np.diff(numbers["crossing_time"].values) == pytest.approx([1.6, 1.6], abs=1e-3)
    assert "1 m/s" in numbers.attrs["caption"]
    assert figure.axes[1].get_legend().get_texts()[0].get_text() == "1.00 m/s"


def test_profile_against_an_angle_with_a_sign_and_against_a_coordinate(results):
    _, numbers = draw(results, "profile", case="basal")
    angle, values = numbers["panel_a_0_0_angle"].values, numbers["panel_a_0_0_value"].values
    assert (np.diff(angle) >= 0).all() and angle[0] < -60 and 85 < angle[-1] < 91
    last = CAP.positions[-1]  # of the contacts farthest from the axis: its side is positive
    place = np.rad2deg(np.arctan2(np.hypot(CAP.x, CAP.y), CAP.z))
    np.testing.assert_allclose(np.sort(place * np.where(CAP.positions[:, :2] @ last[:2] >= 0, 1, -1)), angle, atol=1e-9)
    assert values.max() == pytest.approx((CAP.x + 2e4).max() * bump(0, 0))
    assert np.abs(numbers["panel_b_0_0_value"].values).max() == pytest.approx(1.0)
    figure, numbers = draw(
        results, "profile", against="x", upright=True, time=10.0, panels=[{"signals": ["lfp", "cap"]}]
    )
    assert figure.axes[0].get_ylabel() == "position along x (µm)"
    assert numbers["panel_a_2_1_x"].values.tolist() == sorted(CAP.x)
    with pytest.raises(MeasureError, match="its rows are components"):
        draw(results, "profile", panels=[{"signals": ["dipole"]}])
    with pytest.raises(MeasureError, match="cannot be given in"):
        draw(results, "profile", panels=[{"signals": ["cap"], "unit": "fT"}])


def test_topography_shows_angles_from_above_on_one_scale(results):
    figure, numbers = draw(results, "topography")
    at = numbers["panel_a_x"].values, numbers["panel_a_y"].values
    np.testing.assert_allclose(np.hypot(*at), np.rad2deg(np.arccos(CAP.z / 9e4)), atol=1e-9)
    np.testing.assert_allclose(at[0] * CAP.y, at[1] * CAP.x, atol=1e-6)
    np.testing.assert_allclose(numbers["panel_a_value"].values, 1e5 * (CAP.x + 2e4), rtol=1e-9)
    assert "up to 1.1e+10 µV" in numbers.attrs["caption"]
    bars = [axes.get_ylim()[1] for axes in figure.axes[2:]]
    assert bars[0] == pytest.approx(1e3 * bars[1])  # the same in µV and in mV
    u, v = projected(np.array([[0, 0, 1.0], [0, 0, -2], [3, 0, 0], [0, -1, 1]]))
    np.testing.assert_allclose(np.column_stack((u, v)), [[0, 0], [180, 0], [90, 0], [0, -45]], atol=1e-12)
    with pytest.raises(MeasureError, match="four contacts that are not in line"):
        draw(results, "topography", panels=[{"signal": "laminar"}])
    with pytest.raises(MeasureError, match="unknown signal of another panel 'caps'; did you mean 'cap'"):
        draw(results, "topography", panels=[{"signal": "cap", "same_scale_as": "caps"}])
    with pytest.raises(MeasureError, match="cannot be given in"):
        draw(results, "topography", panels=[{"signal": "cap", "unit": "T"}])


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_every_number_drawn_is_in_the_csv(results, kind, tmp_path):
    _, numbers = draw(results, kind)
    lines = save_numbers(numbers, tmp_path / "numbers.csv").read_text().splitlines()
    tables, columns = [[]], {}
    for line in csv.reader(lines):
        tables.append([]) if not line else tables[-1].append(line)
    for header, *rows in tables:
        columns |= dict(zip(header, zip(*rows, strict=True), strict=True))
    for name, array in numbers.data_vars.items():
        own = [key for key in columns if re.fullmatch(rf"{name}( .*)? \({array.attrs['units']}\)", key)]
        found = np.array([[float(value) for value in columns[key]] for key in own])
        assert np.array_equal(found.ravel(), array.values.ravel()), name


def test_nothing_is_left_in_matplotlib_s_global_state(results):
    import matplotlib

    before = dict(matplotlib.rcParams)
    svg_of(draw(results, "traces")[0])
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_the_registry_s_parameter_classes_load_without_matplotlib_or_neuron():
    code = (
        "import sys; from lfptools.config.registry import load; from lfptools.plots.registry import FIGURES; "
        "[load(entry).Parameters for entry in FIGURES.values()]; "
        "print([name for name in ('matplotlib', 'neuron', 'numba') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("traces", {"panels": []}),
        ("traces", {"panels": [{"variable": "a", "signal": "b"}]}),
        ("potential_map", {"signal": "lfp", "time": "later"}),
        ("potential_map", {"signal": "lfp", "traces": (0, 3)}),
        ("convergence", {"sweep": "a", "panels": [{"measure": "velocty"}]}),
        ("convergence", {"sweep": "a", "panels": [{"measure": "onset", "parameters": {}}]}),
        ("convergence", {"sweep": "a", "panels": [{"measure": "spike_count", "parameters": {"treshold_mV": 1}}]}),
        ("propagation", {"variable": "v", "sites": ("a",)}),
        ("profile", {"panels": [{"signals": []}]}),
        ("profile", {"panels": [{"signals": ["a"]}], "against": "r"}),
        ("topography", {"panels": []}),
        ("fi_curve", {"sweep": "a", "colour": "red"}),
    ],
)
def test_impossible_parameters_are_refused_without_data(kind, parameters):
    with pytest.raises(ValidationError):
        load(FIGURES[kind]).Parameters(**parameters)


def test_a_misspelt_measure_is_answered_with_the_nearest():
    with pytest.raises(ValidationError, match="did you mean 'velocity'"):
        load(FIGURES["convergence"]).Parameters(sweep="a", panels=[{"measure": "velocty"}])


def test_a_figure_of_what_was_not_recorded_says_so(results):
    with pytest.raises(LfptoolsError, match="did you mean 'soma_potential'"):
        draw(results, "traces", panels=[{"variable": "soma_potental"}])


def test_units_as_printed_and_spread_of_traces():
    assert label("current", "uA cm-2") == "current (µA/cm²)"
    assert label("count", "1") == "count"
    assert printed("uV") == "µV"
    assert _spread(9, 3).tolist() == [1, 4, 7]
    assert _spread(4, 9).tolist() == [0, 1, 2, 3]


def test_no_row_is_left_out_in_silence(results):
    figure, numbers = draw(results, "traces", panels=[{"signal": "lfp"}], case="basal")
    assert len(figure.axes[0].lines) == 48
    assert f"48 of {X.size} contacts are shown: 0, " in numbers.attrs["caption"]
    assert len({line.get_color() if isinstance(line.get_color(), str) else tuple(line.get_color()) for line in
                figure.axes[0].lines}) == 48  # fmt: skip
    legend = figure.axes[0].get_legend()
    assert legend.get_title().get_text() == "contact, 8 of 48 named"
    assert len(legend.get_texts()) == 8


@pytest.mark.parametrize(("panels", "aspect", "columns"), [(1, 0.3, 1), (3, 1 / 3, 1), (3, 2.0, 3), (2, 2.2, 2)])
def test_wide_maps_stand_above_each_other(panels, aspect, columns):
    assert arrangement(panels, aspect, 170.0)[0] == columns


def test_a_flat_map_has_its_colour_bar_below_and_labels_that_do_not_overlap(results, tmp_path):
    x, z = (a.ravel() for a in np.meshgrid(np.arange(-300.0, 301, 25), [0.0, 25.0, 50.0]))
    values = np.outer(np.linspace(-1, 2, x.size), bump(T, 10.0))
    run = run_dataset(T, soma_potential=bump(T, 5.0))
    flat = study(
        case(tmp_path, "0.005", run, {"inputs.a.weight_uS": 0.005}, lfp=potential_dataset(x, 0 * x, z, T, values))
    )
    figure, _ = draw(flat, "potential_map")
    figure.canvas.draw()
    assert figure.axes[0].get_title() == "weight 0.005 µS"
    boxes = [text.get_window_extent() for text in figure.axes[-1].get_xticklabels()]
    assert len(boxes) >= 3
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))


def test_a_panel_may_show_one_case(results):
    panels = [{"variable": "soma_potential", "case": "basal"}, {"variable": "soma_potential"}]
    figure, numbers = draw(results, "traces", panels=panels)
    assert len(figure.axes[0].lines) == 1 and len(figure.axes[1].lines) == 3
    assert np.array_equal(numbers["panel_a"].values[0], results.cases[1].run["soma_potential"].values)


@pytest.fixture(scope="module")
def slices(tmp_path_factory):
    """Potentials on a row of contacts that are a known number times 1/(x + 100), for two swept keys."""
    folder, x = tmp_path_factory.mktemp("slices"), np.array([300.0, 0, 100, 200])
    made = []
    for h, s in itertools.product((100.0, 300.0), (0.3, 1.5)):
        values = np.outer(h / s / (x + 100), bump(T, 10.0) - 0.5 * bump(T, 20.0))
        keys = {"slice_thickness_um": h, "saline_S_per_m": s}
        row = potential_dataset(x, 0 * x, 0 * x, T, values)
        made.append(case(folder, f"{h:g}, {s:g}", run_dataset(T), keys, row=row))
    return study(*made)


def test_profile_of_a_range_relative_to_one_case(slices):
    kind = load(FIGURES["profile"])
    panels = [{"signals": ["row"], "unit": "uV", "logarithmic": True}, {"signals": ["row"], "relative_to": "100, 0.3"}]
    p = {"against": "distance", "center_um": (0, 30, 40), "time": "range", "panels": panels}
    figure, numbers = kind(slices, kind.Parameters(**p))
    assert numbers["panel_a_2_0_distance"].values == pytest.approx(np.hypot([0, 100, 200, 300], 50))
    expected = 300 / 0.3 / np.array([100.0, 200, 300, 400]) * 1.5e5
    assert numbers["panel_a_2_0_value"].values == pytest.approx(expected)
    for i, factor in enumerate((1, 0.2, 3, 0.6)):
        assert numbers[f"panel_b_{i}_0_value"].values == pytest.approx([factor] * 4)
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "linear"]
    assert "largest less smallest value over time" in numbers.attrs["caption"]
    with pytest.raises(MeasureError, match="unknown case '100'"):
        kind(slices, kind.Parameters(**{**p, "panels": [{"signals": ["row"], "relative_to": "100"}]}))
    with pytest.raises(MeasureError, match="is 0 somewhere"):
        zero = {**p, "time": 40.0, "panels": panels[1:]}
        kind(slices, kind.Parameters(**zero))
    with pytest.raises(ValidationError, match="not both"):
        kind.Parameters(panels=[{"signals": ["row"], "relative_to": "x", "normalised": True}])


def test_sweep_curves_group_by_the_other_key_and_divide_by_a_case(slices):
    kind = load(FIGURES["sweep_curves"])
    panel = {"measure": "extremum", "parameters": {"signal": "row", "site": "1", "which": "max", "unit": "mV"}}
    p = {"sweep": "slice_thickness_um", "by": "saline_S_per_m", "x_label": "thickness"}
    panels = [panel, {**panel, "relative_to": "100, 1.5", "title": "relative"}]
    figure, numbers = kind(slices, kind.Parameters(**p, panels=panels))
    assert numbers["swept_0_1"].values.tolist() == [100, 300] and numbers["swept_0_1"].attrs["units"] == "um"
    assert numbers["measured_0_0"].values == pytest.approx(np.array([100, 300]) / 0.3)
    assert numbers["measured_1_0"].values == pytest.approx([5, 15]) and numbers["measured_1_1"].values[0] == 1
    assert figure.legends[0].get_title().get_text() == "saline_S_per_m (S/m)"
    with pytest.raises(MeasureError, match="no case has values of 'thickness_um'"):
        kind(slices, kind.Parameters(**{**p, "sweep": "thickness_um"}, panels=[panel]))
    with pytest.raises(MeasureError, match="leave out 'at'"):
        kind(slices, kind.Parameters(**p, panels=[{**panel, "references": [{"at": 1, "value": 2}]}]))


def test_a_panel_of_waveforms_keeps_shapes_in_place_and_sizes_in_numbers(results):
    figure, numbers = draw(results, "waveform_grid", panels=[{"signal": "lfp"}], unit="mV", window_ms=(5, 15))
    data = results.one(case="basal").signal("lfp")["potential"].transpose("contact", "t").values
    inside = (T >= 5) & (T <= 15)
    np.testing.assert_allclose(numbers["panel_a_amplitude"], np.ptp(data[:, inside], axis=1))
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) == inside.sum()]
    assert len(curves) == X.size
    centres = np.array(
        [[np.mean(line.get_xdata()[[0, -1]]), np.mean([*map(np.ptp, [line.get_xdata()])])] for line in curves]
    )
    assert set(centres[:, 0].round(6)) == set(X.ravel()) and (centres[:, 1] < 50).all()
    heights = [np.ptp(line.get_ydata()) for line in curves]
    flat = numbers["panel_a_amplitude"].values == 0
    np.testing.assert_allclose(np.array(heights)[~flat], 0.82 * 400)  # each by its own amplitude
    shared, _ = draw(results, "waveform_grid", panels=[{"signal": "lfp"}], scale="shared", window_ms=(5, 15))
    heights = [np.ptp(line.get_ydata()) for line in shared.axes[0].lines if len(line.get_xdata()) == inside.sum()]
    np.testing.assert_allclose(heights, 0.82 * 400 * numbers["panel_a_amplitude"] / numbers["panel_a_amplitude"].max())


def test_contacts_behind_each_other_have_no_waveform_grid(results):
    with pytest.raises(MeasureError, match="several contacts are at the same place of the plane xy"):
        draw(results, "waveform_grid", panels=[{"signal": "lfp"}], plane="xy")
    with pytest.raises(MeasureError, match="has no contacts, its rows are components"):
        draw(results, "waveform_grid", panels=[{"signal": "dipole"}])


def test_decay_draws_what_the_measures_give(results):
    figure, numbers = draw(results, "decay", case="basal", panels=KINDS["decay"]["panels"][:1])
    np.testing.assert_allclose(numbers["panel_a_0_distance"], [20, 40, 80, 160, 320])
    np.testing.assert_allclose(numbers["panel_a_0_exponent"], [1.5, 1.5])
    assert "a \\$side\\$: n = 1.50, 1.50" in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    three, numbers = draw(results, "decay")
    third, second = (numbers[f"panel_a_{k}_value"].values for k in (4, 2))
    np.testing.assert_allclose(third / second, 2.0)
    assert numbers["panel_b_0_value"].attrs["units"] == "ms"
    np.testing.assert_allclose(numbers["panel_b_0_value"], 2 * 0.4 * np.sqrt(np.log(2)), rtol=0.02)
    names = [text.get_text() for text in three.axes[1].get_legend().get_texts()]
    assert [name.split(",")[0] for name in names] == ["third", "basal"]


@pytest.mark.parametrize(
    ("panel", "error", "message"),
    [
        ({"quantity": "width", "slopes": [1]}, ValidationError, "belong to amplitudes"),
        ({"fits_um": [[80, 20]]}, ValidationError, "pairs of distances"),
        ({"cases": ["basl"]}, MeasureError, "unknown case 'basl'; did you mean 'basal'"),
        ({"groups": {"a": ["sid"]}}, MeasureError, "unknown shank 'sid'; did you mean 'side'"),
        ({"fits_um": [[200, 300]]}, MeasureError, "an exponent needs two"),
    ],
)
def test_decays_that_cannot_be_drawn_are_refused(results, panel, error, message):
    with pytest.raises(error, match=message):
        draw(results, "decay", panels=[panel])


def test_borders_of_layers_on_a_map(results):
    figure, numbers = draw(results, "potential_map", case="basal", borders_um=[0, 300], traces=None)
    lines = [
        line.get_ydata()
        for line in figure.axes[0].lines
        if len(set(line.get_ydata())) == 1 and line.get_linewidth() < 1
    ]
    assert [list(line) for line in lines] == [[0, 0], [300, 300]]
    assert "Dashed: z = 0, 300 µm." in numbers.attrs["caption"]
    with pytest.raises(MeasureError, match="-500 is not on the map, z from -400 to 4400 µm"):
        draw(results, "potential_map", case="basal", borders_um=[-500])

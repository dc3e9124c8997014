"""Pictures of cells: the numbers they return, what they mark, movies frame by frame, pages that need no network."""

import base64
import itertools
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import datasets
import numpy as np
import pytest
import xarray as xr
from analytic_study import axon, bump, case, potential_dataset, run_dataset, study
from PIL import Image
from pydantic import ValidationError

import lfptools
from lfptools.cli.command import main
from lfptools.config.registry import load
from lfptools.errors import GeometryError, MeasureError, PictureError
from lfptools.geometry.contacts import Contacts
from lfptools.geometry.segments import Segments
from lfptools.io.geometry import geometry_dataset
from lfptools.io.netcdf import write_dataset
from lfptools.plots.movie import frame_samples
from lfptools.plots.registry import FIGURES, FILES
from lfptools.plots.scene import Scene
from lfptools.plots.segment_values import SegmentValues
from lfptools.plots.usual import usual_picture
from lfptools.plots.value_scale import ScaleChoice, ValueScale
from lfptools.units import attrs

T = np.arange(201) * 0.1
SEGMENTS = axon()
SHAPE = np.linspace(-1.0, 2.0, len(SEGMENTS))
CURRENT = np.outer(SHAPE, bump(T, 10.0, 0.02, 3.0))
X, Z = np.meshgrid(np.arange(-200.0, 201, 100), np.arange(0.0, 4001, 500))
POTENTIAL = np.outer((Z - 2000).ravel() * 1e-3, bump(T, 10.0, 1.0, 2.0))


def labelled(name="membrane_current", values=CURRENT) -> xr.DataArray:
    ids = {"segment_id": ("segment", list(SEGMENTS.ids)), "t": ("t", T, attrs("t"))}
    return xr.DataArray(values, ids, ("segment", "t"), name, attrs(name))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    run = run_dataset(
        T, sites=("axon[0](0.0125)", "axon[0](0.9875)"), v=-65 + bump(T[None], np.array([[5.0], [9.0]]), 50.0),
        membrane_current=CURRENT, soma_potential=-65 + bump(T, 8.0), synapse_current=-bump(T, 9.0, 0.1)[None],
        electrode_current=np.stack([bump(T, 3.0, 1), bump(T, 9, 2)]),
    )  # fmt: skip
    lfp = potential_dataset(X.ravel(), 0 * X.ravel(), Z.ravel(), T, POTENTIAL)
    return study(case(folder, "one", run, lfp=lfp), case(folder, "two", run, lfp=lfp))


def draw(results, kind, **parameters):
    function = load(FIGURES[kind])
    return function(results, function.Parameters(**parameters))


def test_a_morphology_is_coloured_by_values_at_times(results):
    figure, numbers = draw(
        results, "morphology", case="one", variable="membrane_current", times=[8.0, "peak"], unit="pA"
    )
    assert numbers["time"].values == pytest.approx([8.0, 10.0])
    assert numbers["value_1"].values == pytest.approx(20.0 * SHAPE)
    assert numbers["value_0"].values == pytest.approx(20.0 * SHAPE * bump(8.0, 10.0, 1.0, 3.0))
    assert numbers["segment_z"].values == pytest.approx(SEGMENTS.midpoints[:, 2])
    assert numbers["synapse_z"].values.tolist() == [SEGMENTS.midpoints[30, 2]]
    assert sorted(numbers["electrode_z"].values) == SEGMENTS.midpoints[[30, 33], 2].tolist()
    assert numbers["segment_id"].values.tolist() == list(SEGMENTS.ids)
    (bar,) = [axes for axes in figure.axes if axes.get_ylabel().startswith("transmembrane current")]
    assert bar.get_ylabel().endswith("(pA)") and bar.get_ylim() == pytest.approx((-40, 40))
    assert "at 8, 10 ms" in numbers.attrs["caption"] and "Marked: synapse, electrodes." in numbers.attrs["caption"]


def test_cases_beside_each_other_have_one_scale(results):
    figure, numbers = draw(results, "morphology", variable="diameter", plane="zx")
    assert [axes.get_title(loc="left").split()[-1] for axes in figure.axes[:2]] == ["one", "two"]
    assert {"value_0", "value_1", "segment_0_z", "segment_1_x"} <= set(numbers)
    assert sum("diameter" in axes.get_ylabel() for axes in figure.axes) == 1


def test_types_of_sections_and_groups(results):
    figure, numbers = draw(results, "morphology", case="one", contacts=["lfp"])
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["axon", "synapse", "electrodes", "contacts"]
    assert numbers["contact_z"].size == X.size and not [name for name in numbers if name.startswith("value")]
    figure, _ = draw(results, "morphology", case="one", groups={"my cable": ["axon"]}, marks=False)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["my cable"]


def test_a_variable_recorded_at_some_sites_is_grey_elsewhere(results):
    _, numbers = draw(results, "dendrogram", case="one", variable="v", time=5.0)
    values = numbers["value"].values
    assert np.flatnonzero(np.isfinite(values)).tolist() == [0, 39]
    assert values[0] == pytest.approx(-15.0)
    assert numbers["path_length"].values == pytest.approx(np.abs(SEGMENTS.midpoints[:, 2] - 2000))


def test_a_dendrogram_stands_on_its_soma():
    lines = {"soma": [[0, 0, 0], [0, 0, 20]], "apic": [[0, 0, 20], [0, 0, 120]], "dend": [[0, 0, 0], [0, 0, -50]]}
    ends = np.array(list(lines.values()), dtype=float)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    cell = Segments(
        **{axis: ends[:, :, i] for i, axis in enumerate("xyz")}, d=np.array([20.0, 3, 2]), length=length,
        area=np.ones(3), section=np.arange(3), section_x=np.full(3, 0.5), section_names=tuple(lines),
        section_parent=np.array([-1, 0, 0]), section_parent_x=np.array([np.nan, 1.0, 0.0]),
        points=tuple(np.column_stack((line, [1.0, 1.0])) for line in ends),
    )  # fmt: skip
    figure, numbers = lfptools.plot_dendrogram(cell, down=["dend"])
    assert numbers["path_length"].values.tolist() == [0.0, 60.0, 35.0]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["soma", "apical dendrite", "basal dendrite"]
    assert figure.axes[0].get_ylim()[0] < -60 < 110 < figure.axes[0].get_ylim()[1]
    with pytest.raises(MeasureError, match="unknown part of sections' names 'dned'"):
        lfptools.plot_dendrogram(cell, down=["dned"])


def test_maps_at_times_have_one_scale_and_a_trace(results):
    figure, numbers = draw(results, "potential_maps", case="one", signal="lfp", times=[9.0, 10.0], percentile=100)
    assert numbers["potential_1"].values == pytest.approx(1e3 * POTENTIAL[:, 100].reshape(Z.shape))
    assert numbers["time"].values == pytest.approx([9.0, 10.0])
    meshes = [c for axes in figure.axes for c in axes.collections if type(c).__name__ == "QuadMesh"]
    assert {(mesh.norm.vmin, mesh.norm.vmax) for mesh in meshes[:2]} == {(-2000.0, 2000.0)}
    assert numbers["course"].values[0] == pytest.approx(-65 + bump(T, 8.0))
    figure, numbers = draw(
        results, "potential_maps", case="one", signal="lfp", times=4, window_ms=(4, 12), course="none"
    )
    assert numbers["time"].values == pytest.approx([5, 7, 9, 11]) and "course" not in numbers
    with pytest.raises(MeasureError, match="time 30 ms lies outside"):
        draw(results, "potential_maps", case="one", signal="lfp", times=[30.0])
    with pytest.raises(MeasureError, match="did you mean 'soma_potential'"):
        draw(results, "potential_maps", case="one", signal="lfp", course="soma_potental")


def test_scripts_draw_the_same_as_studies(results):
    given = geometry_dataset(SEGMENTS)
    contacts = Contacts.from_positions([0.0], [0.0], [9.0])
    _, numbers = lfptools.plot_morphology(given, labelled(), times=8.0, unit="pA", contacts=contacts)
    _, same = draw(results, "morphology", case="one", variable="membrane_current", times=8.0, unit="pA")
    assert np.array_equal(numbers["value_0"], same["value_0"])
    assert numbers["contact_z"].values.tolist() == [9.0]
    _, plain = lfptools.plot_morphology(SEGMENTS, 1e3 * CURRENT, T, times=8.0, name="my current", unit="pA")
    assert plain["value_0"].attrs["units"] == "pA" and "my current" in plain.attrs["caption"]
    _, path = lfptools.plot_morphology(SEGMENTS, "path_distance")
    assert path["value_0"].values == pytest.approx(np.abs(SEGMENTS.midpoints[:, 2] - 2000))
    lfp = results.cases[0].signal("lfp")["potential"]
    _, maps = lfptools.plot_potential_maps(lfp, SEGMENTS, [9.0], course=results.cases[0].run["soma_potential"])
    assert maps["potential_0"].values == pytest.approx(1e3 * POTENTIAL[:, 90].reshape(Z.shape))
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    figure, _ = lfptools.plot_morphology(SEGMENTS, labelled(), times=8.0, axes=axes)
    assert figure is axes.figure and axes.collections


def test_a_cell_brings_its_synapses_and_its_parameters():
    with lfptools.Cell(lfptools.example_morphology("ball_and_sticks"), passive=True) as cell:
        cell.insert("hh", "soma", gnabar_hh=0.2)
        lfptools.Synapse(cell, idx=3, syntype="ExpSyn", weight=0.1)
        lfptools.StimIntElectrode(cell, idx=0, pptype="IClamp", amp=0.1, dur=1, delay=0)
        _, numbers = lfptools.plot_morphology(cell, "gnabar_hh")
        assert numbers["value_0"].values[0] == 0.2 and np.isnan(numbers["value_0"].values[1:]).all()
        assert numbers["synapse_z"].values == pytest.approx([cell.segments.midpoints[3, 2]])
        assert numbers["electrode_z"].values == pytest.approx([cell.segments.midpoints[0, 2]])
        assert cell.range_values("cm").attrs["units"] == "uF/cm2"
        with pytest.raises(ValueError, match="did you mean 'gnabar_hh'"):
            lfptools.plot_morphology(cell, "gnabar_h")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lfptools.plot_morphology(3), GeometryError, "got int"),
        (lambda: lfptools.plot_morphology(SEGMENTS, plain="xz"), PictureError, "did you mean 'plane'"),
        (lambda: lfptools.plot_morphology(SEGMENTS, case="one"), PictureError, "unknown keyword 'case'"),
        (lambda: lfptools.plot_morphology(SEGMENTS, unit="mV"), PictureError, "only where a variable is drawn"),
        (lambda: lfptools.plot_morphology(SEGMENTS, plane="xx"), PictureError, "plane"),
        (lambda: lfptools.plot_morphology(SEGMENTS, np.zeros(3)), MeasureError, r"shape \(40,\)"),
        (lambda: lfptools.plot_morphology(SEGMENTS, CURRENT), MeasureError, "need the times t"),
        (lambda: lfptools.plot_morphology(SEGMENTS, np.full(40, np.nan)), MeasureError, "no finite value"),
        (lambda: lfptools.plot_morphology(SEGMENTS, labelled(), times=99.0), MeasureError, "outside the run"),
        (lambda: lfptools.plot_morphology(SEGMENTS, labelled(), unit="mV"), MeasureError, "cannot be given in 'mV'"),
        (lambda: lfptools.plot_morphology(SEGMENTS, "diametre"), MeasureError, "did you mean 'diameter'"),
        (lambda: lfptools.plot_morphology(SEGMENTS, labelled()[:9]), MeasureError, "without a partner"),
        (lambda: lfptools.plot_morphology(SEGMENTS, contacts=np.zeros(3)), GeometryError, r"shape \(k, 3\)"),
        (lambda: lfptools.plot_dendrogram(SEGMENTS, linear_fraction=2.0), PictureError, "linear_fraction"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_told(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("morphology", {"unit": "mV"}),
        ("morphology", {"variable": "v", "groups": {"a": ["b"]}}),
        ("morphology", {"variable": "v", "limits": [2, 1]}),
        ("morphology", {"variable": "v", "colours": "sequential", "linear_fraction": 0.1}),
        ("dendrogram", {"time": 3.0}),
        ("potential_maps", {"signal": "lfp", "times": "all"}),
    ],
)
def test_parameters_without_effect_are_refused_before_anything_runs(kind, parameters):
    with pytest.raises(ValidationError):
        load(FIGURES[kind]).Parameters(**parameters)


def test_scales():
    both = np.array([-1.0, np.nan, 3.0])
    assert ValueScale.of(both, "nA", ScaleChoice()).diverging
    assert not ValueScale.of(both, "mV", ScaleChoice()).diverging
    scale = ValueScale.of(both, "mV", ScaleChoice(limits=(0, 2)))
    assert (scale.norm.vmin, scale.norm.vmax, scale.extend) == (0, 2, "both")
    flat = ValueScale.of(np.full(3, 5.0), "um", ScaleChoice())
    assert flat.norm.vmin < 5 < flat.norm.vmax
    assert np.isfinite(flat.colours(both)).all()
    peak = SegmentValues(np.array([[-70.0, -60, -71], [-70, -70, -85]]), "mV", "v", np.array([0.0, 1, 2])).at("peak")
    assert peak[1] == 2.0


def test_frames_are_the_samples_nearest_to_even_times():
    t = np.array([0.0, 0.1, 0.5, 0.9, 2.0])
    assert frame_samples(t, 5).tolist() == [0, 2, 3, 4, 4]
    assert t[frame_samples(t, 2)].tolist() == [0.0, 2.0]


def movie(path, frames=4, **more):
    return lfptools.morphology_movie(
        path, SEGMENTS, labelled(), frames=frames, window_ms=(5, 15), height_mm=40, dpi=60, **more
    )


def test_a_gif_has_its_frames_and_they_change(tmp_path):
    with Image.open(movie(tmp_path / "a.gif", frames_per_s=10.0)) as gif:
        assert gif.n_frames == 4 and gif.info["duration"] == 100
        frames = []
        for k in range(4):
            gif.seek(k)
            frames.append(np.array(gif.convert("RGB")))
    assert all((a != b).any() for a, b in itertools.pairwise(frames))
    assert (frames[0][0, 0] == 255).all(), "paper is white"
    assert movie(tmp_path / "b.gif", frames_per_s=10.0).read_bytes() == (tmp_path / "a.gif").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gif", "b.gif"]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
def test_an_mp4_has_its_frames(tmp_path):
    made = movie(tmp_path / "a.mp4", frames=5, course=xr.DataArray(bump(T, 8.0), {"t": T}, ("t",), "soma_potential"))
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"]
    assert subprocess.run([*command, str(made)], capture_output=True, text=True, check=True).stdout.strip() == "5"


def test_movies_that_cannot_be_made_are_told(tmp_path, monkeypatch):
    with pytest.raises(PictureError, match=r"must end in \.gif or \.mp4"):
        movie(tmp_path / "a.avi")
    with pytest.raises(PictureError, match="change with time"):
        lfptools.morphology_movie(tmp_path / "a.gif", SEGMENTS, "diameter")
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(PictureError, match=r"needs the program ffmpeg.*or write a \.gif"):
        movie(tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())


def test_a_movie_of_a_potential(results, tmp_path):
    lfp = results.cases[0].signal("lfp")["potential"]
    made = lfptools.potential_movie(
        tmp_path / "a.gif", lfp, SEGMENTS, frames=3, window_ms=(8, 12), height_mm=40, dpi=60
    )
    with Image.open(made) as gif:
        assert gif.n_frames == 3


def scene_of(page: str) -> dict:
    return json.loads(re.search(r'<script id="scene" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_a_page_holds_all_that_it_shows(tmp_path):
    marked = Scene(SEGMENTS, {"synapse": np.array([3])}, np.array([[10.0, 0, 5]]))
    made = lfptools.morphology_page(
        tmp_path / "cell.html", marked, labelled(), frames=5, unit="pA", title="</script><b>&", linear_fraction=0.1
    )
    page = made.read_text(encoding="utf-8")
    assert "://" not in page and "src=" not in page and "default-src 'none'" in page
    assert "&lt;/script&gt;&lt;b&gt;&amp;" in page and page.count("</script>") == 2
    scene = scene_of(page)
    assert scene["ids"] == list(SEGMENTS.ids)
    numbers = np.frombuffer(base64.b64decode(scene["values"]["numbers"]), "<f4").reshape(5, -1)
    assert numbers == pytest.approx(1e3 * CURRENT[:, frame_samples(T, 5)].T, rel=1e-6)
    assert scene["values"]["times"] == pytest.approx([0, 5, 10, 15, 20]) and scene["values"]["first"] == 2
    codes = np.frombuffer(base64.b64decode(scene["values"]["codes"]), np.uint8).reshape(5, -1)
    assert codes[2].argmin() == 0 and codes[2].argmax() == 39 and codes[2, 39] == 254
    frusta = np.frombuffer(base64.b64decode(scene["pieces"]), "<f4").reshape(-1, 16)
    assert frusta[:, 5].max() == 4000 and frusta[0, 6] == 20.0
    assert frusta[:, 14].tolist() == [0.0] + [1.0] * (len(frusta) - 1), "only the first is open where it starts"
    assert [mark["text"] for mark in scene["marks"]] == [f"synapse at {SEGMENTS.ids[3]}", "contact at (10, 0, 5) µm"]
    assert (
        lfptools.morphology_page(
            tmp_path / "same.html", marked, labelled(), frames=5, unit="pA", title="</script><b>&", linear_fraction=0.1
        ).read_bytes()
        == made.read_bytes()
    )


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs a browser")
def test_a_browser_draws_the_page(tmp_path):
    page = lfptools.morphology_page(tmp_path / "cell.html", SEGMENTS, labelled(), frames=5)
    shot = tmp_path / "shot.png"
    flags = ["--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    flags += ["--window-size=800,600", "--virtual-time-budget=3000", "--enable-logging=stderr"]
    command = [BROWSER, *flags, f"--screenshot={shot}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "CONSOLE" not in done.stderr, done.stderr
    seen = np.array(Image.open(shot).convert("RGB"))[120:480, 200:600].reshape(-1, 3).astype(int)
    coloured = np.ptp(seen, axis=1) > 60
    assert 100 < coloured.sum() < 0.2 * len(seen), "a cable in colours on white paper"


def test_a_page_of_types_and_of_values_that_do_not_change(tmp_path):
    types = scene_of(lfptools.morphology_page(tmp_path / "a.html", SEGMENTS).read_text(encoding="utf-8"))
    assert types["values"] is None and types["legend"] == [["axon", "#0072B2", False]] and set(types["kinds"]) == {0}
    held = np.where(np.arange(40) < 20, 1.5, np.nan)
    fixed = scene_of(lfptools.morphology_page(tmp_path / "b.html", SEGMENTS, held).read_text(encoding="utf-8"))
    codes = np.frombuffer(base64.b64decode(fixed["values"]["codes"]), np.uint8)
    assert fixed["values"]["times"] == [] and (codes[20:] == 255).all() and (codes[:20] < 255).all()
    with pytest.raises(PictureError, match=r"must end in \.html"):
        lfptools.morphology_page(tmp_path / "a.htm", SEGMENTS)


@pytest.fixture(scope="module")
def folder(results, tmp_path_factory):
    """A case's folder of readable names, as a study leaves it."""
    made = tmp_path_factory.mktemp("data") / "main" / "one"
    made.mkdir(parents=True)
    paths = results.cases[0].paths
    for name, path in {"geometry": paths["geometry"], "run": paths["run"], **paths["signal"]}.items():
        (made / f"{name}.nc").symlink_to(path)
    return made


def test_the_command_draws_from_results(folder, tmp_path, capsys):
    picture, page, film = tmp_path / "a.png", tmp_path / "a.html", tmp_path / "a.gif"
    current = ["variable=membrane_current", "unit=pA"]
    assert main(["plot", str(folder), "morphology", str(picture), *current, "times=[8, peak]", "plane=zx"]) == 0
    about = json.loads(Image.open(picture).text["Description"])
    assert about["kind"] == "morphology" and about["parameters"]["times"] == [8.0, "peak"]
    assert main(["plot", str(folder / "run.nc"), "morphology_page", str(page), *current]) == 0
    assert "main: one" in page.read_text(encoding="utf-8")
    assert main(["plot", str(folder), "morphology_movie", str(film), *current, "frames=2", "dpi=50"]) == 0
    assert main(["plot", str(folder), "potential_movie", str(film), "signal=lfp", "frames=3", "dpi=50"]) == 0
    assert Image.open(film).n_frames == 3
    capsys.readouterr()
    for arguments, message in (
        (["morphologie", "b.png"], "did you mean 'morphology'"),
        (["morphology", "b.gif"], "is written as .svg, .pdf, .png"),
        (["morphology_movie", "b.gif"], "variable=… is needed"),
        (["morphology", "b.png", "plain=xz"], "did you mean 'plane'"),
        (["morphology", "b.png", "plane"], "expected key=value"),
        (["morphology", "b.png", "plane=xz", "plane=xy"], "given twice"),
        (["morphology", "b.png", "variable=membrane_curent"], "did you mean 'membrane_current'"),
        (["potential_maps", "b.png", "signal=lfpp"], "unknown signal 'lfpp'"),
    ):
        kind, name, *more = arguments
        assert main(["plot", str(folder), kind, str(tmp_path / name), *more]) == 1
        assert message in capsys.readouterr().err
    assert main(["plot", str(tmp_path), "morphology", str(picture)]) == 1
    assert "expected datasets (.nc) in it" in capsys.readouterr().err
    assert not list(tmp_path.glob("b.*"))


def test_a_file_has_a_picture_of_its_own(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    about = {}
    for name in ("geometry", "run", "lfp"):
        assert main(["plot", str(folder / f"{name}.nc"), f"{name}.png"]) == 0
        about[name] = json.loads(Image.open(f"{name}.png").text["Description"])
    assert {name: one["kind"] for name, one in about.items()} == {
        "geometry": "morphology", "run": "traces", "lfp": "traces",
    }  # fmt: skip
    assert about["lfp"]["parameters"]["panels"] == [{"signal": "lfp"}]
    assert "membrane_current" not in str(about["run"]) and "soma_potential" in str(about["run"])
    assert main(["plot", str(folder / "lfp.nc"), "lfp.png", "window_ms=[4, 12]"]) == 0
    assert json.loads(Image.open("lfp.png").text["Description"])["parameters"]["window_ms"] == [4.0, 12.0]
    capsys.readouterr()
    assert main(["plot", str(folder / "lfp.nc")]) == 0
    assert capsys.readouterr().out == "lfp.svg\n" and Path("lfp.svg").stat().st_size > 1000
    assert main(["plot", str(folder / "lfp.nc")]) == 1
    assert "lfp.svg is here already: name the file to write" in capsys.readouterr().err
    assert main(["plot", str(folder)]) == 1
    assert "is a folder: name a file in it, or a kind of picture: convergence, curves" in capsys.readouterr().err
    assert main(["plot", str(folder / "lfp.nc"), "traces", "a.svg", "b.svg"]) == 1
    assert "'b.svg': expected key=value" in capsys.readouterr().err


def test_pictures_of_analyses(tmp_path):
    z = np.arange(5) * 50.0
    lfp = potential_dataset(0 * z, 0 * z, z, T, np.cos(z[:, None] / 40 + T))
    logarithmic = {"against": "frequency", "log_x": True, "log_y": True}
    made = {
        "psd": ("curves", logarithmic, lfptools.power_spectrum(lfp, segment_ms=5)),
        "csd": ("images", {}, lfptools.csd_second_derivative(lfp)),
    }
    for name, (kind, expected, dataset) in made.items():
        path = tmp_path / f"{name}.nc"
        write_dataset(dataset, path, "analysis")
        found, parameters = usual_picture(path)
        assert found == kind and expected.items() <= parameters.items()


def test_what_the_command_makes_says_its_endings_and_parameters():
    for name, entry in FILES.items():
        made = load(entry)
        assert made.endings and made.__doc__ and "experiment" in made.Parameters.model_fields, name
        assert name not in FIGURES


def test_parameters_of_a_hoc_model_are_variables_of_its_cases(tmp_path):
    kept = datasets.cell_type()
    z = np.array([[0.0, 20], [20, 70], [70, 121]])
    line = np.array([[0, 0, 0, 20.0], [0, 0, 20, 20]])
    cell = replace(
        Segments.from_arrays(0 * z, 0 * z, z, [20.0, 2, 1.7]), section=np.array([0, 1, 1]), points=(line, line),
        section_x=kept["section_x"].values, section_names=("soma", "dend[0]"), section_parent=np.array([-1, 0]),
        section_parent_x=np.array([np.nan, 0.3]), section_reversed=None, far_resistance=None,
    )  # fmt: skip
    case_of_a_model = case(tmp_path, "model", run_dataset(T, soma_potential=bump(T, 5.0)))
    for kind, dataset in {"geometry": geometry_dataset(cell), "cell_type": kept}.items():
        write_dataset(dataset, tmp_path / f"{kind}.nc", kind)
        case_of_a_model.paths[kind] = tmp_path / f"{kind}.nc"
    _, numbers = draw(study(case_of_a_model), "morphology", variable="g_pas")
    assert numbers["value_0"].values.tolist() == kept["g_pas"].values.tolist()
    assert numbers["value_0"].attrs["units"] == "S/cm2"
    assert np.isnan(draw(study(case_of_a_model), "dendrogram", variable="ena")[1]["value"].values[0])

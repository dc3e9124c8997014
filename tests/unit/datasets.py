"""One valid dataset of each kind, small, with every variable that the kind knows."""

import numpy as np
import xarray as xr

from lfptools.geometry.segments import Segments
from lfptools.io.geometry import geometry_dataset
from lfptools.provenance.record import Provenance
from lfptools.units import attrs

PROVENANCE = Provenance(
    study="quickstart", case="apical-0123456789", cases=("apical-0123456789",), stage="simulate",
    config={"run": {"dt_ms": 0.1}, "µ": "Ω"},
    git_commit="0" * 40, git_dirty=False, source_hash="ab" * 32, versions={"numpy": "2.0"},
    input_hashes={"cell.hoc": "cd" * 32}, seed=1,
)  # fmt: skip


def segments() -> Segments:
    """A soma of one segment, a dendrite of two hanging at its middle, a twig of one at the dendrite's end."""
    start = np.array([[0.0, 0, -10], [0, 0, 0], [0, 0, 1 / 3], [0, 0, 101]])
    end = np.array([[0.0, 0, 10], [0, 0, 1 / 3], [0, 0, 101], [20, 0.1, 101]])
    return Segments(
        **{axis: np.column_stack((start[:, k], end[:, k])) for k, axis in enumerate("xyz")},
        d=np.array([20.0, 2, 1.7, 1]), area=np.array([1256.0, 100, 3, 2]), length=np.array([20.0, 1 / 3, 101, 21]),
        section=np.array([0, 1, 1, 2]), section_x=np.array([0.5, 0.25, 0.75, 0.5]),
        section_names=("soma[0]", "dend[0]", "dend[10]"), section_parent=np.array([-1, 0, 1]),
        section_parent_x=np.array([np.nan, 0.5, 1.0]),
        points=tuple(np.arange(4.0 * n).reshape(n, 4) + 0.1 for n in (2, 3, 4)),
        section_reversed=np.array([False, False, True]), axial_resistance=np.array([1 / 7, 3.0, 6.0, 9.1]),
        far_resistance=np.array([1 / 7, 3.3, 9.1]),
    )  # fmt: skip


def segment_coords() -> dict:
    dataset = geometry_dataset(segments())
    return {name: dataset[name].variable for name in ("segment_id", "section", "section_x", "x", "y", "z")}


def text(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


def run(n_t: int = 3000, variable_dt: int = 0, seed: int = 0) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    t = np.arange(n_t) * 0.1
    if variable_dt:
        t = np.sort(rng.uniform(0, n_t, n_t))
        t[1::7] = t[:-1:7]
    coords = {
        "t": ("t", t, attrs("t")),
        **segment_coords(),
        "synapse_id": ("synapse", text("Exp2Syn[0] at soma[0](0.5)"), {"long_name": "synapse"}),
        "synapse_segment": ("synapse", np.array([0]), {"long_name": "segment index"}),
        "electrode_id": ("electrode", text("IClamp[0]", "IClamp[1]"), {"long_name": "electrode"}),
        "electrode_segment": ("electrode", np.array([0, 3]), {"long_name": "segment index"}),
        "gate_site_id": ("gate_site", text("soma[0](0.5)"), {"long_name": "segment"}),
        **contact_coords(),
    }

    def noise(*shape: int) -> np.ndarray:
        return rng.normal(size=(*shape, n_t))

    cai = noise(4)
    cai[2] = np.nan
    data = {
        "net_current": ("t", noise(), attrs("net_current")),
        "soma_potential": ("t", noise(), attrs("soma_potential")),
        "membrane_current": (("segment", "t"), noise(4), attrs("membrane_current")),
        "membrane_potential": (("segment", "t"), noise(4), attrs("membrane_potential")),
        "synapse_current": (("synapse", "t"), noise(1), attrs("synapse_current")),
        "electrode_current": (("electrode", "t"), noise(2), attrs("electrode_current")),
        "gate": (("gate_site", "t"), noise(1), {"units": "1", "long_name": "gate"}),
        "cai": (("segment", "t"), cai, {"units": "mmol L-1", "long_name": "cai"}),
        "potential": (("contact", "t"), noise(3), attrs("potential")),
    }
    made = {"variable_dt": variable_dt, "dt_ms": 0.1, "t_start_ms": 0.0, "t_stop_ms": float(t[-1]), "v_init_mV": -70.0}
    return xr.Dataset(data, coords, made)


def contact_coords() -> dict:
    return {
        "contact_id": ("contact", text("0", "1", "2"), {"long_name": "contact"}),
        **{f"contact_{axis}": ("contact", np.array([0.0, 1, 2]), attrs(axis)) for axis in "xyz"},
    }


def lead_field() -> xr.Dataset:
    values = np.random.default_rng(1).normal(size=(3, 4))
    about = {"model": "line", "parameters": '{"conductivity_S_per_m":0.3}', "quantity": "potential", "clamped_pairs": 0}
    return xr.Dataset(
        {"lead_field": (("contact", "segment"), values, attrs("potential_lead_field"))},
        {**contact_coords(), **segment_coords()},
        about,
    )


def signal(n_t: int = 2000) -> xr.Dataset:
    values = np.random.default_rng(2).normal(size=(3, n_t))
    return xr.Dataset(
        {"current_dipole_moment": (("component", "t"), values, attrs("current_dipole_moment"))},
        {
            "t": ("t", np.arange(n_t) * 0.1, attrs("t")),
            "component_id": ("component", text("x", "y", "z"), {"long_name": "component"}),
        },
        {"model": "dipole", "parameters": "{}", "clamped_pairs": 0},
    )


def vertex_lead_field() -> xr.Dataset:
    values = np.random.default_rng(3).normal(size=(3, 5, 3))
    return xr.Dataset(
        {"lead_field": (("contact", "vertex", "component"), values, attrs("potential_dipole_lead_field"))},
        {
            **contact_coords(),
            **{f"vertex_{axis}": ("vertex", np.arange(5.0), attrs(axis)) for axis in "xyz"},
            "component_id": ("component", text("x", "y", "z"), {"long_name": "component"}),
        },
        {"quantity": "potential"},
    )


def grid_lead_field() -> xr.Dataset:
    values = np.random.default_rng(4).normal(size=(3, 2, 3, 4))
    axes = {axis: (axis, np.arange(float(n)), attrs(axis)) for axis, n in zip("xyz", (2, 3, 4), strict=True)}
    data = {"lead_field": (("contact", "x", "y", "z"), values, attrs("potential_lead_field"))}
    return xr.Dataset(data, {**contact_coords(), **axes})


def cell_type() -> xr.Dataset:
    """Two sections, three segments; a leak in both, a mechanism with an array and an ion in the second."""
    nan = np.nan
    of_sections = {
        "section_parent": (np.array([-1, 0]), {}),
        "section_parent_x": (np.array([-1.0, 0.3]), {"units": "1"}),
        "section_end": (np.array([0, 1]), {}),
        "section_rank": (np.array([0, 0]), {}),
        "section_rallbranch": (np.array([1.0, 1.0]), {"units": "1"}),
        "section_length": (np.array([20.0, 101]), {"units": "um"}),
        "section_axial_resistivity": (np.array([100.0, 35.4]), attrs("axial_resistivity")),
    }
    of_segments = {
        "diameter": (np.array([20.0, 2, 1.7]), attrs("diameter")),
        "capacitance": (np.array([1.0, 1, 0.9]), attrs("capacitance")),
        "g_pas": (np.array([1e-4, 2e-4, 3e-4]), {"units": "S/cm2", "mechanism": "pas"}),
        "ena": (np.array([nan, 50, 50]), {"units": "mV", "mechanism": "na_ion"}),
    }
    rows = ("mechanism", "cell_section")
    made = xr.Dataset(
        {
            **{name: ("cell_section", values, about) for name, (values, about) in of_sections.items()},
            **{name: ("segment", values, about) for name, (values, about) in of_segments.items()},
            "xg": (("segment", "xg_index"), np.array([[nan, nan], [1.0, 2], [3, 4]]),
                   {"units": "S/cm2", "mechanism": "extracellular"}),
            **{f"point_{axis}": ("point", np.array([0.0, 1, 2]), {"units": "um"}) for axis in "xyz"},
            "point_diameter": ("point", np.array([1.0, 1, 2]), {"units": "um"}),
            "point_section": ("point", np.array([0, 1, 1])),
            "mechanism_inserted": (rows, np.array([[1, 1], [0, 1], [0, 1]])),
            "mechanism_ion_style": (rows, np.array([[-1, -1], [-1, 9], [-1, -1]])),
            "mechanism_source": ("mechanism", text("ab" * 32, "", "")),
        },
        {
            "section_name": ("cell_section", text("soma", "dend[0]")),
            "segment_id": ("segment", text("soma(0.5)", "dend[0](0.25)", "dend[0](0.75)")),
            "section": ("segment", text("soma", "dend[0]", "dend[0]")),
            "section_x": ("segment", np.array([0.5, 0.25, 0.75]), attrs("section_x")),
            "mechanism_id": ("mechanism", text("pas", "na_ion", "extracellular")),
        },
        {
            "model": "{}", "celsius_degC": 6.3, "v_init_mV": -65.0, "globals": "{}", "own_run": "{}",
            "extracellular_layers": 2, "point_processes": "[]", "left_out": "{}", "verification": "{}",
        },
    )  # fmt: skip
    for name in made.variables:
        made[name].attrs.setdefault("long_name", name)
    return made


def figure_data() -> xr.Dataset:
    return xr.Dataset(
        {
            "map": (("row", "column"), np.array([[1.0, np.nan], [3, 4]]), attrs("potential")),
            "trace": ("t", np.array([0.5, 1.5]), attrs("potential")),
            "panel": ("row", text("a", "b"), {"long_name": "panel"}),
        },
        {"t": ("t", np.array([0.0, 1.0]), attrs("t"))},
    )


def analysis() -> xr.Dataset:
    """A spectrum of three contacts."""
    coords = {**contact_coords(), "frequency": ("frequency", np.arange(5.0), attrs("frequency"))}
    density = (("contact", "frequency"), np.ones((3, 5)), {"units": "mV2 Hz-1", "long_name": "power spectral density"})
    about = {"analysis": "power_spectrum", "of": "potential", "parameters": "{}"}
    return xr.Dataset({"power_spectral_density": density}, coords, about)


def of_every_kind() -> dict[str, xr.Dataset]:
    return {
        "geometry": geometry_dataset(segments()),
        "cell_type": cell_type(),
        "lead_field": lead_field(),
        "run": run(),
        "signal": signal(),
        "vertex_lead_field": vertex_lead_field(),
        "grid_lead_field": grid_lead_field(),
        "analysis": analysis(),
        "figure_data": figure_data(),
    }

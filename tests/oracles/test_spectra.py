"""Spectra against Parseval's theorem, white noise, sinusoids, mixtures of known coherence, and known kernels."""

import numpy as np
import pytest
import xarray as xr
from scipy.signal import lfilter

import lfptools
from lfptools.errors import DatasetError

DT = 0.5  # ms, so 2 kHz
METHODS = [
    {"method": "welch", "segment_ms": 256.0},
    {"method": "multitaper"},
    {"method": "multitaper", "segment_ms": 512.0},
]


def signal(values, dt=DT, name="potential", units="mV"):
    """Rows of values as data with labels."""
    values = np.atleast_2d(values)
    t = dt * np.arange(values.shape[1])
    coords = {"t": ("t", t, {"units": "ms"}), "contact_id": ("contact", [f"c{i}" for i in range(len(values))])}
    return xr.DataArray(values, dims=("contact", "t"), coords=coords, attrs={"units": units}, name=name)


@pytest.fixture
def noise():
    """White noise of variance 4."""
    return signal(2.0 * np.random.default_rng(5).standard_normal((3, 32768)))


@pytest.mark.parametrize("how", METHODS)
def test_white_noise_is_flat_at_its_variance_over_half_the_rate(noise, how):
    found = lfptools.power_spectrum(noise, **how)
    density = found["power_spectral_density"]
    assert density.attrs["units"] == "mV2 Hz-1"
    assert list(found["contact_id"].values) == ["c0", "c1", "c2"]
    inner = density.sel(frequency=slice(20, 980))
    np.testing.assert_allclose(inner.mean("frequency"), 4.0 / 1000.0, rtol=0.02)
    thirds = inner.mean("contact").coarsen(frequency=inner.sizes["frequency"] // 3, boundary="trim").mean()
    np.testing.assert_allclose(thirds, 4.0 / 1000.0, rtol=0.04)


@pytest.mark.parametrize("how", METHODS)
def test_the_power_of_all_bands_is_the_variance(noise, how):
    bands = {"low": [0, 100], "middle": [100, 400], "high": [400, 1000]}
    power = lfptools.band_power(noise, bands_Hz=bands, **how)["band_power"]
    assert power.attrs["units"] == "mV2"
    np.testing.assert_allclose(power.sum("band"), noise.var("t"), rtol=0.02)
    np.testing.assert_allclose(power.mean("contact"), [0.4, 1.2, 2.4], rtol=0.05)


@pytest.mark.parametrize("how", METHODS)
def test_a_sinusoid_has_half_its_amplitude_squared(how):
    t = DT * np.arange(8192)
    wave = signal(3.0 * np.sin(2 * np.pi * 0.050 * t + 0.3))
    power = lfptools.band_power(wave, bands_Hz={"around": [30, 70]}, **how)["band_power"]
    assert float(power.squeeze()) == pytest.approx(4.5, rel=5e-3)
    density = lfptools.power_spectrum(wave, **how)["power_spectral_density"].squeeze()
    assert abs(float(density["frequency"][int(density.values.argmax())]) - 50.0) < 6.0


def test_welch_and_multitaper_agree_on_coloured_noise(noise):
    coloured = noise.copy(data=lfilter([1.0], [1.0, -0.9], noise.values, axis=1))
    one = lfptools.power_spectrum(coloured, method="welch", segment_ms=2048.0)["power_spectral_density"]
    two = lfptools.power_spectrum(coloured, method="multitaper", segment_ms=2048.0)["power_spectral_density"]
    ratio = (one / two).sel(frequency=slice(20, 900)).mean("contact")
    assert abs(float(np.log(ratio).mean())) < 0.05
    f = one["frequency"].sel(frequency=slice(20, 900))
    true = 4.0 / 1000.0 / np.abs(1.0 - 0.9 * np.exp(-2j * np.pi * f * DT * 1e-3)) ** 2
    assert abs(float(np.log(one.mean("contact").sel(frequency=slice(20, 900)) / true).mean())) < 0.05


def test_white_noise_summed_up_falls_as_one_over_f_squared(noise):
    summed = noise.copy(data=np.cumsum(noise.values, axis=1))
    found = lfptools.power_law(summed, method="welch", segment_ms=512.0, band_Hz=[5, 60])
    exponent, error = found["exponent"].values.ravel(), found["standard_error"].values.ravel()
    assert (np.abs(exponent - 2.0) < 4 * error + 0.02).all() and (error < 0.1).all()


@pytest.mark.parametrize("how", [METHODS[0], METHODS[2]])
def test_coherence_of_mixed_noises(how):
    """Of a = s + n and b = s + m with equal variances it is 1/4; of unrelated ones it stays below the significance."""
    rng = np.random.default_rng(11)
    s, n, m, other = rng.standard_normal((4, 65536))
    found = lfptools.coherence(signal(s + n), signal(s + m), **how)
    assert float(found["coherence"].mean()) == pytest.approx(0.25 + 0.56 / found.attrs["averages"], abs=0.03)
    unrelated = lfptools.coherence(signal(n), signal(other), **how)
    above = float((unrelated["coherence"] > unrelated.attrs["significance_95"]).mean())
    assert above == pytest.approx(0.05, abs=0.04)
    same = lfptools.coherence(signal(s), signal(3.0 * s), **how)
    np.testing.assert_allclose(same["coherence"], 1.0, rtol=1e-9)
    with_mean = lfptools.coherence(signal(1.0 + s), signal(1.0 + s), detrend="none", **how)
    assert with_mean["frequency"].values[0] == 0.0 < same["frequency"].values[0]


def test_a_spectrogram_follows_a_chirp():
    t = DT * np.arange(16384)
    f = 50.0 + 300.0 * t / t[-1]
    wave = signal(np.sin(2 * np.pi * np.cumsum(f) * DT * 1e-3))
    found = lfptools.spectrogram(wave, segment_ms=128.0)["power_spectral_density"].squeeze()
    peak = found["frequency"].values[found.argmax("frequency").values]
    np.testing.assert_allclose(peak, 50.0 + 300.0 * found["t"].values / t[-1], atol=10.0)


def test_the_average_around_spikes_is_the_kernel():
    n, kernel = 8192, np.exp(-np.arange(21) / 5.0)
    at = np.array([500, 1500, 2600, 4000, 6000])
    v, field = np.full(n, -70.0), np.zeros(n)
    for i in at:
        v[i] = 20.0
        field[i : i + kernel.size] += kernel
    spikes = xr.DataArray(v, dims="t", coords={"t": DT * np.arange(n)}, attrs={"units": "mV"}, name="v")
    found = lfptools.spike_triggered_average(signal(field), spikes, before_ms=2, after_ms=10)
    assert (found.attrs["spikes"], found.attrs["spikes_left_out"]) == (5, 0)
    np.testing.assert_allclose(found["average"].sel(lag=slice(0, 10)).squeeze(), kernel, atol=1e-12)
    np.testing.assert_allclose(found["average"].sel(lag=slice(-2, -DT)), 0.0, atol=1e-12)
    np.testing.assert_allclose(found["standard_error"], 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("law", "name", "value"), [("power", "exponent", 1.7), ("exponential", "length_constant", 150.0)]
)
def test_laws_of_decay_are_found_again(law, name, value):
    r = np.geomspace(20.0, 800.0, 12)
    size = r**-1.7 if law == "power" else np.exp(-r / 150.0)
    noisy = size * np.exp(0.05 * np.random.default_rng(2).standard_normal(r.size))
    wave = np.sin(np.linspace(0, 2 * np.pi, 64))
    for amplitudes, slack in ((size, 1e-9), (noisy, 0.1)):
        data = signal(amplitudes[:, None] * wave)
        places = {"contact_x": r, "contact_y": 0 * r, "contact_z": 0 * r}
        data = data.assign_coords({key: ("contact", at, {"units": "um"}) for key, at in places.items()})
        found = lfptools.decay_fit(data, law=law)
        assert float(found[name].squeeze()) == pytest.approx(value, rel=slack)
        assert found["low"] * (1 - 1e-9) <= value <= found["high"] * (1 + 1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda d: lfptools.power_spectrum(d, segment_ms=1e6), "longer than the data"),
        (lambda d: lfptools.power_spectrum(d), "welch needs segment_ms"),
        (lambda d: lfptools.band_power(d, segment_ms=100, bands_Hz={"a": [1, 2000]}), "above half the sampling rate"),
        (lambda d: lfptools.band_power(d, segment_ms=100, bands_Hz={"a": [1, 2]}), "resolution is 10 Hz"),
        (lambda d: lfptools.coherence(d, d, method="multitaper", tapers=1), "1 everywhere"),
        (lambda d: lfptools.coherence(d, d.isel(t=slice(10)), segment_ms=100), "different times"),
        (lambda d: lfptools.power_spectrum(d.assign_coords(t=d["t"] ** 2), segment_ms=100), "evenly spaced"),
        (lambda d: lfptools.power_spectrum(d.where(d < 9), segment_ms=100), "NaN"),
        (lambda d: lfptools.decay_fit(d), "no contacts with positions"),
    ],
)
def test_what_cannot_be_analysed_is_said(call, words):
    data = signal(10.0 * np.random.default_rng(0).standard_normal((2, 4096)))
    with pytest.raises((DatasetError, ValueError), match=words):
        call(data)

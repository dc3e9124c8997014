"""Random segments: in proportion to what was asked, from the generator that was given."""

import json
import subprocess
import sys

import numpy as np
import pytest
import scipy.stats

import lfptools
from lfptools import Cell
from lfptools.errors import GeometryError, InputError

DRAWS = 40_000
DIVIDED = {"passive": True, "nsegs_method": "fixed_length", "max_nsegs_length": 60}
TWO = {"fun": ["norm", "uniform"], "funweights": [1, 2.5]}
TWO_ARGUMENTS = [{"loc": 0, "scale": 300}, {"loc": 100, "scale": 500}]


@pytest.fixture(scope="module")
def cell():
    with Cell(lfptools.example_morphology("ball_and_sticks"), **DIVIDED) as made:
        yield made


def require_distribution(drawn: np.ndarray, idx: np.ndarray, p: np.ndarray) -> None:
    """Pearson's test, over segments that are expected at least five times."""
    counts = np.bincount(drawn, minlength=idx.max() + 1)
    assert counts.sum() == counts[idx].sum() and not counts[idx][p == 0].any()
    often = p * drawn.size >= 5
    expected = np.append(p[often], 1 - p[often].sum()) * drawn.size
    seen = np.append(counts[idx][often], drawn.size - counts[idx][often].sum())
    kept = expected > 1e-9
    assert scipy.stats.chisquare(seen[kept], expected[kept] * seen.sum() / expected[kept].sum()).pvalue > 1e-4


def test_in_proportion_to_area(cell):
    idx = cell.get_idx("dend", z_min=20, z_max=400)
    p = cell.get_rand_prob_area_norm("dend", z_min=20, z_max=400)
    np.testing.assert_allclose(p, cell.area[idx] / cell.area[idx].sum())
    np.testing.assert_allclose(p, cell.get_rand_prob_area_norm_from_idx(idx))
    require_distribution(cell.get_rand_idx_area_norm("dend", DRAWS, 20, 400, seed=1), idx, p)


@pytest.mark.parametrize(
    ("arguments", "density"),
    [
        ({}, scipy.stats.norm(0, 100).pdf),
        ({"fun": scipy.stats.norm, "funargs": {"loc": 500, "scale": 90}}, scipy.stats.norm(500, 90).pdf),
        ({"fun": "gamma", "funargs": {"a": 3, "scale": 70}, "funweights": 4.0}, scipy.stats.gamma(a=3, scale=70).pdf),
        (
            {**TWO, "funargs": TWO_ARGUMENTS},
            lambda z: scipy.stats.norm(0, 300).pdf(z) + 2.5 * scipy.stats.uniform(100, 500).pdf(z),
        ),
    ],
)
def test_in_proportion_to_area_and_depth(cell, arguments, density):
    idx = cell.get_idx("allsec", z_min=-5)
    p = cell.area[idx] * density(cell.z[idx].mean(axis=1))
    drawn = cell.get_rand_idx_area_and_distribution_norm(nidx=DRAWS, z_min=-5, seed=2, **arguments)
    require_distribution(drawn, idx, p / p.sum())


def test_numbers_come_from_where_they_were_asked(cell):
    for draw in (cell.get_rand_idx_area_norm, cell.get_rand_idx_area_and_distribution_norm):
        np.random.seed(7)
        first, state = draw(nidx=50), np.random.get_state()[1]
        again, other = draw(nidx=50, seed=3), draw(nidx=50, seed=3)
        assert np.array_equal(again, other) and not np.array_equal(first, again)
        from_generator = draw(nidx=50, rng=np.random.default_rng(3))
        assert np.array_equal(from_generator, again)
        generator = np.random.default_rng(3)
        draw(nidx=50, rng=generator)
        assert not np.array_equal(draw(nidx=50, rng=generator), again), "a generator goes on"
        assert np.array_equal(np.random.get_state()[1], state), "numpy's global state was left alone"
        np.random.seed(7)
        assert np.array_equal(draw(nidx=50), first)


def test_shapes_and_replacement(cell):
    assert cell.get_rand_idx_area_norm(nidx=0).shape == (0,)
    drawn = cell.get_rand_idx_area_norm("soma", nidx=5)
    assert drawn.tolist() == [0] * 5 and drawn.dtype.kind == "i"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"nidx": -1}, "nidx must be an integer >= 0, got -1"),
        ({"nidx": 2.5}, "nidx"),
        ({"nidx": True}, "nidx"),
        ({"z_min": 1e5}, "no segment of 'allsec' has its middle between z = 100000 and inf"),
        ({"section": "axon"}, "unknown section 'axon'"),
        ({"rng": 3}, "rng must be a numpy.random.Generator"),
        ({"rng": np.random.default_rng(), "seed": 3}, "not both"),
        ({"fun": "nrom"}, "'nrom'"),
        ({"fun": lambda z: z}, "method pdf"),
        ({"fun": ["norm", "norm"], "funargs": [{}]}, "as many, got 2, 1 and 2"),
        ({"funweights": [1, 2]}, "as many, got 1, 1 and 2"),
        ({"funweights": -1}, "funweights must be finite and >= 0"),
        ({"fun": "uniform", "funargs": {"loc": 1e6, "scale": 1}}, "not 0 everywhere"),
    ],
)
def test_what_cannot_be_drawn_is_told(cell, arguments, message):
    draws = [cell.get_rand_idx_area_and_distribution_norm]
    if not {"fun", "funweights"} & set(arguments):
        draws.append(cell.get_rand_idx_area_norm)
    for draw in draws:
        with pytest.raises((GeometryError, InputError), match=message):
            draw(**arguments)


LFPY = """
import sys, json
import numpy as np
import LFPy
import LFPy.cell
cell = LFPy.Cell(sys.argv[1], **json.loads(sys.argv[2]))
asked = []
draw = LFPy.cell.alias_method
def instead(idx, p, n):
    asked.append([idx.tolist(), p.tolist()])
    return draw(idx, p, n)
LFPy.cell.alias_method = instead
np.random.seed(11)
drawn = [cell.get_rand_idx_area_norm(nidx=300), cell.get_rand_idx_area_and_distribution_norm(nidx=300)]
asked.clear()
cell.get_rand_idx_area_norm("dend", 3, 20, 400)
cell.get_rand_idx_area_and_distribution_norm(nidx=3, z_min=-5, **json.loads(sys.argv[3]))
print(json.dumps([*asked, [one.tolist() for one in drawn]]))
"""


@pytest.mark.peer
def test_probabilities_and_draws_are_lfpys(cell):
    """LFPy is asked what it would draw with, and what it draws after ``np.random.seed``."""
    # LFPy takes names of functions in a list, where their arguments are a list too.
    arguments = [json.dumps(DIVIDED), json.dumps({**TWO, "funargs": TWO_ARGUMENTS})]
    command = [sys.executable, "-c", LFPY, str(lfptools.example_morphology("ball_and_sticks")), *arguments]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    area, depth, seeded = ([np.array(part) for part in pair] for pair in json.loads(told))
    np.testing.assert_array_equal(cell.get_idx("dend", 20, 400), area[0])
    np.testing.assert_allclose(cell.get_rand_prob_area_norm("dend", 20, 400), area[1], rtol=1e-9)
    require_distribution(cell.get_rand_idx_area_norm("dend", DRAWS, 20, 400, seed=4), *area)
    drawn = cell.get_rand_idx_area_and_distribution_norm(nidx=DRAWS, z_min=-5, funargs=TWO_ARGUMENTS, seed=5, **TWO)
    require_distribution(drawn, *depth)
    np.random.seed(11)
    np.testing.assert_array_equal(cell.get_rand_idx_area_norm(nidx=300), seeded[0])
    np.testing.assert_array_equal(cell.get_rand_idx_area_and_distribution_norm(nidx=300), seeded[1])

"""Numbers that a file states: ``values`` in place of arrays in files, and every way in which they do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.engine import initial, inputs, weights
from cnncalc.summary import stated

NETWORK = """
input: {image: 4x6x2, tag: 3}
layout: %s
layers:
  - conv: {name: c, filters: 3, kernel: 3, from: image, activation: relu}
  - batchnorm: {name: b}
  - maxpool: {name: m, size: 2}
  - dense: {name: d, units: 4}
  - concat: {name: j, from: [d, tag]}
"""
RECURRENT = "{%s: {name: r, units: 3, return_sequences: true, layers: %d, bidirectional: %s%s}}"


def shown(data: dict[str, Any]) -> str:
    return f"\nvalues: {json.dumps(data)}\n"


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_stated_numbers_give_what_arrays_give(layout: str) -> None:
    text = (NETWORK % layout).replace("4x6x2", "2x4x6" if layout == "channels_first" else "4x6x2")
    summary = cnncalc.parse(text).summary()
    random, given = np.random.default_rng(1), {}
    for name, room in stated.rooms(summary).items():
        if name != stated.TARGET:
            given[name] = (room, random.uniform(0.5, 1.5, room.sizes).astype(np.float32))
    arrays = {room.array: array for room, array in given.values() if room.array}
    feeds = {name: given[name][1] for name in summary.inputs}
    wanted = cnncalc.parse(text).build(arrays)(feeds)
    net = cnncalc.parse(text + shown({name: array.tolist() for name, (_, array) in given.items()}))
    found = {name: feed.load(2) for name, feed in inputs.feeds(net.summary(), [], 0).items()}
    assert np.array_equal(net.build()(found), np.repeat(wanted, 2, axis=0))


def test_what_is_not_stated_is_drawn_as_without() -> None:
    text = "input: 3\nlayers: [{dense: {name: a, units: 2}}, {dense: {name: b, units: 2}}]"
    plain = initial.initial(cnncalc.parse(text).summary(), 5)
    some = initial.initial(cnncalc.parse(text + "\nvalues: {a.bias: [1, 2]}").summary(), 5)
    assert some.keys() == plain.keys()
    assert some["a/bias"].tolist() == [1, 2]
    assert all(np.array_equal(some[name], plain[name]) for name in plain if name != "a/bias")
    taken = weights.given(cnncalc.parse(text).summary(), plain)
    assert cnncalc.parse(text + "\nvalues: {a.bias: [1, 2]}").build(taken)([[1, 1, 1]]).shape == (1, 2)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("both", ["false", "true"])
def test_a_state_that_is_stated_is_one_that_an_input_holds(kind: str, layers: int, both: str) -> None:
    count = layers * (2 if both == "true" else 1)
    names = ["initial_state", "initial_cell"][: 2 if kind == "lstm" else 1]
    random = np.random.default_rng(2)
    states = {name: random.uniform(-1, 1, (count, 3) if count > 1 else 3) for name in names}
    x = random.uniform(-1, 1, (5, 2)).astype(np.float32)
    sizes = ", ".join(f"{name}: {[count, 3] if count > 1 else 3}" for name in names)
    read = f", from: x, initial_state: [{', '.join(names)}]"
    text = f"input: {{x: [5, 2], {sizes}}}\nlayers: [{RECURRENT % (kind, layers, both, read)}]"
    wanted = cnncalc.parse(text).build(seed=3)(x=x, **{name: array[None] for name, array in states.items()})
    given = {f"r.{name}": array.tolist() for name, array in states.items()}
    plain = f"input: [5, 2]\nlayers: [{RECURRENT % (kind, layers, both, '')}]"
    found = cnncalc.parse(plain + shown(given)).build(seed=3)(x)
    assert np.allclose(found, wanted, rtol=1e-6, atol=1e-7)
    assert not np.allclose(found, cnncalc.parse(plain).build(seed=3)(x))
    assert "initial" not in " ".join(initial.initial(cnncalc.parse(plain + shown(given)).summary(), 3))


@pytest.mark.parametrize(
    ("values", "message", "place"),
    [
        ("{inptu: 1}", 'values names "inptu"', ":4:10"),
        ("{c.kernal: 1}", 'conv "c" has no array "kernal"', ":4:10"),
        ("{input: [[1, 2], [3]]}", "the rows of input differ: 1 number here, 2 numbers in the first", ":4:26"),
        ("{input: [1, [3]]}", "the rows of input differ", ":4:21"),
        ("{input: [1, .nan]}", 'found ".nan"', ":4:21"),
        ("{input: [1, 1e999]}", 'found "1e999"', ":4:21"),
        ("{input: [1, 1/0]}", 'found "1/0"', ":4:21"),
        ("{input: [1, two]}", 'found "two"', ":4:21"),
        ("{input: [1, ]}", "input is given as one number; the network needs 3×3×1", ":4:17"),
        ("{input: []}", "found an empty list", ":4:17"),
        ("{input: {a: 1}}", "found a mapping", ":4:17"),
        ("[1, 2]", "values must be numbers by the names", ":4:9"),
        ("{c.kernel: [[1, 2, 3], [4, 5, 6]]}", "c.kernel is given as 2×3; the network needs 2×2×1×1", ":4:20"),
        ("{target: [1, 2]}", "target is given as 2 numbers; the network needs 4 numbers", ":4:18"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(tmp_path: Path, values: str, message: str, place: str) -> None:
    text = f"input: 3x3x1\nlayers: [{{conv: {{name: c, filters: 1, kernel: 2}}}},\n  flatten]\nvalues: {values}\n"
    (tmp_path / "n.yaml").write_text(text)
    with pytest.raises(cnncalc.SpecError) as caught:
        cnncalc.load(tmp_path / "n.yaml").summary()
    told = [(problem.text, str(problem.mark)) for problem in caught.value.problems]
    assert any(message in text and where.endswith(place) for text, where in told), told


def test_every_number_that_does_not_fit_is_named_at_once() -> None:
    text = "input: 4\nlayers: [{dense: 2}, {dense: 2}]\nvalues: {input: [1], dense1.kernel: 3, dense2.bais: 1}"
    with pytest.raises(cnncalc.SpecError) as caught:
        cnncalc.parse(text).summary()
    assert len(caught.value.problems) == 3


def test_a_layer_that_shares_names_the_owner() -> None:
    text = (
        "input: 4\nlayers: [{dense: {name: a, units: 4}}, {use: {layer: a, name: b}}]\nvalues: {b.bias: [1, 2, 3, 4]}"
    )
    with pytest.raises(cnncalc.SpecError, match="uses the weights of a"):
        cnncalc.parse(text).summary()


def test_fractions_and_sizes_of_one() -> None:
    text = "input: [3, 1]\nlayers: [{conv: {name: c, filters: 1, kernel: 2, bias: false}}]\n"
    net = cnncalc.parse(text + "values: {input: [[[1/3]], [[-1/2]], [[2.5e-1]]], c.kernel: [1, -4/8]}")
    (feed,) = inputs.feeds(net.summary(), [], 0).values()
    assert net.build()(feed.load(1)).ravel() == pytest.approx([1 / 3 + 0.25, -0.5 - 0.125])


def test_a_run_measures_the_target_that_is_stated() -> None:
    from cnncalc.engine import run as session

    text = "input: 2\nlayers: [{dense: {name: d, units: 1, bias: false}}]\n"
    summary = cnncalc.parse(text + "values: {input: [1, 2], d.kernel: [3, 4], target: 9}").summary()
    found = session.run(summary, [], None, 0, None, cnncalc.Limits())
    assert found.objective is not None
    assert found.objective.loss == pytest.approx(2.0)

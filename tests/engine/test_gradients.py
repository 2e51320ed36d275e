"""The backward rule of every kind: by finite differences over the cases of ``tests/kinds``, and next to PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from case_files import Case, load

from cnncalc import kinds, parse
from cnncalc.engine.arrays import inward, outward
from cnncalc.engine.backpropagation import Backpropagation
from cnncalc.engine.train.objective import Slopes

MOST = 2 * 10**5  # multiply-accumulates, weights and numbers of an output of a case that is run here
NOT_RUN = {"opaque"}  # kinds of which only the counts are known
STEP = 1e-6


def light(case: Case) -> bool:
    """Whether the case is quick enough to be run some ten times."""
    summary = parse(case.text).summary()
    return max(summary.totals.macs, summary.totals.params, *(row.activations for row in summary.rows)) <= MOST


CASES = [param for param in load("cases") if param.values[0].kind not in NOT_RUN and light(param.values[0])]


def doubled(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: x.astype(np.float64) if x.dtype.kind == "f" else x for name, x in arrays.items()}


class Measured:
    """A network whose last output, times numbers drawn once, is a loss."""

    def __init__(self, summary: Any, batch: int) -> None:
        self.summary, self.rule = summary, Backpropagation(summary)
        self.last = summary.rows[-1]
        self.factors = np.random.default_rng(1).standard_normal((batch, *self.last.output.sizes))

    def forward(self, arrays: Any, feeds: Any) -> Any:
        return self.rule.forward(arrays, [inward(feeds[name], self.summary.layout) for name in self.summary.inputs])

    def loss(self, arrays: Any, feeds: Any) -> float:
        return float(np.sum(self.forward(arrays, feeds).of(self.last) * self.factors))

    def gradients(self, arrays: Any, feeds: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """By the weights and by the inputs, these in the spec's layout."""
        done = self.forward(arrays, feeds)
        back = self.rule.backward(arrays, done, Slopes({self.last.index: self.factors}, {}))
        shown = [None if dx is None else outward(dx, self.summary.layout) for dx in back.inputs]
        return back.weights, dict(zip(self.summary.inputs, shown, strict=True))


def slope(measured: Measured, arrays: Any, feeds: Any, name: str, direction: np.ndarray) -> float:
    """How the loss changes along a direction of one array, measured."""
    ends = []
    for sign in (1, -1):
        moved = {name: {**arrays, **feeds}[name] + sign * STEP * direction}
        ends.append(measured.loss(*({**each, **moved} for each in (arrays, feeds))))
    return (ends[0] - ends[1]) / (2 * STEP)


def test_every_kind_has_a_case() -> None:
    assert {param.values[0].kind for param in CASES} | NOT_RUN == set(kinds.every())


@pytest.mark.parametrize("case", CASES)
def test_every_kind_has_a_gradient_that_finite_differences_confirm(case: Case, drawn: Any) -> None:
    summary = parse(case.text).summary()
    arrays, feeds = map(doubled, drawn(summary, case.number, 2))
    measured = Measured(summary, 2)
    weights, inputs = measured.gradients(arrays, feeds)
    random = np.random.default_rng(case.number)
    for name, gradient in {**weights, **inputs}.items():
        if gradient is None:
            assert feeds[name].dtype.kind == "i"
            continue
        direction = random.choice([-1.0, 1.0], gradient.shape)
        wanted = slope(measured, arrays, feeds, name, direction)
        got, size = float(np.sum(gradient * direction)), float(np.abs(gradient).sum())
        assert got == pytest.approx(wanted, rel=1e-5, abs=1e-7 * max(1.0, size)), name
    moving = {name for name in arrays if "moving_" in name}
    assert weights.keys() == arrays.keys() - moving


@pytest.mark.parametrize("case", [param for param in CASES if param.values[0].kind == "conv"])
def test_a_convolution_learns_by_products_as_by_its_equation(case: Case, drawn: Any) -> None:
    """Behind a layer that changes nothing, so that the gradient by its input is asked for."""
    field = case.text.replace("from: [in0]", "from: same").replace("layers: [", "layers: [{linear: {name: same}}, ")
    summary = parse(field).summary()
    arrays, feeds = map(doubled, drawn(summary, case.number, 2))
    measured = Measured(summary, 2)
    xs = [inward(feeds[name], summary.layout) for name in summary.inputs]
    begin, found = Slopes({measured.last.index: measured.factors}, {}), []
    for random in (None, np.random.default_rng(0)):
        done = measured.rule.forward(arrays, xs, random)
        back = measured.rule.backward(arrays, done, begin)
        found.append({**back.weights, "y": done.of(measured.last), "x": back.inputs[0]})
    for name, wanted in found[0].items():
        assert wanted == pytest.approx(found[1][name], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_gradients_have_the_type_of_the_numbers(case: Case, drawn: Any) -> None:
    """float32 stays float32, in a run and while a network learns."""
    summary = parse(case.text).summary()
    arrays, feeds = drawn(summary, case.number, 2)
    measured = Measured(summary, 2)
    begin = Slopes({measured.last.index: measured.factors.astype(np.float32)}, {})
    xs = [inward(feeds[name], summary.layout) for name in summary.inputs]
    for random in (None, np.random.default_rng(0)):
        done = measured.rule.forward(arrays, xs, random)
        back = measured.rule.backward(arrays, done, begin)
        found = [*back.weights.values(), *(x for x in [*back.outputs, *back.inputs] if x is not None)]
        assert {array.dtype for array in [*found, *done.changes.values(), done.of(measured.last)]} == {np.dtype("f4")}

"""What a kind states of itself is true of its kernel, and is all that the engine needs to know."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc import kinds
from cnncalc.engine import by_hand, inputs, kernels
from cnncalc.engine import weights as learned
from cnncalc.engine.kernels.activation import activate, derivative, into
from cnncalc.engine.model import Model
from cnncalc.engine.planning.layout import Layout
from cnncalc.kinds.activation import KINDS
from cnncalc.kinds.base.kind import POINT, Kind

ROOM = Path(kernels.__file__).parent
FUNCTIONS = sorted(KINDS)


def curve(word: str, width: float = 30.0) -> tuple[np.ndarray, np.ndarray]:
    """Numbers from ``-width`` to ``width``, and what the function makes of them; the second channel is 0."""
    x = np.linspace(-width, width, 6001)
    return x, activate(KINDS[word](), np.stack([x, np.zeros_like(x)], axis=-1))[:, 0]


@pytest.mark.parametrize("word", FUNCTIONS)
def test_the_bounds_hold_and_are_reached(word: str) -> None:
    _, y = curve(word)
    for bound, end, sign in zip(KINDS[word].bounds, (y.min(), y.max()), (1, -1), strict=True):
        assert (end - bound) * sign >= 0
        assert np.isfinite(bound) == (abs(end - bound) < 0.05)


@pytest.mark.parametrize("word", FUNCTIONS)
def test_a_function_rises_as_it_states(word: str) -> None:
    _, y = curve(word)
    rises = bool((np.diff(y) >= -1e-12).all())
    assert KINDS[word].rises == (rises and not KINDS[word].over_channels)


@pytest.mark.parametrize("word", FUNCTIONS)
def test_other_channels_count_as_it_states(word: str) -> None:
    first, second = (activate(KINDS[word](), np.array([[0.5, other]]))[0, 0] for other in (0.1, 0.9))
    assert KINDS[word].over_channels == (first != second)


@pytest.mark.parametrize("word", [word for word in FUNCTIONS if not KINDS[word].over_channels])
def test_a_rectifier_is_flatter_below_zero(word: str) -> None:
    _, y = curve(word, 10.0)
    low, zero, high = y[0], y[len(y) // 2], y[-1]
    assert KINDS[word].rectifies == (abs(zero - low) < (high - zero) / 2)


BY_NUMBER = [word for word in FUNCTIONS if not KINDS[word].over_channels]
SOME = np.array([-4.1, -2.1, -0.3, 0.2, 1.7, 6.5])


@pytest.mark.parametrize("word", BY_NUMBER)
def test_the_derivative_by_finite_differences(word: str) -> None:
    step, kind = 1e-6, KINDS[word]()
    ends = [activate(kind, SOME + moved) for moved in (step, -step)]
    assert derivative(kind, SOME, activate(kind, SOME)) == pytest.approx(
        (ends[0] - ends[1]) / (2 * step), rel=1e-6, abs=1e-9
    )


@pytest.mark.parametrize("word", BY_NUMBER)
def test_the_derivative_is_as_its_formula_says(word: str) -> None:
    kind = KINDS[word]()
    formula = re.sub(r"\|(.)\|", r"np.abs(\1)", kind.derivative)
    for sign, code in (("−", "-"), ("·", "*"), ("²", "**2"), ("σ", "sigma"), ("Φ", "Phi"), ("φ", "phi"),
                       ("where", "if"), (", else", " else")):  # fmt: skip
        formula = formula.replace(sign, code)
    known = {"np": np, "exp": np.exp, "tanh": np.tanh, "softplus": lambda x: np.log1p(np.exp(x)), "slope": 0.01,
             "sigma": lambda x: 1 / (1 + np.exp(-x)), "Phi": lambda x: (1 + math.erf(x / 2**0.5)) / 2,
             "phi": lambda x: np.exp(-x * x / 2) / (2 * np.pi) ** 0.5}  # fmt: skip
    y = activate(kind, SOME)
    wanted = [eval(formula, {**known, "x": x, "y": each}) for x, each in zip(SOME, y, strict=True)]
    assert derivative(kind, SOME, y) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("word", FUNCTIONS)
def test_in_place_is_as_into_another_array(word: str) -> None:
    x = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(np.float32) * 4
    made, here = np.empty_like(x), x.copy()
    for out in (made, here):
        into(KINDS[word]())(here if out is here else x, out)
        assert out == pytest.approx(activate(KINDS[word](), x), rel=1e-5, abs=1e-6)


def test_what_is_registered_is_a_kind_and_nothing_is_forgotten() -> None:
    functions = set()
    for path in (*ROOM.glob("*.py"), *ROOM.with_name("working").glob("*.py")):
        found = vars(import_module(f"cnncalc.engine.{path.parent.name}.{path.stem}".removesuffix(".__init__")))
        functions |= {name for name, value in found.items() if callable(value) and _is_form(name, value)}
    registered = [*((kind, form) for (kind, _), form in kernels._fast.items()), *kernels._by_hand.items()]
    assert {kind for kind, _ in registered} <= set(kinds.every().values())
    assert {form.__name__ for _, form in registered} == functions


def _is_form(name: str, value: Any) -> bool:
    return value.__module__ != kernels.__name__ and (name.startswith("fast_") or name.endswith("_by_hand"))


class MadeUp(Kind):
    """A product over the channels, of numbers that are token ids too."""

    __module__ = "cnncalc.kinds.made_up"

    def output(self, *xs: Any) -> Any:
        return xs[0]

    def weights(self, *xs: Any) -> Any:
        return {"kernel": (xs[0].channels, xs[0].channels)}

    def macs(self, y: Any, *xs: Any) -> Any:
        return y.channels**2

    def reach(self, *xs: Any) -> Any:
        return (POINT,) * len(xs[0].spatial)

    def channel_axes(self) -> int:
        return 1

    def tokens(self) -> Any:
        return 7


def product(kind: Any, weights: Any, x: Any) -> Any:
    return x @ weights["kernel"] + weights.get("bias", 0)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kind in two files of its own, that no list anywhere names."""
    files = kinds._files()
    rule, kernel = (ModuleType(f"cnncalc.{room}.made_up") for room in ("kinds", "engine.kernels"))
    rule.MadeUp, kernel.made_up = MadeUp, product  # type: ignore[attr-defined]
    for module in (rule, kernel):
        module.__spec__ = ModuleSpec(module.__name__, None)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(kinds, "_files", lambda: files | {"made_up"})
    monkeypatch.setattr(kernels, "_by_hand", dict(kernels._by_hand))
    kinds.find.cache_clear()
    yield
    kinds.find.cache_clear()
    kernels._known.pop(MadeUp, None)


def test_a_made_up_kind_needs_no_list(made_up: None, drawn: Callable[..., Any]) -> None:
    kernels.by_hand(MadeUp)(lambda kind, w, x: lambda place: kernels.Terms(x[0], w["kernel"][:, place[-1]]))
    summary = cnncalc.parse("input: 5\nlayers: [made_up, batchnorm, {dropout: 0.5}, relu]").summary()
    assert [op.name for op in Layout(summary, 2).ops] == ["made_up1 + batchnorm1 + dropout1 + relu1"]
    assert inputs.tokens(summary, "input") == 7
    arrays, feeds = drawn(summary, 0, 2)
    assert set(feeds["input"].ravel()) <= set(range(7))
    fast, slow = (Model(summary, arrays, cnncalc.Limits(), engine).run(feeds)["relu1"] for engine in
                  ("fast", "reference"))  # fmt: skip
    assert fast == pytest.approx(slow, rel=1e-5)
    row = summary.rows[0]
    y = product(None, learned.of(summary, row, arrays), feeds["input"])
    taps = by_hand.trace(row, learned.of(summary, row, arrays), [feeds["input"]], y).windows
    for tap in taps:
        assert tap.value == pytest.approx(np.dot(tap.numbers, tap.factors), rel=1e-5)
    assert len(taps) == 5

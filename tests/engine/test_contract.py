"""One contract for the kernel of every kind, over the cases by hand of ``tests/kinds``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from case_files import Case, load

import cnncalc
from cnncalc import api, kinds
from cnncalc.engine import ENGINES
from cnncalc.engine.arrays import inward, outward
from cnncalc.engine.model import Model
from cnncalc.errors import EngineError
from cnncalc.kinds.base.kind import Pointwise

Draw = Callable[..., Any]

LIMIT = 1e-5
MOST = 10**8  # multiply-accumulates of a case that is run; larger ones are only counted
FEW = 4 * 10**5  # weights of a case that is run once for each of its arrays

#: Kinds of which only the counts are known.
NOT_RUN = {"opaque"}

CASES = [
    param
    for param in load("cases")
    if param.values[0].kind not in NOT_RUN and api.parse(param.values[0].text).summary().totals.macs <= MOST
]

LEARNED = [param for param in CASES if param.values[0].stated.get("params", 0)]
LIGHT = [param for param in LEARNED if param.values[0].stated["params"] <= FEW]


def kinds_of(params: list[Any]) -> set[str]:
    return {param.values[0].kind for param in params}


def follows_the_layout(case: Case) -> bool:
    """Whether the layer reads or writes its numbers, or its weights, in the order of the spec's layout."""
    fields = case.stated.get("fields", {})
    in_one_row = case.kind == "dense" and fields.get("flatten", True)
    return (
        in_one_row
        or case.kind in ("flatten", "reshape", "permute")
        or "all" in (fields.get("axes"), fields.get("over"))
    )


def outputs(summary: Any, arrays: Any, feeds: Any) -> list[np.ndarray]:
    """The output of the last layer by each engine; the sizes are the summary's, and the engines agree."""
    found = []
    for engine in ENGINES:
        (y,) = Model(summary, arrays, cnncalc.Limits(), engine).run(feeds).values()
        assert y.dtype == np.float32
        assert list(y.shape[1:]) == summary.rows[-1].output.written(summary.layout)
        found.append(y)
    assert apart(*found) <= LIMIT
    return found


def apart(got: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(got - wanted).max() / max(1e-3, np.abs(wanted).max()))


def kept(case: Case, drawn: Draw) -> None:
    """The contract itself: sizes and numbers of weights as by hand, one output whichever engine runs it."""
    summary = api.parse(case.text).summary()
    arrays, feeds = drawn(summary, case.number, 2)
    assert sum(array.size for array in arrays.values()) == case.stated.get("params", 0)
    for y in outputs(summary, arrays, feeds):
        assert "x".join(map(str, y.shape[1:])) == str(case.stated["output"])


def test_every_kind_has_a_case_that_is_run() -> None:
    assert kinds_of(CASES) | NOT_RUN == set(kinds.every())
    assert kinds_of(LIGHT) == kinds_of(LEARNED)


@pytest.mark.parametrize("case", CASES)
def test_the_kernel_keeps_the_contract(case: Case, drawn: Draw) -> None:
    kept(case, drawn)


@pytest.mark.parametrize("case", [param for param in CASES if param.values[0].turns])
def test_the_layout_is_only_the_order_of_axes(case: Case, drawn: Draw) -> None:
    summary, turned = (api.parse(each.text).summary() for each in (case, case.turned))
    if follows_the_layout(case):  # another order of the numbers, but the sizes hold and the engines agree
        outputs(turned, *drawn(turned, case.number, 1))
        return
    arrays, feeds = drawn(summary, case.number, 1)
    wanted = outputs(summary, arrays, feeds)
    moved = {name: outward(inward(x, summary.layout), turned.layout) for name, x in feeds.items()}
    for y, other in zip(wanted, outputs(turned, arrays, moved), strict=True):
        assert apart(inward(other, turned.layout), inward(y, summary.layout)) <= LIMIT


@pytest.mark.parametrize("case", LIGHT)
def test_every_weight_reaches_the_output(case: Case, drawn: Draw) -> None:
    summary = api.parse(case.text).summary()
    arrays, feeds = drawn(summary, case.number, 1)
    for name, array in arrays.items():
        if name.endswith("/moving_count"):
            continue  # it is counted and kept, and nothing is computed from it
        spoilt = {**arrays, name: np.full_like(array, np.nan)}
        for engine in ENGINES:
            (y,) = Model(summary, spoilt, cnncalc.Limits(), engine).run(feeds).values()
            assert np.isnan(y).any(), f"{engine} does not read {name}"


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A kind called made_up in a file of its own, which the engine has no file beside."""
    module = ModuleType("cnncalc.kinds.made_up")
    module.MadeUp = type("MadeUp", (Pointwise,), {"__module__": module.__name__})  # type: ignore[attr-defined]
    files = kinds._files()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(kinds, "_files", lambda: files | {"made_up"})
    kinds.find.cache_clear()
    yield module
    kinds.find.cache_clear()


def test_a_kind_without_a_kernel_breaks_the_contract(made_up: ModuleType, drawn: Draw) -> None:
    with pytest.raises(EngineError, match="no forward pass for made_up"):
        kept(Case("made_up", 1, {"input": "4x4x2", "output": "4x4x2"}), drawn)

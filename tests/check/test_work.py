"""The work of checking is bounded; it is counted here, not timed."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc import parse
from cnncalc.check.answer_key import Truth
from cnncalc.check.slips import search
from cnncalc.spec.demand import parse_key
from cnncalc.summary import infer


def deep(blocks: int) -> Truth:
    layers = "{conv: {filters: 4, kernel: 3, padding: 1}}, batchnorm, relu"
    text = f"input: 8x8x4\nlayers: [{{repeat: {{times: {blocks}, layers: [{layers}]}}}}]"
    return Truth(parse(text).network)


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many layers each network has that is worked out."""
    found: list[int] = []
    real = infer.infer

    def counting(network: Any, *more: Any) -> Any:
        found.append(len(network.layers))
        return real(network, *more)

    monkeypatch.setattr(infer, "infer", counting)
    return found


WRONG = {"total.params": 12345, "total.macs": 54321, "repeat1/9/conv1.params": 7, "total.output": [9, 9, 9]}


@pytest.mark.parametrize("blocks", [40, 3330])
def test_the_search_for_slips_is_bounded_however_deep_the_network_is(walked: list[int], blocks: int) -> None:
    truth = deep(blocks)
    for key, answer in WRONG.items():
        search.explain(truth, parse_key(key), answer)
    assert sum(walked) <= search.MOST_WALKED + 3 * blocks * len(WRONG)


def test_a_search_that_was_cut_short_names_nothing() -> None:
    without_biases = 4 * 3 * 3 * 4 * 10 + 4 * 4 * 10
    found = search.explain(deep(10), parse_key("total.params"), without_biases)
    assert found is not None
    assert found.names == ("bias",)
    cut_short = search.Search(deep(10), parse_key("total.params"), 100)
    assert cut_short.find(without_biases) is None
    assert not cut_short.complete

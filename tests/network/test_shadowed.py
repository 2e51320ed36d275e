"""A block that is called as a kind: the kind wins, and that is said where the block is meant by its bare name."""

from __future__ import annotations

import pytest

from cnncalc import parse
from cnncalc.errors import SpecError

DEFINED = """
input: 8x8x4
define:
  relu: {args: {n: 2}, layers: [{conv: {filters: n, kernel: 1}}, relu]}
  other: {layers: [%s]}
layers: [%s]
"""


def warnings(inside: str, layers: str) -> list[str]:
    return [one.message for one in parse(DEFINED % (inside, layers)).findings() if one.severity == "warning"]


@pytest.mark.parametrize(("inside", "layers"), [
    ("tanh", "relu"), ("tanh", "{relu: null}"), ("tanh", "{residual: [relu]}"), ("relu", "other"),
    ("tanh", "{parallel: [[relu], [relu]]}"), ("tanh", "{repeat: {times: 2, layers: [tanh, relu]}}"),
])  # fmt: skip
def test_the_bare_name_of_a_block_that_nothing_else_places_is_a_warning(inside, layers):
    (message,) = warnings(inside, layers)
    assert message == (
        '"relu" is the kind of layer here, and the block of that name is never placed; '
        "use: relu places the block; or give it another name"
    )


@pytest.mark.parametrize(("inside", "layers"), [
    ("tanh", "{use: relu}"), ("tanh", "{use: relu}, relu"), ("tanh", "{use: {block: relu, n: 4}}, relu"),
    ("{use: relu}", "other, relu"), ("tanh", "tanh"), ("tanh", "{conv: {filters: 4, kernel: 1, activation: relu}}"),
    ("tanh", "{tanh: {name: a}}, {tanh: {name: b}}, {add: [a, b]}"),
])  # fmt: skip
def test_a_file_that_says_use_means_the_kind_by_the_bare_name(inside, layers):
    assert warnings(inside, layers) == []


def test_fields_of_the_block_are_refused_with_the_reason():
    with pytest.raises(SpecError) as caught:
        parse(DEFINED % ("tanh", "{relu: {n: 4}}"))
    first, second = caught.value.problems
    assert "the block of that name is never placed" in first.text
    assert 'has no "n"' in second.text


def test_a_block_called_as_a_block_is_one_too():
    text = "input: 8\ndefine: {sequential: {layers: [dense: 4]}}\nlayers: [{sequential: [relu]}]"
    assert "never placed" in parse(text).findings()[0].message

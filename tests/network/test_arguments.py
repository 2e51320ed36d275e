"""A network on the line, as people type it: spaces where a shell parts the text, several layers in quotes."""

from __future__ import annotations

import pytest

from cnncalc import calc
from cnncalc.errors import CnncalcError

WRITTEN = ("28x28x1", "conv:10,k=5", "maxpool:2")


def rows(*arguments: str) -> list[tuple[str, tuple[int, ...], int]]:
    return [(row.name, row.output.sizes, row.params) for row in calc(*arguments).summary()]


@pytest.mark.parametrize("typed", [
    ("28x28x1", "conv:10,k=5 maxpool:2"), ("28x28x1", " conv:10,k=5   maxpool:2 "),
    ("28x28x1", "conv: 10,k=5", "maxpool: 2"),
    ("28x28x1", "conv:", "10,k=5", "maxpool:2"), ("28x28x1", "conv:10,", "k=5", "maxpool:2"),
    ("28x28x1", "conv:10, k = 5 maxpool: 2"), ("28x28x1", "conv:10", ",k=5", "maxpool:2"),
    ("28", "x", "28", "x", "1", "conv:10,k=5", "maxpool:2"), ("28", "×", "28", "×", "1", "conv:10,k=5", "maxpool:2"),
    ("28x", "28x", "1", "conv:10,k=5", "maxpool:2"), ("28", "x28", "x1", "conv:10,k=5", "maxpool:2"),
    ("28x28x1", "conv:10,k=(5, 5) maxpool:[2, 2]"), ("28x28x1", "nn.Conv2d(1, 10, 5) nn.MaxPool2d(2, 2)"),
])  # fmt: skip
def test_spaces_change_nothing(typed):
    assert rows(*typed) == rows(*WRITTEN)


def test_letters_may_be_sizes_and_a_name_may_have_spaces():
    assert [row.name for row in calc("H", "x", "W", "x", "3", "conv:4,k=3,name=My conv").summary()] == ["My conv"]


@pytest.mark.parametrize(("typed", "help"), [
    (("28", "28", "1", "conv:10,k=5"), "sizes are one argument: 28x28x1"), (("28x28x1", "conv:10 k=5"), "conv:10,k=5"),
    (("28x28x1", "maxpool 2"), "maxpool:2"), (("28x28x1", "conv:10,k=5 2"), "conv:10,k=5,2"),
    (("28x28x1", "batchnorm:1e-3"), "eps=1e-3 on a line"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_what_to_write(typed, help):
    with pytest.raises(CnncalcError) as caught:
        calc(*typed).summary()
    assert help in (caught.value.problems[0].help or "")
    assert caught.value.exit_code in (2, 3)


@pytest.mark.parametrize(
    ("size", "note"), [("28*28*1", "784 features; sizes are 28x28x1"), ("3·32·32", "sizes are 3x32x32")]
)
def test_a_product_that_looks_like_sizes_is_said_to_be_features(size, note):
    (found,) = calc(size, "dense:10").findings()
    assert (found.severity, note in found.message) == ("note", True)
    assert calc("28*28", "dense:10").findings() == []

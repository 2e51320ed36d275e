"""What a spec expects, where it is written in another way or there is nothing to compare it with."""

from __future__ import annotations

import pytest

from cnncalc import parse

NETWORK = "layout: %s\ninput: 28x28x1\nlayers: [{conv: {filters: 10, kernel: 5, expect: {%s}}}]"


def failed(layout: str, expect: str) -> list[str]:
    return [one.message for one in parse(NETWORK % (layout, expect)).findings() if one.severity == "error"]


@pytest.mark.parametrize(("layout", "expect", "holds"), [
    ("NHWC", "output: 1x24x24x10", True), ("NHWC", "output: 24x24x10", True), ("NHWC", "output: 1x24x24x9", False),
    ("NHWC", "output: 24x24", True), ("channels_last", "output: 24x24x10", True),
    ("channels_last", "output: 24x24", True), ("channels_last", "output: 1x24x24x10", False),
    ("NHWC", "effective_stride: 1x1x1", False), ("NHWC", "receptive_field: 1x5x5", False),
    ("NHWC", "receptive_field: 5", True), ("NHWC", "receptive_field: 5x5", True),
])  # fmt: skip
def test_sizes_have_a_batch_axis_in_front_only_where_the_layout_names_one(layout, expect, holds):
    assert (failed(layout, expect) == []) == holds


@pytest.mark.parametrize("quantity", ["receptive_field", "effective_stride", "effective_padding"])
@pytest.mark.parametrize("relation", ["", "<= ", ">= ", "> ", "< "])
def test_a_quantity_that_there_is_none_of_meets_no_demand(quantity, relation):
    text = f'input: 8x8x1\nlayers: [flatten, dense: {{units: 3, expect: {{{quantity}: "{relation}1"}}}}]'
    (found,) = [one for one in parse(text).findings() if one.severity == "error"]
    assert (found.quantity, found.got) == (quantity, None)

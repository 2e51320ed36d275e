"""When values die, against the definition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cnncalc.summary.liveness import dying


@given(st.lists(st.lists(st.integers(0, 6), max_size=4), max_size=8))
def test_a_value_dies_at_the_last_step_that_reads_it(reads: list[list[int]]) -> None:
    found = dying(reads)
    assert [sorted(values) for values in found] == [
        sorted({value for value in values if not any(value in later for later in reads[number + 1 :])})
        for number, values in enumerate(reads)
    ]

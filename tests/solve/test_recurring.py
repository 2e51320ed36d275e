"""Numbers that fit every so often, and pairs of sizes of which one may be 1: against every number tried."""

from __future__ import annotations

import pytest

from cnncalc import api
from cnncalc.errors import CnncalcError

MOST = 70


def fits(text: str, **numbers: int) -> bool:
    """Whether the network fits and meets its demands with these numbers for its letters."""
    for letter, number in numbers.items():
        text = text.replace(f"<{letter}>", str(number))
    try:
        net = api.parse(text)
        net.network.demands += net.network.given
        return all(finding.expected is None for finding in net.findings())  # rounding is no failure
    except CnncalcError:
        return False


@pytest.mark.parametrize(
    "text",
    [
        # whole every so often: the stride, the factor, and both together
        'input: <n>x12x2\nlayers: [pixel_unshuffle: 3]\nexpect: {activations: "<= 1500"}',
        'input: <n>x12x2\nlayers: [pixel_unshuffle: 3]\nexpect: {activations: "> 300"}',
        "input: <n>x<n>x1\nlayers: [pixel_unshuffle: 2, pixel_unshuffle: 3]",
        'input: <n>x8x1\nlayers: [pad: 1, pixel_unshuffle: 2]\nexpect: {activations: "< 700"}',
        'input: 4x4x12\nlayers: [conv: {filters: <n>, kernel: 1, groups: 4}]\nexpect: {params: "<= 200"}',
        'input: 4x4x4\nlayers: [conv: {filters: <n>, kernel: 1, groups: 4}, channel_shuffle: 6]\nexpect: {macs: "> 9"}',
        'input: 4x4x<n>\nlayers: [groupnorm: 5, conv: {filters: 2, kernel: 1, groups: 2}]\nexpect: {params: "< 300"}',
        # never, and every so often though the number grows ever faster
        "input: 4x4x4\nlayers: [conv: {filters: 2*<n>+1, kernel: 1}, conv: {filters: 4, kernel: 1, groups: 2}]",
        "input: 4x4x3\nlayers: [conv: {filters: <n>*<n>+1, kernel: 1, groups: 3}]",
        "input: 4x4x3\nlayers: [conv: {filters: <n>*<n>+2, kernel: 1, groups: 3}]",
        'input: 4x4x3\nlayers: [conv: {filters: <n>*<n>, kernel: 1, groups: 3}]\nexpect: {params: "<= 900"}',
        # one side of a pair may be 1
        "input: 8x8x4\nlayers: [parallel: {branches: [[conv: {filters: 4, kernel: <n>}], []], merge: add}]",
        "input: 8x8x4\nlayers: [parallel: {branches: [[conv: {filters: <n>, kernel: 3, padding: 1}], []], merge: add}]",
        "input: 1x1x4\nlayers: [parallel: {branches: [[pad: <n>], []], merge: multiply}]",
        "input: <n>x8x4\nlayers: [parallel: {branches: [[maxpool: 2], [avgpool: 2]], merge: add}]",
        "input: <n>x<n>x4\nlayers: [parallel: {branches: [[conv: {filters: 4, kernel: 3}], [maxpool: 2]], merge: add}]",
        "input: <n>x<n>x4\nlayers: [parallel: {branches: [[crop: 1], [maxpool: 2]], merge: concat}]",
    ],
)  # fmt: skip
def test_every_number_that_fits_and_no_other(text: str) -> None:
    letter = text.replace("<n>", "n")
    true = [number for number in range(MOST + 1) if fits(text, n=number)]
    try:
        found = api.parse(letter).solve().unknowns["n"]
    except CnncalcError:
        assert true == []
        return
    assert [number for number in found.solutions if number <= MOST] == true
    for number in found.solutions[-3:]:
        assert fits(text, n=number)
    last = found.range[1]
    assert last is None or (fits(text, n=last) and not any(fits(text, n=last + step) for step in range(1, 40)))


@pytest.mark.parametrize("relation", ["< ", "<= ", ""])
def test_two_letters_of_which_one_fits_every_so_often(relation: str) -> None:
    demand = f'expect: {{activations: "{relation}432"}}'
    text = f"input: <m>x<n>x2\nlayers: [pixel_unshuffle: 3]\n{demand}"
    found = api.parse(text.replace("<m>", "m").replace("<n>", "n")).solve()
    true = [(m, n) for m in range(1, 31) for n in range(1, 31) if fits(text, m=m, n=n)]
    near = [(p["m"], p["n"]) for p in found.joint if max(p.values()) <= 30]
    assert near == [pair for pair in true if not found.joint or pair[0] <= found.joint[-1]["m"]]
    assert [m for m in found.unknowns["m"].solutions if m <= 30] == sorted(
        {m for m in range(1, 31) for n in range(1, 300) if m * n * 2 <= 2000 and fits(text, m=m, n=n)}
    )

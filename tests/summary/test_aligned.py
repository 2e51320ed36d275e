"""Which branches are aligned: windows put down one by one, on networks drawn at random and on a published one."""

from __future__ import annotations

import random

import pytest

from cnncalc import parse


def found(text: str) -> bool:
    """Whether the branches of a network are said not to be aligned."""
    return any("not aligned" in finding.message for finding in parse(text).findings())


def test_a_temporal_convolutional_network_is_aligned() -> None:
    """Bai, Kolter & Koltun (2018): causal convolutions with a dilation that doubles, each pair with a way around it."""
    blocks = []
    for level in range(7):
        conv = f"{{conv: {{filters: 25, kernel: 7, dilation: {2**level}, padding: [[{6 * 2**level}, 0]]}}}}"
        shortcut = ", shortcut: [{conv: {filters: 25, kernel: 1}}]" if level == 0 else ""
        blocks.append(f"{{residual: {{body: [{conv}, relu, {conv}, relu]{shortcut}, activation: relu}}}}")
    text = f"{{input: 784x1, layers: [{', '.join(blocks)}]}}"
    assert not found(text)
    assert parse(text).summary().rows[-1].receptive_field == [1 + 2 * 6 * 127]


def test_causal_ways_that_skip_to_the_end_are_aligned() -> None:
    """WaveNet adds what every layer puts out."""
    layers = [f"{{conv: {{name: c{n}, filters: 4, kernel: 2, dilation: {2**n}, padding: [[{2**n}, 0]]}}}}"
              for n in range(8)]  # fmt: skip
    names = ", ".join(f"c{n}" for n in range(8))
    assert not found(f"{{input: 300x4, layers: [{', '.join(layers)}, {{add: {{from: [{names}]}}}}]}}")


def test_shifted_branches_are_found_unless_centres_or_ends_meet() -> None:
    """A branch of one convolution beside the input itself, its padding in two parts at random."""
    rng = random.Random(3)
    said = []
    for _ in range(300):
        kernel, dilation, axes = rng.randint(1, 6), rng.randint(1, 3), rng.choice([1, 2])
        reach = dilation * (kernel - 1)
        begin = rng.choice([0, reach, reach // 2, rng.randint(0, reach)])
        sees = [o - begin for o in range(reach + 1)]  # of position 0
        apart = abs(sum(sees) / len(sees)) >= 1 and max(sees) != 0
        padding = [[begin, reach - begin]] * axes
        size = "x".join(["30"] * axes)
        text = (
            f"{{input: {size}x2, layers: [{{residual: {{body: "
            f"[{{conv: {{filters: 2, kernel: {kernel}, dilation: {dilation}, padding: {padding}}}}}]}}}}]}}"
        )
        assert found(text) == apart, text
        said.append(apart)
    assert 50 < sum(said) < 250


@pytest.mark.parametrize(("size", "crop", "apart"), [
    ("30x2", "[[4, 0]]", False), ("30x2", "[[2, 2]]", False), ("30x2", "[[0, 4]]", True), ("30x2", "[[3, 1]]", True),
    ("30x30x2", "[[2, 2], [2, 2]]", False), ("30x30x2", "[[4, 0], [4, 0]]", True),
    ("30x30x2", "[[2, 2], [4, 0]]", True),
])  # fmt: skip
def test_a_crop_beside_unpadded_windows(size: str, crop: str, apart: bool) -> None:
    """In time the last steps are kept on purpose; of an image the middle is."""
    text = (
        f"{{input: {size}, layers: [{{parallel: {{branches: [[{{conv: {{filters: 2, kernel: 5}}}}], "
        f"[{{crop: {{amount: {crop}}}}}]]}}}}]}}"
    )
    assert found(text) == apart


def test_one_branch_that_is_shifted_among_causal_ones_is_found() -> None:
    text = (
        "{input: 30x2, layers: [{parallel: {branches: [[], [{conv: {filters: 2, kernel: 3, padding: [[2, 0]]}}], "
        "[{conv: {filters: 2, kernel: 5, padding: [[3, 1]]}}]]}}]}"
    )
    assert found(text)

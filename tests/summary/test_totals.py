"""Totals and the memory of outputs, against a simulation that looks at every moment by itself."""

from __future__ import annotations

import random
from pathlib import Path

from cnncalc import load, parse
from cnncalc.summary.rows import Summary
from cnncalc.symbolic.tree import substitute

SUMS = ("params", "trainable_params", "non_trainable_params", "weight_params", "bias_params", "macs", "flops",
        "activations", "weight_bytes", "activation_bytes")  # fmt: skip


def drawn(rng: random.Random, size: str = "6x5x2") -> str:
    """A network in which layers read any that stand above them."""
    count = rng.randint(1, 12)
    layers = []
    for number in range(count):
        above = [f"l{n}" for n in range(number)] + ["input"]
        kind, fields = rng.choice([("conv", f"filters: {rng.randint(1, 9)}, kernel: 1, "), ("relu", ""), ("concat", ""),
                                   ("batchnorm", "")])  # fmt: skip
        sources = [rng.choice(above) for _ in range(2 if kind == "concat" else 1)]
        layers.append(f"- {kind}: {{name: l{number}, {fields}from: [{', '.join(sources)}]}}\n")
    return f"input: {size}\nlayers:\n" + "".join(layers)


def peak(summary: Summary) -> int:
    """At each layer: its output, and every earlier one that it or a later layer still reads, or nobody does."""
    readers: dict[str, list[int]] = {row.name: [] for row in summary.rows}
    for moment, row in enumerate(summary.rows):
        for source in row.layer.sources:
            name = summary.network.value_name(source)
            if name in readers:
                readers[name].append(moment)
    most = 0
    for moment in range(len(summary.rows)):
        alive = [row for row in summary.rows[: moment + 1]
                 if not readers[row.name] or max(readers[row.name]) >= moment]  # fmt: skip
        most = max(most, sum(4 * row.output.channels * 30 for row in alive))
    return most


def test_peak_memory_is_that_of_the_fullest_moment() -> None:
    rng = random.Random(1)
    seen = set()
    for _ in range(300):
        summary = parse(drawn(rng)).summary()
        assert summary.totals.peak_activation_bytes == peak(summary)
        seen.add(summary.totals.peak_activation_bytes == summary.totals.activation_bytes)
    assert seen == {True, False}


def test_peak_memory_by_hand() -> None:
    """8 numbers each: a and b live together; with c three would, but a has gone by then."""
    text = "input: 8\nlayers:\n- relu: {name: a}\n- relu: {name: b}\n- relu: {name: c}\n"
    assert parse(text).summary().totals.peak_activation_bytes == 2 * 32
    assert parse(text + "- add: {from: [a, c]}").summary().totals.peak_activation_bytes == 3 * 32


def test_totals_are_the_sums_of_the_rows() -> None:
    rng = random.Random(2)
    for _ in range(50):
        summary = parse(drawn(rng)).summary()
        for name in SUMS:
            assert getattr(summary.totals, name) == sum(getattr(row, name) for row in summary.rows), name
        assert summary.totals.flops == 2 * summary.totals.macs
        assert summary.totals.weight_bytes == 4 * summary.totals.params
        assert summary.totals.activation_bytes == 4 * summary.totals.activations


def test_totals_with_letters_are_those_with_numbers_once_these_are_put_in() -> None:
    rng = random.Random(3)
    for _ in range(60):
        seed = rng.random()
        letters = parse(drawn(random.Random(seed), "HxWx2")).summary().totals
        numbers = parse(drawn(random.Random(seed))).summary().totals
        for name in (*SUMS, "peak_activation_bytes"):
            assert substitute(getattr(letters, name), {"H": 6, "W": 5}) == getattr(numbers, name), name


def test_a_row_has_every_quantity(root: Path) -> None:
    """The quantities of SPEC section 3 are attributes; those without a value are None."""
    from cnncalc.spec.demand import QUANTITIES

    summary = load(str(root / "specs" / "worked-example.yaml")).summary()
    row, last = summary["maxpool2"], summary["dense1"]
    assert all(hasattr(row, quantity) for quantity in QUANTITIES)
    assert (row.receptive_field, row.effective_stride, row.effective_padding) == ([10, 10], [4, 4], [3, 3])
    assert last.receptive_field is None
    assert "183242" in repr(summary)
    assert "16×16×64" in repr(row)

"""The words for a layout, those that name the batch axis, and how the sizes of an input are read and shown."""

from __future__ import annotations

import pytest

from cnncalc import Net, SpecError, calc, parse
from cnncalc.shape import LAYOUTS, WITH_BATCH

EXAMPLES = {"NHWC": "9x8x3", "NCHW": "3x9x8", "NWC": "9x3", "NCW": "3x9", "NDHWC": "7x9x8x3", "NCDHW": "3x7x9x8"}
PLAIN = {"NCW": "9x3"}  # a sequence has its features last in both plain layouts


def net(layout: str, size: str) -> Net:
    return parse(f"layout: {layout}\ninput: {size}\nlayers: [conv: {{filters: 4, kernel: 3}}]")


def notes(found: Net) -> list[str]:
    assert {finding.severity for finding in found.findings()} <= {"note"}
    return [finding.message for finding in found.findings()]


def test_every_word_is_tried() -> None:
    assert EXAMPLES.keys() == WITH_BATCH.keys()


@pytest.mark.parametrize("word", WITH_BATCH)
@pytest.mark.parametrize("spell", [str, str.lower, str.title])
@pytest.mark.parametrize("batch", ["", "1x", "32x", "Nx"])
def test_a_batch_axis_may_stand_in_front_and_is_dropped_with_a_note(word, spell, batch) -> None:
    found = net(spell(word), batch + EXAMPLES[word])
    plain = net(WITH_BATCH[word], PLAIN.get(word, EXAMPLES[word]))
    assert found.summary().inputs == plain.summary().inputs
    assert found.summary().totals.params == plain.summary().totals.params
    assert found.summary().layout == WITH_BATCH[word]
    told = [text for text in notes(found) if "is the batch axis" in text]
    assert len(told) == bool(batch)
    assert all(f"{batch[:-1]} is the batch axis of {word}" in text for text in told)


def test_a_sequence_that_is_written_channels_first_says_how_it_is_shown() -> None:
    (text,) = notes(net("NCW", "3x9"))
    assert "3×9 is read as features×time" in text
    assert notes(net("NWC", "9x3")) == []


@pytest.mark.parametrize("word", WITH_BATCH)
def test_more_sizes_than_the_word_has_letters_are_refused(word: str) -> None:
    with pytest.raises(SpecError, match=f"{len(word) + 1} sizes" if len(word) < 5 else "1 to 5"):
        net(word, "2x" * len(word) + "2")


def test_an_expect_may_have_the_batch_axis_too() -> None:
    text = "layout: NCHW\ninput: 8x3x9x9\nlayers: [conv: {filters: 4, kernel: 3, expect: {output: %s}}]"
    assert [finding.severity for finding in parse(text % "8x4x7x7").findings()] == ["note"]
    assert [finding.severity for finding in parse(text % "4x7x7").findings()] == ["note"]
    assert [finding.severity for finding in parse(text % "8x5x7x7").findings()] == ["error", "note"]


def test_calc_reads_it_as_a_file_does() -> None:
    found = calc("1x3x9x8", "conv:4,k=3", layout="nchw")
    assert found.summary().inputs["input"] == ((9, 8), 3)


def test_without_such_a_word_four_sizes_are_a_volume() -> None:
    assert all(net(layout, "7x9x8x3").summary().inputs["input"].rank == 4 for layout in LAYOUTS)


@pytest.mark.parametrize(
    ("layout", "size", "axes"),
    [
        ("channels_last", "10", ["features"]),
        ("channels_first", "9x3", ["time", "features"]),
        ("channels_last", "9x8x3", ["height", "width", "channels"]),
        ("channels_first", "3x9x8", ["channels", "height", "width"]),
        ("channels_last", "7x9x8x3", ["depth", "height", "width", "channels"]),
        ("NCDHW", "1x3x7x9x8", ["channels", "depth", "height", "width"]),
    ],
)
def test_the_axes_have_their_names_in_the_order_of_the_layout(layout, size, axes) -> None:
    assert parse(f"layout: {layout}\ninput: {size}\nlayers: [relu]").summary().axes() == {"input": axes}


def test_what_an_embedding_reads_is_tokens() -> None:
    layers = "[embedding: {name: e, vocab: 9, dim: 2, from: ids}, dense: {units: 2, from: x}, add: {from: [e, dense1]}]"
    text = f"input: {{ids: 7, x: 7x3}}\nlayers: {layers}"
    assert parse(text).summary().axes() == {"ids": ["tokens"], "x": ["time", "features"]}


def test_what_a_recurrent_layer_reads_is_images_in_time() -> None:
    found = parse("input: 10x8x8x3\nlayers: [conv_lstm: {filters: 2, kernel: 3, padding: 1}]")
    assert found.summary().axes() == {"input": ["time", "height", "width", "channels"]}
    assert found.summary().axes("channels_first") == {"input": ["channels", "time", "height", "width"]}
    assert found.findings() == []

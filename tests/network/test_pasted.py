"""Values as a program writes them: tuples, calls, a batch axis that is None."""

from __future__ import annotations

from time import process_time

import pytest

from cnncalc import calc, parse
from cnncalc.errors import CnncalcError


def net(layers: str, size: str = "28x28x1"):
    return parse(f"input: {size}\nlayers:\n  {layers}\n")


def only(layers: str, size: str = "28x28x1"):
    """The one row of a network."""
    (row,) = net(layers, size).summary()
    return row


def failure(layers: str, size: str = "28x28x1") -> str:
    with pytest.raises(CnncalcError) as caught:
        net(layers, size).summary()
    return f"{caught.value.problems[0].text} / {caught.value.problems[0].help}"


@pytest.mark.parametrize(
    ("torn", "whole"),
    [
        ("conv: {filters: 4, kernel: (3, 3), stride: (3, 3)}", "conv: {filters: 4, kernel: [3, 3], stride: [3, 3]}"),
        ("Conv2D: {filters: 4, kernel_size: (2, 2), strides: (2, 2), padding: same}",
         "Conv2D: {filters: 4, kernel_size: 2x2, strides: 2x2, padding: same}"),
        ("conv: {filters: 4, kernel: (3, 1), padding: ((1, 1), (0, 0)), stride: (1, 1)}",
         "conv: {filters: 4, kernel: 3x1, padding: [[1, 1], [0, 0]]}"),
        ("Conv2d: [1, 4, (3, 1), (2, 1), (1, 0)]", "conv: {filters: 4, kernel: 3x1, stride: 2x1, padding: [1, 0]}"),
        ("pad: {amount: ((1, 2), (1, 2))}", "pad: {amount: [[1, 2], [1, 2]]}"),
    ],
)  # fmt: skip
def test_tuples_inside_braces_are_whole(torn, whole):
    assert only(f"- {torn}").output == only(f"- {whole}").output


def test_tuples_that_are_the_same_are_no_key_given_twice():
    text = "input: {a: (28, 28, 1), b: (28, 28, 1)}\nlayers: [add: [a, b]]"
    assert parse(text).summary()["add1"].output.sizes == (28, 28, 1)


@pytest.mark.parametrize(
    ("layer", "column"),
    [("conv: {filters: (4, kernel: 3}", 21), ("conv: {filters: 4, kernel: (3, 3}", 32), ("maxpool: {size: (2}", 21)],
)
def test_a_bracket_that_stays_open_is_an_error_at_its_place(layer, column):
    with pytest.raises(CnncalcError) as caught:
        net(f"- {layer}")
    mark = caught.value.problems[0].mark
    assert (mark.line, mark.column) == (3, column)


@pytest.mark.parametrize("size", ["[None, 28, 28, 1]", "(None, 28, 28, 1)", "Nonex28x28x1", "[null, 28, 28, 1]",
                                  "{a: (None, 28, 28, 1)}"])  # fmt: skip
def test_a_batch_axis_of_none_is_dropped_and_said_to_be(size):
    found = net("- conv: {filters: 10, kernel: 5}", size)
    assert found.summary()["conv1"].params == 260
    assert "is read as the batch axis, and is dropped; one example is 28×28×1" in found.findings()[0].message
    assert found.findings()[0].severity == "note"


def test_it_is_dropped_on_one_line_and_in_a_layout_with_a_batch_axis():
    for found in (calc("(None,1,28,28)", "conv:10,k=5", layout="NCHW"), calc((None, 28, 28, 1), "conv:10,k=5")):
        assert found.summary()["conv1"].params == 260


def test_a_size_of_none_elsewhere_wants_a_letter():
    assert "write a letter for it, as in HxWx3" in failure("- relu", "(None, None, None, 3)")
    assert "a whole number" in failure("- relu", "None")


@pytest.mark.parametrize("form", ["nn.ZeroPad2d((1, 2, 3, 4))", "nn.ZeroPad2d: (1, 2, 3, 4)", "ZeroPad2d: [1, 2, 3, 4]",
                                  "ZeroPad2d: {padding: (1, 2, 3, 4)}", "nn.ConstantPad2d((1, 2, 3, 4), 0.5)",
                                  "ConstantPad2d: {padding: [1, 2, 3, 4], value: 1.5}"])  # fmt: skip
def test_the_ends_of_a_padding_in_pytorch_are_left_right_top_bottom(form):
    assert only(f"- {form}").layer.kind.amount == ((3, 4), (1, 2))


def test_in_keras_they_are_pairs_for_each_axis():
    assert only("- ZeroPadding2D(((1, 2), (3, 4)))").layer.kind.amount == ((1, 2), (3, 4))
    assert only("- ZeroPadding2D: [1, 2]").output.sizes == (30, 32, 1)


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "size", "amount"),
    [("ZeroPad1d", (4, 6), (1, 2)), ("ZeroPad2d", (3, 5, 6), (1, 2, 3, 4)),
     ("ZeroPad3d", (2, 4, 5, 6), (1, 2, 3, 4, 5, 6))],
)  # fmt: skip
def test_the_sizes_are_those_of_pytorch(name, size, amount):
    torch = pytest.importorskip("torch")
    shape = tuple(getattr(torch.nn, name)(amount)(torch.zeros(1, *size)).shape[1:])
    layout = "NCW" if len(size) == 2 else "channels_first"
    row = parse(f"layout: {layout}\ninput: {list(size)}\nlayers: ['nn.{name}({amount})']").summary()["pad1"]
    assert (row.output.channels, *row.output.spatial) == shape


@pytest.mark.parametrize(
    ("form", "params"),
    [("nn.Linear: (784, 10)", 7850), ("nn.Linear: (784, 10, False)", 7840), ("linear: (784, 10)", 7850),
     ("fc: [784, 10]", 7850), ("nn.Conv2d: (1, 10, (5, 5), padding=2)", 260), ("Conv2D: (10, 5, padding='same')", 260),
     ("Dense: (10, 'relu')", 7850), ("nn.BatchNorm2d: (1)", 4)],
)  # fmt: skip
def test_values_in_brackets_behind_a_word_are_those_of_its_call(form, params):
    assert only(f"- {form}").params == params


def test_values_that_contradict_or_could_mean_two_things_are_refused():
    assert "in_features is 3136, and its input has 784 numbers" in failure("- nn.Linear: (3136, 10)")
    assert "size: 3x2, or size: 3, stride: 2" in failure("- nn.MaxPool2d: (3, 2)")
    assert only("- nn.MaxPool2d: (2, 2)").output == only("- nn.MaxPool2d((2, 2))").output
    assert "name the other values" in failure("- dense: (10, 5)")


@pytest.mark.parametrize(("form", "help"), [
    ("nn.Linear(3136 10)", "a comma goes between two values"),
    ("nn.Conv2d(1, 10, kernel_size=(5, 5)", "close its brackets"),
    ("Conv2d: (1, 10, kernal_size=5)", 'did you mean "kernel_size"?'), ("Dense: {unit: 3}", 'did you mean "units"?'),
])  # fmt: skip
def test_a_slip_in_a_call_is_named(form, help):
    assert help in failure(f"- {form}")


def test_more_values_than_axes_are_those_of_the_call():
    for form in ("(3, 2, 1)", "(3, stride=2, padding=1)", "[3, 2, 1]"):
        assert only(f"- nn.MaxPool2d: {form}").output == only("- maxpool: {size: 3, stride: 2, padding: 1}").output


@pytest.mark.parametrize("text", [
    "input: 8x8x1\nlayers: [conv: {filters: (%s, kernel: 3}]", "input: [(%s]\nlayers: [relu]",
    "input: 8x8x1\nlayers: [Conv2d: [(%s]]",
])  # fmt: skip
def test_a_bracket_that_stays_open_over_thousands_of_values_is_no_work(text):
    begun = process_time()
    with pytest.raises(CnncalcError):
        parse(text % ", ".join(map(str, range(20_000)))).summary()
    assert process_time() - begun < 10


@pytest.mark.parametrize(
    ("layer", "params"),
    [
        ("nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2))", 80),
        ("nn.Sequential(nn.Sequential(nn.Conv2d(1, 8, 3)), nn.Conv2d(8, 2, 1))", 98),
        ("Sequential([Conv2D(8, 3), ReLU(), Conv2D(2, (1, 1))])", 98),
        ("residual(nn.Conv2d(1, 1, 3, padding=1))", 10),
    ],
)
def test_a_call_inside_a_call_keeps_its_arguments(layer, params):
    assert net(f"- {layer}").summary().totals.params == params


@pytest.mark.parametrize("slope", ["0.2", "alpha=0.2", "negative_slope=0.2"])
def test_an_activation_with_a_number_of_its_own_is_not_read_without_it(slope):
    text = failure(f"- Conv2D(8, 3, activation=LeakyReLU({slope}))")
    assert f'found "LeakyReLU({slope})"' in text
    assert only("- Conv2D(8, 3, activation=nn.ReLU(inplace=True))").params == 80

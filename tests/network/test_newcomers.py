"""Networks as people typed them who had not seen the language, each in one try; and one network in three dialects."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import CnncalcError, load, parse

FOLDER = Path(__file__).parents[1] / "facts" / "newcomers"
#: PyTorch's two bias vectors were expected; a layer has one unless ``biases: 2`` says otherwise, and its row says so.
ONE_BIAS = {"lstm-classifier": (4_960_385, 4_956_289)}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_network_as_typed_is_the_network_that_was_meant(path: Path) -> None:
    net = load(str(path))
    failed = [finding.message for finding in net.findings()]
    if path.stem in ONE_BIAS:
        wanted, got = ONE_BIAS[path.stem]
        assert net.summary().totals.params == got
        assert [str(wanted) in text and str(got) in text for text in failed] == [True]
        summary = net.summary()
        assert any("biases: 2" in note.text for row in summary.rows for note in summary.notes(row))
    else:
        assert failed == []


OURS = """
input: 32x32x3
layers:
  - conv: {filters: 8, kernel: 3, padding: 1}
  - batchnorm
  - relu
  - maxpool: 2
  - transposed_conv: {filters: 4, kernel: 2, stride: 2}
  - depthwise_conv: {kernel: 3}
  - silu
  - global_avgpool
  - dropout: 0.3
  - dense: 10
"""
PYTORCH = """
input: 32x32x3
layers:
  - nn.Conv2d: [3, 8, 3, padding: 1]
  - BatchNorm2d: 8
  - ReLU: True
  - nn.MaxPool2d(2, 2)
  - ConvTranspose2d: {in_channels: 8, out_channels: 4, kernel_size: (2, 2), stride: 2}
  - depthwise_conv: {kernel_size: 3x3}
  - nn.SiLU(inplace=True)
  - gap
  - Dropout: {p: 0.3}
  - Linear: {in_features: 4, out_features: 2*5}
"""
KERAS = """
input: (32, 32, 3)
layers:
  - Conv2D(8, (3, 3), padding=1)
  - BatchNormalization: {momentum: 0.9}
  - Activation: relu
  - MaxPooling2D
  - Conv2DTranspose: {filters: 4, kernel_size: 2, strides: [2, 2]}
  - layers.DepthwiseConv2D: 3
  - swish
  - GlobalAveragePooling2D
  - keras.layers.Dropout(rate=0.3)
  - Dense: {units: 10}
"""


def rows(text: str) -> list[object]:
    found = parse(text).summary().rows
    return [(row.kind, row.output.sizes, row.params, row.macs, row.receptive_field) for row in found]


@pytest.mark.parametrize("text", [PYTORCH, KERAS], ids=["pytorch", "keras"])
def test_one_network_in_three_dialects_is_one_network(text: str) -> None:
    ours = [("relu" if row[0] == "activation" else row[0], *row[1:]) for row in rows(OURS)]  # type: ignore[index]
    assert [("relu" if row[0] == "activation" else row[0], *row[1:]) for row in rows(text)] == ours  # type: ignore[index]


IMAGE = "input: 28x28x1\nlayers:\n"


@pytest.mark.parametrize(("layer", "kind", "output", "params"), [
    ("- Conv2D(64, 3, activation='relu')", "conv", (26, 26, 64), 640),
    ("- nn.Linear(784, 10)", "dense", (10,), 7850), ("- linear: 10", "dense", (10,), 7850),
    ("- linear", "linear", (28, 28, 1), 0), ("- Conv2d: 1, 64, 3", "conv", (26, 26, 64), 640),
    ("- Conv2d: {out: 64, k: 3, s: 1, p: 1}", "conv", (28, 28, 64), 640),
    ("- conv: {filters: 4*25, kernel: 3x3, padding: SAME}", "conv", (28, 28, 100), 1000),
    ("- Conv2D: {filters: 8, kernel_size: (5, 5), strides: (2, 2)}", "conv", (12, 12, 8), 208),
    ("- Conv2D:\n    filters: 8\n    kernel_size: 5\n  name: c", "conv", (24, 24, 8), 208),
    ("- conv:\n  filters: 8\n  kernel: 5", "conv", (24, 24, 8), 208),
    ("- maxpool: 2x2", "maxpool", (14, 14, 1), 0), ("- MaxPool2d: [3, 2]", "maxpool", (13, 13, 1), 0),
    ("- keras.layers.MaxPooling2D((2, 2), strides=(2, 2))", "maxpool", (14, 14, 1), 0),
    ("- AdaptiveAvgPool2d: (1, 1)", "adaptive_avgpool", (1, 1, 1), 0), ("- ZeroPadding2D", "pad", (30, 30, 1), 0),
    ("- upconv: {filters: 2, kernel: 2, stride: 2}", "transposed_conv", (56, 56, 2), 10),
    ("- LayerNorm: [28, 28, 1]", "layernorm", (28, 28, 1), 1568), ("- batchnorm: 1", "batchnorm", (28, 28, 1), 4),
    ("- softmax: {axis: -1}", "softmax", (28, 28, 1), 0), ("- dense: 4*4*64", "dense", (1024,), 803840),
    ("- Conv2d(1, 8, 3, bias=False)", "conv", (26, 26, 8), 72),
    ("- BatchNorm2d: {num_features: 1, affine: False}", "batchnorm", (28, 28, 1), 2),
    ("- nn.PReLU()", "prelu", (28, 28, 1), 1),
])  # fmt: skip
def test_a_layer_in_other_words(layer: str, kind: str, output: tuple[int, ...], params: int) -> None:
    (row,) = parse(IMAGE + layer).summary().rows
    assert (row.kind, row.output.sizes, row.params) == (kind, output, params)


@pytest.mark.parametrize(("layer", "says"), [
    ("- pool: 2", ['"pool" could mean maxpool or avgpool']), ("- norm", ["batchnorm or layernorm"]),
    ("- conv: {in_channels: 3, filters: 8, kernel: 3}", ["in_channels is 3", "has 1 channel (", "in_channels: 1"]),
    ("- nn.Linear(512, 10)", ["in_features is 512", "has 784 numbers"]),
    ("- batchnorm: 64", ["batchnorm: 64 is the number of channel", "has 1 channel", "batchnorm: 1, or leave it out"]),
    ("- layernorm: 64", ["layernorm: 64 is the number of channel", "has 1 channel"]),
    ("- BatchNorm2d: 1e-3", ["BatchNorm2d", "give eps its name: {eps: 1e-3}"]),
    ("- conv1d: {filters: 3, kernel: 3}", ["conv1d works on a sequence", "an image of 28×28×1", "batch axis"]),
    ("- conv3d: {filters: 3, kernel: 3}", ["conv3d works on a volume", "28x28x1x1"]),
    ("- conv: {filters: 3, kernel: 3, padding: causal}", ["causal padding is for sequences", "padding: same"]),
    ("- maxpool:2", ["- maxpool: 2"]), ("- conv:10,kernel=5", ["- conv: {filters: 10, kernel: 5}"]),
    ("- maxpool 2x2", ["- maxpool: 2x2"]), ("- type: Conv2d\n  out_channels: 3", ["- Conv2d: {out_channels: ...}"]),
    ("- conv2d: [1, 64, 3]", ["does not say what its 3 values are", "in_channels, out_channels", "filters, kernel"]),
    ("- Conv2d: {out_channels: 8, kernel_size: 3, padding_mode: reflect}", ["padding_mode reflect", "zeros"]),
    ("- Conv2d: {out_channels: 8, filters: 9, kernel: 3}", ["given twice"]), ("- PReLU", ["PyTorch", "Keras"]),
    ("- Bidirectional: {LSTM: 64}", ["bidirectional: true"]), ("- ReLU: 3", ["without a value"]),
    ("- Softmax: 1", ["axis 1 is the height", "dim: 3"]), ("- Upsample: 2", ["the factor or the size"]),
    ("- Conv2d(1, open('x'))", ["whole number"]), ("- Conv2d(", ["no kind of layer"]),
    ("- Dense: {units: 3, kernel_regularizer: l2}", ['has no "kernel_regularizer"']),
    ("- residual: [conv: {filters: 4, kernel: 3, stride: 2, padding: 1}]",
     ["shortcut: [conv: {filters: 4, kernel: 1, stride: 2}]"]),
    ("- conv: {name: a, filters: 1, kernel: 4}\n- concat: [input, a]", ["crop: {amount: [[1, 2], [1, 2]]}"]),
    ("- reshape: 4x4", ["784 numbers", "an image of 28×28×1"]),
])  # fmt: skip
def test_what_cannot_be_read_is_answered_with_what_to_write(layer: str, says: list[str]) -> None:
    with pytest.raises(CnncalcError) as caught:
        parse(IMAGE + layer).summary()
    assert caught.value.exit_code == 3
    for words in says:
        assert words in str(caught.value)


BLOCKS = """
define:
  wide: {args: [width], layers: [conv: {filters: width, kernel: 1}]}
  same: {shared: true, layers: [dense: {units: 3, flatten: "false"}]}
input: 8x8x4
layers:
%s
"""


@pytest.mark.parametrize(("layers", "names"), [
    ("- wide: {width: 6}\n- wide: 7\n- use: {block: wide, width: 8}", ["wide1/conv1", "wide2/conv1", "wide3/conv1"]),
    ("- use: wide\n  width: 6", ["wide1/conv1"]), ("- wide: {width: 3, name: w}", ["w/conv1"]),
    ("- repeat: {n: 2, body: [relu]}", ["repeat1/1/relu1", "repeat1/2/relu1"]),
    ("- repeat: 2\n  layers: relu", ["repeat1/1/relu1", "repeat1/2/relu1"]),
    ("- residual: [relu]", ["residual1/relu1", "residual1"]), ("- sequential: {body: relu}", ["sequential1/relu1"]),
    ("- parallel: [relu, [tanh], {layers: [silu]}, []]",
     ["parallel1/1/relu1", "parallel1/2/tanh1", "parallel1/3/silu1", "parallel1"]),
    ("- relu: {name: relu2}\n- relu\n- relu", ["relu2", "relu3", "relu4"]),
    ("- relu\n- tanh\n- add: [relu1, tanh1]\n- concat: {inputs: [relu1, add1]}",
     ["relu1", "tanh1", "add1", "concat1"]),
])  # fmt: skip
def test_blocks_and_names(layers: str, names: list[str]) -> None:
    assert [row.name for row in parse(BLOCKS % layers).summary().rows] == names


def test_a_shared_definition_is_counted_once() -> None:
    assert parse(BLOCKS % "- same: {from: input}\n- same: {name: again, from: input}").summary().totals.params == 15


@pytest.mark.parametrize("text", ["28, 28, 1", "(28, 28, 1)", "28X28X1", "28×28×1", "[28, 28, 1]", "7*4x(20+8)x1"])
def test_one_reading_of_sizes(text: str) -> None:
    (row,) = parse(f"input: {text}\nlayers: [relu]").summary().rows
    assert row.output.sizes == (28, 28, 1)


def test_two_equal_sizes_before_a_window_are_an_image_without_channels() -> None:
    with pytest.raises(CnncalcError, match="28x28 has no channels"):
        parse("input: 28x28\nlayers: [conv: {filters: 3, kernel: 3}]").summary()
    for sizes in ("[28, 28]", "28x16", "16000x1"):
        parse(f"input: {sizes}\nlayers: [conv: {{filters: 3, kernel: 3}}]").summary()


@pytest.mark.parametrize(("kernel", "dilation", "stride"), [(3, 1, 1), (2, 4, 1), (5, 2, 2), (1, 1, 3)])
def test_causal_padding_is_all_at_the_beginning(kernel: int, dilation: int, stride: int) -> None:
    fields = f"filters: 2, kernel: {kernel}, dilation: {dilation}, stride: {stride}"
    before = dilation * (kernel - 1)
    causal = parse(f"input: 40x3\nlayers: [conv: {{{fields}, padding: causal}}]")
    written = parse(f"input: 40x3\nlayers: [conv: {{{fields}, padding: [[{before}, 0]]}}]")
    assert causal.summary()["conv1"].output == written.summary()["conv1"].output
    assert causal.summary()["conv1"].effective_padding == [before]
    x = [[[float(i * j % 7) for j in range(3)] for i in range(40)]]
    assert (causal.build()(x) == written.build()(x)).all()


@pytest.mark.parametrize(("layers", "batch"), [
    ("- conv2d: {filters: 3, kernel: 3}", True), ("- relu\n- conv2d: {filters: 3, kernel: 3}", True),
    ("- conv: {filters: 3, kernel: 3}\n- BatchNorm2d", False), ("- flatten\n- BatchNorm2d", False),
])  # fmt: skip
def test_a_batch_axis_is_named_only_where_the_first_size_may_be_one(layers: str, batch: bool) -> None:
    with pytest.raises(CnncalcError) as caught:
        parse(f"input: 8x28x28x3\nlayers:\n{layers}").summary()
    help = caught.value.problems[0].help or ""
    assert ("batch axis" in help, "takes any number of axes" in help) == (batch, not batch)

"""ONNX files: they pass the checker, run with our outputs, and come back as the network that they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from exported import assert_same, cases, weighed

import cnncalc
from cnncalc.export import export
from cnncalc.export.onnx import KINDS, MOST_BYTES
from cnncalc.limits import Limits
from cnncalc.models import _imported as imported
from cnncalc.models import onnx as reader
from cnncalc.models.graph import Graph, Node, Tensor

#: Networks that are small enough for each run of the tests, and those for the oracle alone.
QUICK = ("lenet5", "worked-example", "conv-autoencoder", "squeezenet", "gru", "lstm-tagger")
SLOW = (
    "densenet-121", "efficientnet-b0", "googlenet", "mobilenet-v2", "pointnet", "resnet-18", "u-net", "yolov8n",
    "swin-t", "convnext-t", "whisper-tiny-encoder",
)  # fmt: skip

#: Further networks that come back from their file as they were, in a second each.
RETURN = (
    "autoencoder-dense", "lstm-classifier", "pointnet", "resnet-18", "rnn-exploding-gradient", "rnn-many-to-many",
    "rnn-many-to-one", "rnn-one-to-many", "rnn-one-to-one", "waves-lstm-autoencoder",
)  # fmt: skip

#: Kinds of the cases that ONNX cannot say, or that its runtime does not run.
WITHOUT = {"conv_lstm", "deformable_conv", "opaque"}


def ran(path: Path, case) -> dict[str, np.ndarray]:
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    path.write_bytes(case.export("onnx"))
    onnx.checker.check_model(str(path), full_check=True)
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    assert all(value.shape[0] == "N" for value in [*session.get_inputs(), *session.get_outputs()])
    made = session.run(None, {name: case.first(array) for name, array in case.feeds.items()})
    return dict(zip((value.name for value in session.get_outputs()), made, strict=True))


@pytest.mark.oracle
@pytest.mark.parametrize("text", cases())
def test_each_kind_runs_with_our_outputs(text, tmp_path):
    case = weighed(cnncalc.parse(text))
    kind = case.net.summary().rows[-1].kind
    if kind in WITHOUT or getattr(case.net.summary().rows[-1].layer.kind, "projection", None):
        with pytest.raises(cnncalc.SpecError, match="ONNX has no translation of"):
            case.export("onnx")
        return
    wanted = {name: case.first(array) for name, array in case.outputs().items()}
    assert_same(ran(tmp_path / "case.onnx", case), wanted)


@pytest.mark.oracle
@pytest.mark.parametrize("name", [*QUICK, *SLOW])
def test_each_spec_runs_with_our_outputs(name, spec, tmp_path):
    case = weighed(spec(name))
    wanted = {name: case.first(array) for name, array in case.outputs().items()}
    assert_same(ran(tmp_path / "model.onnx", case), wanted)


def test_every_kind_has_operators_but_those_that_are_known_to_have_none():
    from cnncalc import kinds
    from cnncalc.kinds.base.composite import Composite

    known = {word for word in kinds.every() if not issubclass(kinds.find(word), Composite)}
    assert known - KINDS.keys() == WITHOUT
    assert set(KINDS) <= known


@pytest.mark.parametrize("name", [*QUICK, *RETURN])
def test_a_file_comes_back_as_the_network_that_it_was(name, spec, tmp_path):
    """Read by our own reader: the same sizes, parameters and multiply-accumulates, and the same outputs."""
    returned(weighed(spec(name)), tmp_path / "model.onnx")


@pytest.mark.oracle
@pytest.mark.parametrize(
    "name", ["densenet-121", "efficientnet-b0", "googlenet", "mobilenet-v2", "convnext-t", "swin-t"]
)
def test_a_large_file_comes_back_as_the_network_that_it_was(name, spec, tmp_path):
    test_a_file_comes_back_as_the_network_that_it_was(name, spec, tmp_path)


RECURRENT = """
input: 5x3
layers:
  - {word}: {{units: 4, biases: {biases}, return_sequences: true, bidirectional: true}}
"""


@pytest.mark.parametrize("zero", [(), ("recurrent_bias",), ("bias", "recurrent_bias")])
@pytest.mark.parametrize("biases", [1, 2])
@pytest.mark.parametrize("word", ["rnn", "lstm", "gru"])
def test_a_recurrent_layer_has_as_many_biases_as_its_file(word, biases, zero, tmp_path):
    """Two in a file are one where zeros take the place of the second, and of the first there are others."""
    case = weighed(cnncalc.parse(RECURRENT.format(word=word, biases=biases)))
    for name, array in case.arrays.items():
        array *= name.rpartition("/")[2].removeprefix("backward_") not in zero
    (tmp_path / "a.onnx").write_bytes(case.export("onnx"))
    back = cnncalc.from_onnx(tmp_path / "a.onnx")
    one = biases == 1 or (zero == ("recurrent_bias",) and word != "gru")
    assert back.summary().rows[-1].layer.kind.biases == (1 if one else 2)
    assert bool(back.remarks) == one
    assert_same(dict(enumerate(back.build().run(case.feeds).values())), dict(enumerate(case.outputs().values())))


def returned(case, path):
    """The network that our reader makes of a file of ours; it counts the same and gives the same outputs."""
    path.write_bytes(case.export("onnx"))
    back = cnncalc.from_onnx(path)
    ours, theirs = case.net.summary(), back.summary()
    for quantity in ("params", "trainable_params", "non_trainable_params", "macs"):
        assert getattr(theirs.totals, quantity) == getattr(ours.totals, quantity)
    assert list(theirs.outputs.values()) == list(ours.outputs.values())
    feeds = {name: case.first(array) for name, array in case.feeds.items()}
    wanted = [case.first(array) for array in case.outputs().values()]
    assert_same(dict(enumerate(back.build().run(feeds).values())), dict(enumerate(wanted)))
    return back


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize(
    "fields",
    [
        "relative_bias: table", "relative_bias: table, causal: true", "relative_bias: buckets",
        "relative_bias: buckets, buckets: 8", "relative_bias: buckets, buckets: 8, causal: true",
    ],
)  # fmt: skip
def test_numbers_by_distance_come_back_as_those_of_the_same_rule(fields, zero, tmp_path):
    case = weighed(cnncalc.parse(f"{{input: 19x6, layers: [attention: {{heads: 2, {fields}}}]}}"))
    case.arrays["attention1/relative_bias"] *= not zero
    text = returned(case, tmp_path / "a.onnx").to_yaml()
    assert all(field in text for field in fields.split(", "))


@pytest.mark.parametrize("fields", ["", ", bias: true", ", activation: tanh", ", bias: true, activation: relu"])
@pytest.mark.parametrize("first", ["input: 7, layers: [embedding: {name: a, vocab: 9, dim: 6}",
                                   "input: 7, layers: [dense: {name: a, units: 6}",
                                   "input: 5x7, layers: [dense: {name: a, units: 6, bias: false}"])  # fmt: skip
def test_a_matrix_that_is_used_transposed_is_counted_once(first, fields, tmp_path):
    case = weighed(cnncalc.parse(f"{{{first}, tanh, use: {{name: b, layer: a, transposed: true{fields}}}]}}"))
    assert "layer: a, transposed: true" in returned(case, tmp_path / "a.onnx").to_yaml().replace("from: a, ", "")


@pytest.mark.parametrize("sizes", ["9x6", "4x3x8"])
@pytest.mark.parametrize("style", ["sinusoidal", "learned"])
def test_positions_come_back_as_computed_or_learned(style, sizes, tmp_path):
    case = weighed(cnncalc.parse(f"{{input: {sizes}, layers: [tanh, positional_encoding: {{style: {style}}}, tanh]}}"))
    rows = returned(case, tmp_path / "a.onnx").summary().rows
    assert [row.layer.kind.style for row in rows if row.kind == "positional_encoding"] == [style]


@pytest.mark.parametrize(
    "layers",
    [
        "{dense: {name: a, units: 3}}, {dense: {name: b, units: 3, from: input}}, "
        "{matmul: {from: [a, b], transpose: true}}, relu",
        "{dense: {name: a, units: 4}}, {matmul: {from: [input, a], transpose: true}}, {rescale: {scale: 0.5}}, "
        "{softmax: {name: m}}, {dense: {name: v, units: 5, from: input}}, {matmul: {from: [m, v]}}, relu",
        "{global_avgpool: {name: g}}, {dense: {units: 24}}, {reshape: {name: r, shape: [4, 6]}}, "
        "{matmul: {from: [input, r]}}, {dense: 2}",
    ],
)
def test_a_product_of_two_sequences_that_is_not_attention_is_a_matmul(layers, tmp_path):
    case = weighed(cnncalc.parse(f"{{input: 7x4, layers: [{layers}]}}"))
    assert "matmul" in [row.kind for row in returned(case, tmp_path / "a.onnx").summary().rows]


@pytest.mark.parametrize("sizes", ["9x6", "4x3x6"])
def test_a_table_of_more_positions_than_the_input_has_is_counted_whole(sizes, tmp_path):
    layer = "positional_encoding: {style: learned, max_length: 20}"
    case = weighed(cnncalc.parse(f"{{input: {sizes}, layers: [tanh, {layer}, tanh]}}"))
    assert "max_length: 20" in returned(case, tmp_path / "a.onnx").to_yaml()


def test_a_head_of_pytorch_may_have_the_matrix_of_the_embedding():
    nodes = [("Gather", ["table", "x"], "e", {}), ("MatMul", ["e", "turned"], "y", {})]
    nodes.insert(1, ("Transpose", ["table"], "turned", {"perm": [1, 0]}))
    found = imported(graph({"x": (5,)}, nodes, table=np.zeros((9, 4), "<f4")), partial=False)
    totals = cnncalc.parse(found.text).summary().totals
    assert (totals.params, totals.macs) == (9 * 4, 5 * 9 * 4)


@pytest.mark.parametrize("fields", ["", "scale: false", "eps: 0.01"])
@pytest.mark.parametrize("sizes", ["6", "5x6", "4x5x6"])
def test_a_norm_by_the_root_of_the_mean_square_comes_back_as_one_layer(sizes, fields, tmp_path):
    layers = f"[dense: {{units: 6, flatten: false}}, rmsnorm: {{{fields}}}]"
    case = weighed(cnncalc.parse(f"{{input: {sizes}, layers: {layers}}}"))
    back = returned(case, tmp_path / "a.onnx").summary().rows
    assert [row.kind for row in back] == ["dense", "rmsnorm"]
    assert back[-1].layer.kind.eps == case.net.summary().rows[-1].layer.kind.eps


def graph(inputs, nodes, **arrays) -> Graph:
    """A graph whose last value is its output."""
    made = Graph("a.onnx", "")
    made.inputs = {name: (None, *sizes) for name, sizes in inputs.items()}
    made.tensors = {
        name: Tensor(name, array.shape, array.dtype.name, array.tobytes, fixed=array.size == 1 and "." not in name)
        for name, array in arrays.items()
    }
    made.nodes = [Node(op, "", reads, [name], settings) for op, reads, name, settings in nodes]
    made.outputs = [nodes[-1][2]]
    return made


@pytest.mark.parametrize("square", [("Pow", ["x", "two"]), ("Mul", ["x", "x"])])
@pytest.mark.parametrize("last", [("Div", ["x", "root"]), ("Reciprocal", ["root"]), ("Div", ["one", "root"])])
@pytest.mark.parametrize("axis", [-1, 2])
def test_a_norm_by_the_root_of_the_mean_square_is_found_as_frameworks_write_it(square, last, axis):
    ends = [(*last, "normed" if last == ("Div", ["x", "root"]) else "inverse", {})]
    if ends[0][2] == "inverse":
        ends.append(("Mul", ["x", "inverse"], "normed", {}))
    arrays = {"two": np.float32([2]), "one": np.float32([1]), "eps": np.float32([1e-6])}
    nodes = [
        (*square, "squares", {}), ("ReduceMean", ["squares"], "mean", {"axes": [axis], "keepdims": 1}),
        ("Add", ["mean", "eps"], "sum", {}), ("Sqrt", ["sum"], "root", {}),
        *ends, ("Mul", ["gamma", "normed"], "y", {}),
    ]  # fmt: skip
    found = imported(graph({"x": (5, 4)}, nodes, gamma=np.arange(4, dtype="<f4"), **arrays), partial=False)
    (row,) = cnncalc.parse(found.text).summary().rows
    assert (row.kind, row.layer.kind.eps, row.params) == ("rmsnorm", 1e-6, 4)


@pytest.mark.parametrize("op", ["Expand", "Tile"])
def test_features_repeated_along_a_new_axis_are_a_sequence(op):
    nodes = [("Unsqueeze", ["x", "axes"], "u", {}), (op, ["u", "sizes"], "y", {})]
    arrays = {"axes": np.array([1], "<i8"), "sizes": np.array([1, 7, 1], "<i8")}
    (row,) = cnncalc.parse(imported(graph({"x": (4,)}, nodes, **arrays), partial=False).text).summary().rows
    assert (row.kind, row.output.sizes) == ("repeat_vector", (7, 4))


def graph_of(path: Path, text: str):
    path.write_bytes(weighed(cnncalc.parse(text)).export("onnx"))
    return reader.read(str(path), Limits())


def test_inputs_and_outputs_have_the_names_of_the_spec_and_an_open_batch(tmp_path):
    graph = graph_of(
        tmp_path / "a.onnx",
        "{input: {my image: 8x6x3, tag: 5}, layers: [{conv: {name: a b, filters: 4, kernel: 3, from: my image}}, "
        "{dense: {name: d, units: 2, from: tag}}]}",
    )
    assert graph.inputs == {"my image": (None, 3, 8, 6), "tag": (None, 5)}
    assert graph.outputs == ["a b", "d"]
    assert graph.known["a b"] == (None, 4, 6, 4)


def test_token_ids_are_whole_numbers(tmp_path):
    graph = graph_of(tmp_path / "a.onnx", "{input: 7, layers: [embedding: {vocab: 9, dim: 3}]}")
    assert [node.op for node in graph.nodes] == ["Gather"]


def test_an_output_that_is_an_input_or_another_layer_has_its_own_name(tmp_path):
    graph = graph_of(tmp_path / "a.onnx", "{input: 4, layers: [dropout, {dense: 2}, {dropout: {name: z}}]}")
    assert graph.outputs == ["z"]
    assert "z" in [name for node in graph.nodes for name in node.outputs]


def test_weights_that_layers_share_are_kept_once(tmp_path):
    text = """
      input: {a: 8, b: 8}
      layers:
        - dense: {name: d, units: 4, from: a}
        - use: {layer: d, name: e, from: b}
        - add: [d, e]
    """
    graph = graph_of(tmp_path / "a.onnx", text)
    assert sorted(graph.tensors) == ["d.bias", "d.kernel"]


def test_a_flattened_image_needs_no_transposition_where_dense_layers_read_it(tmp_path):
    text = "{input: 4x5x3, layers: [flatten, relu, dropout, dense: 2]}"
    assert "Transpose" not in [node.op for node in graph_of(tmp_path / "a.onnx", text).nodes]
    text = "{input: 4x5x3, layers: [flatten, softmax, dense: 2]}"  # the order does not matter, but it is not proven
    assert "Transpose" in [node.op for node in graph_of(tmp_path / "b.onnx", text).nodes]


UNSAID = """input: {v: 8x4x4x3, w: 6x3}
layers:
  - conv_lstm: {name: a, filters: 2, kernel: 3, padding: same, return_sequences: true, from: v}
  - conv_lstm: {name: b, filters: 2, kernel: 3, padding: same}
  - lstm: {name: c, units: 4, projection: 2, from: w}
"""


def test_every_kind_that_cannot_be_said_is_one_problem_with_its_place_and_count(tmp_path, monkeypatch):
    with pytest.raises(cnncalc.SpecError) as error:
        export(cnncalc.parse(UNSAID).summary(), "onnx", None, 0, Limits())
    (problem,) = error.value.problems
    assert problem.text == "ONNX has no translation of conv_lstm (2 layers, the first of them a)"
    assert (problem.mark.line, problem.mark.column) == (3, 5)


def test_weights_beyond_two_gigabytes_are_refused_before_they_are_drawn():
    net = cnncalc.parse(f"{{input: 40000, layers: [dense: {{units: {MOST_BYTES // 4 // 40000 + 1}, bias: false}}]}}")
    with pytest.raises(
        cnncalc.LimitError, match=r"2,14\d,\d{3},\d{3} bytes; an ONNX file holds less than 2,147,483,648"
    ):
        export(net.summary(), "onnx", None, 0, Limits())


def test_unknown_letters_are_refused():
    with pytest.raises(cnncalc.SpecError, match="unknown letters"):
        export(cnncalc.parse("{input: HxWx3, layers: [relu]}").summary(), "onnx", None, 0, Limits())

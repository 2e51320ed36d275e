"""ONNX files become specs: sizes, parameters and outputs as PyTorch has them (recorded by ``record.py``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cnncalc
from cnncalc.limits import Limits
from cnncalc.models import onnx, wire

RECORDED = Path(__file__).with_name("recorded")
FILES = sorted(RECORDED.glob("*.onnx"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def model(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_outputs_equal_pytorch(model: Path) -> None:
    net = cnncalc.from_onnx(model)
    recorded = np.load(model.with_suffix(".npz"))
    got, wanted = net.build()(recorded["x"]), recorded["y"]
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_learned_numbers_equal_pytorch(model: Path) -> None:
    """Where batch normalisation was folded into a convolution, its two numbers a channel are one bias."""
    net = cnncalc.from_onnx(model)
    learned = int(np.load(model.with_suffix(".npz"))["learned"])
    folded = [remark for remark in net.remarks if "batchnorm" in remark]
    assert bool(folded) == (model.stem == "residual")
    assert net.summary().totals.trainable_params == (learned - 2 * 8 if folded else learned)


def test_the_spec_says_the_same_without_the_file(model: Path) -> None:
    net = cnncalc.from_onnx(model)
    again = cnncalc.parse(net.to_yaml())
    first, second = net.summary(), again.summary()
    assert (first.totals.params, first.totals.macs) == (second.totals.params, second.totals.macs)
    assert first.outputs == second.outputs
    x = np.load(model.with_suffix(".npz"))["x"]
    assert np.array_equal(net.build()(x), again.build(dict(net.weights or {}))(x))


def test_patterns_come_back_as_one_layer() -> None:
    kinds = {path.stem: {row.kind for row in cnncalc.from_onnx(path).summary().rows} for path in FILES}
    assert {"channel_shuffle", "split", "pixel_unshuffle"} <= kinds["shuffle"]
    assert kinds["last-axis"] == {"conv", "depthwise_conv", "layernorm", "dense", "scale", "add", "global_avgpool"}
    assert kinds["lenet"] == {"conv", "maxpool", "avgpool", "flatten", "dense"}
    assert {"patch_embedding", "class_token", "positional_encoding", "attention", "select"} <= kinds["tokens"]
    assert kinds["windows"] & {"reshape", "permute", "opaque"} == set()
    windows = cnncalc.from_onnx(RECORDED / "windows.onnx").to_yaml()
    assert "heads: 2, window: 2, shift: 1, relative_bias: table" in windows
    assert "heads: 2, key_dim: 4, value_dim: 6, causal: true" in cnncalc.from_onnx(RECORDED / "causal.onnx").to_yaml()
    assert {"lstm", "gru", "rnn"} <= kinds["rows"]
    text = cnncalc.from_onnx(RECORDED / "squeeze.onnx").to_yaml()
    for activation in ("hard_swish", "silu", "hard_sigmoid", "relu6"):
        assert f"activation: {activation}" in text


def test_layers_have_the_names_of_the_model() -> None:
    names = [row.name for row in cnncalc.from_onnx(RECORDED / "residual.onnx").summary().rows]
    assert names[:4] == ["0", "1.conv1", "1.conv2", "1.add"]


def test_the_reader_agrees_with_the_onnx_package(model: Path) -> None:
    package = pytest.importorskip("onnx")
    theirs, ours = package.load(model).graph, onnx.read(str(model), Limits())
    assert [(n.op_type, list(n.input), list(n.output)) for n in theirs.node] == [
        (n.op, n.inputs, n.outputs) for n in ours.nodes
    ]
    for tensor in theirs.initializer:
        found = ours.tensors[tensor.name]
        wanted = package.numpy_helper.to_array(tensor)
        assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype.name)
        assert bytes(found.read()) == wanted.tobytes()


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".h5", ".pkl"])
def test_other_model_files_are_refused_with_the_way_to_go(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(cnncalc.SpecError, match=f"{suffix} files are not read") as caught:
        cnncalc.load(tmp_path / f"model{suffix}")
    assert "ONNX" in str(caught.value) or "onnx" in str(caught.value)


def test_every_operator_that_is_not_read_is_listed_once() -> None:
    graph = onnx.read(str(RECORDED / "lenet.onnx"), Limits())
    from cnncalc.models import operators
    from cnncalc.models.importer import Importer

    for node in graph.nodes[:3]:
        node.op = "Strange"
    with pytest.raises(cnncalc.SpecError) as caught:
        Importer(graph, operators.find, operators.constants.fold).run()
    (problem,) = caught.value.problems
    assert "the operator Strange is not read" in problem.text


def test_partial_keeps_an_opaque_layer_and_exact_sizes() -> None:
    from cnncalc.models import operators, spec
    from cnncalc.models.importer import Importer

    graph = onnx.read(str(RECORDED / "lenet.onnx"), Limits())
    first = graph.nodes[0]
    first.op, graph.known[first.outputs[0]] = "Strange", (1, 6, 16, 12)
    importer = Importer(graph, operators.find, operators.constants.fold, partial=True)
    importer.run()
    net = cnncalc.parse(spec.Written(importer, flat=True).text)
    whole = cnncalc.from_onnx(RECORDED / "lenet.onnx").summary()
    assert net.summary().rows[0].kind == "opaque"
    assert net.summary().totals.params == whole.totals.params
    assert net.summary().outputs == whole.outputs
    assert graph.remarks == [f"{first.name}: the operator Strange is kept as an opaque layer"]


def test_varints_are_read_to_their_end() -> None:
    assert list(wire.fields(memoryview(b"\x08\xac\x02"))) == [(1, 300)]
    assert wire.signed(2**64 - 1) == -1
    for broken in (b"\x08", b"\x08" + b"\xff" * 11, b"\x12\x05ab", b"\x0b\x01", b"\x0d\x01\x02"):
        with pytest.raises(wire.Broken):
            list(wire.fields(memoryview(broken)))


def test_a_dense_layer_used_again_on_a_sequence_has_its_bias_once(tmp_path: Path) -> None:
    text = "{input: 5x8, layers: [{dense: {name: d, units: 8}}, relu, {use: {layer: d}}, {dense: {name: e, units: 3}}]}"
    net, rng = cnncalc.parse(text), np.random.default_rng(0)
    sizes = {"d/kernel": (8, 8), "d/bias": (8,), "e/kernel": (8, 3), "e/bias": (3,)}
    weights = {name: rng.normal(size=each).astype(np.float32) for name, each in sizes.items()}
    x = rng.normal(size=(2, 5, 8)).astype(np.float32)
    (tmp_path / "m.onnx").write_bytes(net.export("onnx", weights))
    again = cnncalc.from_onnx(tmp_path / "m.onnx")
    assert again.summary().totals.params == net.summary().totals.params == 8 * 8 + 8 + 8 * 3 + 3
    assert np.allclose(again.build()(x), net.build(weights)(x), atol=1e-5)


@pytest.mark.oracle
@pytest.mark.parametrize(("second", "gamma", "params"), [("n2", 1.0, 32), ("n1", 1.0, 16), ("n2", None, 16)])
def test_a_new_normalisation_whose_arrays_are_stored_once_is_counted_with_its_module(
    second: str, gamma: float | None, params: int, tmp_path: Path
) -> None:
    """As torch.onnx with ``dynamo=True`` stores them; learned numbers that are equal are shared."""
    onnx_ = pytest.importorskip("onnx")
    helper, numpy_helper = onnx_.helper, onnx_.numpy_helper
    nodes = []
    for x, y, module in (("x", "h", "n1"), ("r", "y", second)):
        node = helper.make_node("LayerNormalization", [x, "n1.weight", "n1.bias"], [y])
        entry = node.metadata_props.add()
        entry.key, entry.value = "pkg.torch.onnx.name_scopes", f"['', '{module}', 'layer_norm']"
        nodes.append(node)
    nodes.insert(1, helper.make_node("Relu", ["h"], ["r"]))
    ends = [helper.make_tensor_value_info(name, 1, [1, 3, 8]) for name in "xy"]
    scale = np.arange(8) if gamma is None else np.full(8, gamma)
    arrays = {"n1.weight": scale, "n1.bias": np.zeros(8)}
    tensors = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()]
    onnx_.save(helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:], tensors)), tmp_path / "m.onnx")
    assert cnncalc.from_onnx(tmp_path / "m.onnx").summary().totals.params == params

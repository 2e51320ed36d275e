"""Keras's models become specs: sizes, parameters and outputs as Keras has them (recorded by ``record_keras.py``)."""

from __future__ import annotations

import io
import json
import os
import sys
import warnings
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import cnncalc

RECORDED = Path(__file__).with_name("recorded")
FILES = sorted(RECORDED.glob("*.keras"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def model(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def h5py() -> ModuleType:
    return pytest.importorskip("h5py")


def recorded(model: Path) -> Any:
    return np.load(model.with_name(f"{model.stem}-keras.npz"))


def config_of(model: Path, to: Path) -> Path:
    """The config of a ``.keras`` file as a file of its own."""
    with zipfile.ZipFile(model) as archive:
        to.write_bytes(archive.read("config.json"))
    return to


def changed(model: Path, to: Path, **members: bytes) -> Path:
    """A ``.keras`` file with other contents; ``config`` is config.json, and so on."""
    names = {"config.json": "config", "model.weights.h5": "weights", "metadata.json": "metadata"}
    with zipfile.ZipFile(model) as archive, zipfile.ZipFile(to, "w") as made:
        for name in archive.namelist():
            made.writestr(name, members.get(names[name], archive.read(name)))
    return to


def run(net: cnncalc.Net, model: Path) -> list[Any]:
    data = recorded(model)
    inputs = {key.removeprefix("input "): data[key] for key in data.files if key.startswith("input ")}
    given = inputs if len(inputs) > 1 else next(iter(inputs.values()))
    found = net.build()(given)
    return list(found.values()) if isinstance(found, dict) else [found]


def test_outputs_equal_keras(model: Path, h5py: ModuleType) -> None:
    data, found = recorded(model), run(cnncalc.load(model), model)
    wanted = [data[key] for key in data.files if key.startswith("output ")]
    assert len(found) == len(wanted)
    for want in wanted:  # ours are in running order
        assert any(got.shape == want.shape and np.abs(got - want).max() <= 1e-5 * np.abs(want).max() for got in found)


def test_every_layer_has_the_sizes_and_parameters_of_keras(model: Path, tmp_path: Path) -> None:
    """With the standard library alone: from the file, and from its config."""
    data = recorded(model)
    layers = json.loads(str(data["rows"]))
    layout = "channels_first" if model.stem == "first" else "channels_last"
    for path in (model, config_of(model, tmp_path / "config.json")):
        summary = cnncalc.load(path).summary()
        rows = {row.name: row for row in summary.rows}
        for name, (sizes, params) in layers.items():
            if name in rows:
                assert not sizes or list(rows[name].output.written(layout)) == sizes, name
                assert rows[name].params == params, name
            else:  # an activation that became a part of its layer, or functions that became one
                assert not params, name
        totals = summary.totals
        assert [totals.params, totals.trainable_params] == list(data["counts"])


def test_a_config_alone_has_no_weights(model: Path, tmp_path: Path) -> None:
    net = cnncalc.from_keras(config_of(model, tmp_path / "config.json"))
    assert net.weights is None
    assert all(np.isfinite(y).all() for y in run(net, model))


def test_the_text_of_to_json_is_read() -> None:
    """``model.to_json()``, and not a spec in JSON."""
    net = cnncalc.load(RECORDED / "branches.json")
    assert net.summary().totals.params == cnncalc.load(RECORDED / "branches.keras").summary().totals.params


def test_a_spec_in_json_stays_a_spec(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text('{"input": "28x28x1", "layers": [{"conv": {"filters": 10, "kernel": 5}}]}')
    assert cnncalc.load(path).summary().totals.params == 260


def test_the_spec_says_the_same_without_the_file(model: Path, h5py: ModuleType) -> None:
    net = cnncalc.load(model)
    again = cnncalc.parse(net.to_yaml())
    assert again.summary().totals.macs == net.summary().totals.macs
    again.weights = dict(net.weights or {})
    for ours, theirs in zip(run(again, model), run(net, model), strict=True):
        assert np.array_equal(ours, theirs)


def test_layers_called_twice_are_counted_once_and_named() -> None:
    net = cnncalc.load(RECORDED / "branches.keras")
    assert "use: {name: shared_2, from: " in net.to_yaml()
    rows = {row.name: row for row in net.summary().rows}
    assert rows["inner.c"].params == 20
    assert rows["inner.c_2"].params == 0


def test_patterns_are_found_in_keras_too() -> None:
    assert "hard_sigmoid" in cnncalc.load(RECORDED / "branches.keras").to_yaml()


def test_what_is_not_trained_in_keras_is_not_trained() -> None:
    (dense,) = [row for row in cnncalc.load(RECORDED / "image.keras").summary().rows if row.kind == "dense"]
    assert dense.trainable_params == 0
    assert dense.params > 0


def test_weights_without_h5py_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    net = cnncalc.load(RECORDED / "image.keras")
    with pytest.raises(cnncalc.UsageError, match="h5py") as caught:
        net.build()
    assert "cnncalc[keras]" in str(caught.value)


def with_layer(model: Path, to: Path, **config: Any) -> Path:
    """The model of images with one layer of another class and config put in front of its first convolution."""
    with zipfile.ZipFile(model) as archive:
        text = json.loads(archive.read("config.json"))
    layer = {"module": config.pop("module", "keras.layers"), "class_name": config.pop("class_name"), "config": config}
    text["config"]["layers"][1:1] = [layer, {**layer, "config": {**config, "name": "again"}}]
    return changed(model, to, config=json.dumps(text).encode())


def test_every_layer_that_is_not_read_is_said_with_its_place_and_count(tmp_path: Path) -> None:
    path = with_layer(RECORDED / "image.keras", tmp_path / "m.keras", class_name="Lambda", name="odd")
    with pytest.raises(cnncalc.SpecError, match=r"keras.Lambda is not read, first at odd \(2 times\)"):
        cnncalc.load(path)


def test_a_layer_that_is_not_read_is_opaque_where_its_sizes_are_known(tmp_path: Path) -> None:
    """The first layer's sizes are those that the next one was built for."""
    path = with_layer(
        RECORDED / "image.keras", tmp_path / "m.keras", class_name="Mine", module="my.layers", name="odd",
        build_config={},
    )  # fmt: skip
    with zipfile.ZipFile(path) as archive:
        text = json.loads(archive.read("config.json"))
    text["config"]["layers"][2]["build_config"] = {"input_shape": [None, 16, 12, 3]}
    path = changed(path, tmp_path / "n.keras", config=json.dumps(text).encode())
    net = cnncalc.from_keras(path, partial=True)
    assert [row.kind for row in net.summary().rows[:2]] == ["opaque", "opaque"]
    assert any("Mine" in remark for remark in net.remarks)


@pytest.mark.parametrize(
    ("class_name", "config"),
    [
        ("Conv2D", {"filters": "8", "kernel_size": 3}), ("Conv2D", {"filters": 2**60, "kernel_size": 3}),
        ("Conv2D", {"filters": 8, "kernel_size": [3, 3, 3]}), ("Conv2D", {"filters": 8}),
        ("Conv2D", {"filters": 8, "kernel_size": 3, "padding": "reflect"}),
        ("Conv2D", {"filters": 8, "kernel_size": 3, "activation": "my_function"}),
        ("Conv2D", {"filters": 8, "kernel_size": 3, "data_format": "channels_first"}),
        ("BatchNormalization", {"axis": 1}), ("LSTM", {"units": 4}), ("Dense", {"units": -1}),
        ("Dropout", {"rate": "x"}), ("UpSampling2D", {"interpolation": "lanczos3"}), ("Reshape", {"target_shape": "x"}),
    ],
)  # fmt: skip
def test_settings_that_no_layer_has_are_refused(class_name: str, config: dict[str, Any], tmp_path: Path) -> None:
    path = with_layer(RECORDED / "image.keras", tmp_path / "m.keras", class_name=class_name, name="odd", **config)
    with pytest.raises(cnncalc.SpecError, match=f"keras.{class_name}"):
        cnncalc.load(path)


def test_weights_of_other_sizes_are_refused_with_both(tmp_path: Path, h5py: ModuleType) -> None:
    data = io.BytesIO(zipfile.ZipFile(RECORDED / "image.keras").read("model.weights.h5"))
    with h5py.File(data, "r+") as file:
        del file["layers/conv2d/vars/0"]
        file["layers/conv2d/vars/0"] = np.zeros((3, 3, 4, 6), np.float32)
    path = changed(RECORDED / "image.keras", tmp_path / "m.keras", weights=data.getvalue())
    with pytest.raises(cnncalc.SpecError, match="is 3×3×4×6; the layer needs 3×3×3×6"):
        cnncalc.load(path).build()


APPLICATIONS = (
    "VGG16", "ResNet50V2", "InceptionV3", "Xception", "MobileNetV2", "MobileNetV3Small", "DenseNet121",
    "EfficientNetB0", "EfficientNetV2B0", "ConvNeXtTiny", "InceptionResNetV2",
)  # fmt: skip


@pytest.fixture(scope="module")
def keras() -> ModuleType:
    pytest.importorskip("torch")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("keras")


@pytest.mark.oracle
@pytest.mark.parametrize("name", APPLICATIONS)
def test_models_that_keras_ships(name: str, keras: ModuleType) -> None:
    """Every layer's output and parameters; only layers without parameters become a part of another."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = getattr(keras.applications, name)(weights=None, input_shape=(224, 224, 3))
    net = cnncalc.from_keras(found)
    rows = {row.name: row for row in net.summary().rows}
    for layer in found.layers:
        inner = [row for name, row in rows.items() if name.startswith(f"{layer.name}.")]
        row = rows.get(layer.name)
        if row is None:
            assert sum(each.params for each in inner) == layer.count_params(), layer.name
        else:
            assert tuple(row.output.written("channels_last")) == tuple(layer.output.shape[1:]), layer.name
            assert row.params == layer.count_params(), layer.name
    assert net.summary().totals.params == found.count_params()


def test_sizes_that_are_open_are_letters(tmp_path: Path) -> None:
    """An image of any size, as models without their top have it."""
    with zipfile.ZipFile(RECORDED / "image.keras") as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, None, None, 3]
    config["config"]["layers"] = config["config"]["layers"][:7]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    net = cnncalc.load(path)
    assert "input: HxWx3" in net.to_yaml()
    assert str(net.summary().rows[0].output.spatial[0]) == "⌈H/2⌉"
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, 8, 8, None]
    path.write_text(json.dumps(config))
    with pytest.raises(cnncalc.SpecError, match="open number of channels"):
        cnncalc.load(path)


def of_keras_2(config: dict[str, Any]) -> dict[str, Any]:
    """A config as Keras 2 wrote it: calls are lists, functions of numbers are layers of their own."""
    functions = {"Multiply": "math.multiply", "Add": "__operators__.add", "Relu": "nn.relu"}
    layers = []
    for layer in config["config"]["layers"]:
        own = {key: layer[key] for key in ("class_name", "config", "name")}
        calls = []
        for node in layer["inbound_nodes"]:
            first = node["args"][0]
            tensors = first if isinstance(first, list) else [a for a in node["args"] if isinstance(a, dict)]
            refs = [[*tensor["config"]["keras_history"], {}] for tensor in tensors]
            if ".ops" in layer["module"] and layer["class_name"] in functions:
                own["class_name"], own["config"] = "TFOpLambda", {"function": functions[layer["class_name"]]}
                numbers = [a for a in node["args"] if not isinstance(a, dict)]
                second = numbers[0] if numbers else refs[1][:3] if len(refs) > 1 else None
                calls.append([*refs[0][:3], {"y": second} if second is not None else {}])
            else:
                calls.append(refs)
        if "newshape" in own["config"]:
            own["config"] = {"name": own["name"], "target_shape": own["config"]["newshape"][1:]}
        if own["class_name"] == "InputLayer":
            own["config"] = {"batch_input_shape": own["config"]["batch_shape"], "name": own["name"]}
        layers.append({**own, "inbound_nodes": calls})
    return {"class_name": "Functional", "config": {**config["config"], "layers": layers}, "keras_version": "2.15.0"}


def test_a_config_of_keras_2_is_read(tmp_path: Path) -> None:
    config = json.loads((RECORDED / "branches.json").read_text())
    new, old = tmp_path / "new.json", tmp_path / "old.json"
    new.write_text(json.dumps(config))
    old.write_text(json.dumps(of_keras_2(config)))
    text = cnncalc.load(new).to_yaml().replace("reshape1", "reshape")
    assert cnncalc.load(old).to_yaml() == text.replace(", expect: {output: 3}", "")


def test_the_hard_sigmoid_of_keras_2_is_another_function(tmp_path: Path) -> None:
    with zipfile.ZipFile(RECORDED / "image.keras") as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][1]["config"]["activation"] = "hard_sigmoid"
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    assert "hard_sigmoid" in cnncalc.load(path).to_yaml()
    path.write_text(json.dumps({**config, "keras_version": "2.15.0"}))
    with pytest.raises(cnncalc.SpecError, match="hard_sigmoid of Keras 2"):
        cnncalc.load(path)


def test_the_packaged_example_has_the_total_that_keras_publishes(root: Path) -> None:
    """keras.io/examples/vision/mnist_convnet: 34,826 parameters."""
    assert cnncalc.load(root / "specs" / "models" / "digits.json").summary().totals.params == 34826


def test_a_sequence_as_long_as_it_is_wide_is_no_image(tmp_path: Path) -> None:
    """``input: 6x6`` would ask for channels."""
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 6, 6], "name": "x"}},
        {
            "class_name": "Conv1D",
            "config": {"name": "c", "filters": 2, "kernel_size": 3, "data_format": "channels_last"},
        },
    ]
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers}}))
    assert cnncalc.load(path).summary().totals.params == 6 * 3 * 2 + 2

"""Damaged and hostile files of Keras: an error of ours, at once and in bounded memory, or a model."""

from __future__ import annotations

import copy
import io
import json
import os
import random
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.errors import CnncalcError

RECORDED = Path(__file__).with_name("recorded")
FILES = sorted(RECORDED.glob("*.keras"))
EACH = int(os.environ.get("CNNCALC_DAMAGED", "40"))  # variants of each file and kind; 7,000 makes a hundred thousand
#: Values to put in the place of others in a config.
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3, 2**31, 2**60, -(2**63), 10**30, 0.5, 1e308, float("nan"), "", "x", "valid", "same",
    "relu", "channels_first", "a\nb: c", "\x00", "\ud800", [], [0], [-1, 2], [2**60, 2**60], [None], {}, {"config": {}},
    {"class_name": "Conv2D", "config": {}},
    {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}},
)  # fmt: skip


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(to: Path, parts: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(to, "w", how) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return to


def spots(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a config: what holds it, and its key."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(value, (dict, list)):
            yield from spots(value)


def mutated(config: Any, draw: random.Random) -> Any:
    """A config with a few places changed, left out, or put elsewhere."""
    made = copy.deepcopy(config)
    for _ in range(draw.randrange(1, 4)):
        holder, key = draw.choice(list(spots(made)))
        match draw.randrange(4):
            case 0 | 1:
                holder[key] = draw.choice(STRANGE)
            case 2 if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[draw.randrange(len(holder))]))
            case 2 | 3:
                del holder[key]
    return made


def damaged(data: bytes, draw: random.Random) -> bytes:
    """Bytes cut off, changed, or left out."""
    made = bytearray(data)
    match draw.randrange(3):
        case 0:
            del made[draw.randrange(len(made)) :]
        case 1:
            for _ in range(draw.randrange(1, 20)):
                made[draw.randrange(len(made))] = draw.randrange(256)
        case 2:
            place = draw.randrange(len(made))
            del made[place : place + draw.randrange(200)]
    return bytes(made)


def refuses(path: Path, *, weights: bool = False, partial: bool = False) -> bool:
    """Whether a file is refused with an error of ours; any other exception is a failure."""
    try:
        net = cnncalc.from_keras(path, cnncalc.Limits(memory=1 << 26), partial=partial)
        net.summary()
        for name in (net.weights or ()) if weights else ():
            (net.weights or {})[name]
    except CnncalcError as error:
        return error.exit_code in (2, 3, 4)
    return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_config_with_strange_values_is_an_error_of_ours_or_a_model(path: Path, tmp_path: Path) -> None:
    config, draw = json.loads(members(path)["config.json"]), random.Random(path.stem)
    target, refused = tmp_path / "config.json", 0
    for number in range(EACH):
        target.write_text(json.dumps({"class_name": "", **mutated(config, draw)}))
        refused += refuses(target, partial=number % 2 == 1)
    assert refused > EACH // 10


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_damaged_archive_is_an_error_of_ours_or_a_model(path: Path, tmp_path: Path) -> None:
    data, draw = path.read_bytes(), random.Random(path.stem)
    target = tmp_path / "damaged.keras"
    refused = 0
    for _ in range(EACH):
        target.write_bytes(damaged(data, draw))
        refused += refuses(target)
    assert refused > EACH // 10


@pytest.fixture
def h5py() -> ModuleType:
    return pytest.importorskip("h5py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_damaged_weights_are_an_error_of_ours_or_arrays(path: Path, tmp_path: Path, h5py: ModuleType) -> None:
    parts, draw = members(path), random.Random(path.stem)
    target = tmp_path / "damaged.keras"
    for _ in range(EACH):
        broken = {**parts, "model.weights.h5": damaged(parts["model.weights.h5"], draw)}
        refuses(packed(target, broken), weights=True)


def test_files_that_are_no_models_are_refused(tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"\x00" * 1000, b"PK\5\6", b"input: 28x28x1\nlayers: [relu]\n")):
        path = tmp_path / f"{number}.keras"
        path.write_bytes(data)
        assert refuses(path)
    assert refuses(packed(tmp_path / "without.keras", {"metadata.json": b"{}"}))
    for text in (b"[]", b'"x"', b"{", b"\xff\xfe", b"null", b"1e999", b'{"class_name": "Functional", "config": []}'):
        assert refuses(packed(tmp_path / "odd.keras", {"config.json": text}))


def test_a_config_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    for text in ("[" * 200_000, '{"a":' * 200_000, '{"class_name": "x", "config": ' + "[" * 900 + "]" * 900 + "}"):
        (tmp_path / "config.json").write_text(text)
        assert refuses(packed(tmp_path / "deep.keras", {"config.json": text.encode()}))


def functional(*layers: dict[str, Any], output: tuple[Any, ...]) -> dict[str, Any]:
    """A functional model whose input is called x and has three sizes."""
    first = {"class_name": "InputLayer", "name": "x", "config": {"batch_shape": [None, 4, 4, 2], "name": "x"}}
    found = {"name": "m", "layers": [first, *layers], "input_layers": [["x", 0, 0]], "output_layers": [list(output)]}
    return {"class_name": "Functional", "config": found}


def layer(name: str, *reads: tuple[str, int, int], word: str = "Add", **config: Any) -> dict[str, Any]:
    """A layer with one call, in the form of Keras 3."""
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": list(read)}} for read in reads]
    return {"class_name": word, "name": name, "config": {"name": name, **config},
            "inbound_nodes": [{"args": [tensors], "kwargs": {}}]}  # fmt: skip


def written(to: Path, config: dict[str, Any]) -> Path:
    to.write_text(json.dumps(config))
    return to


def test_a_layer_that_reads_itself_is_refused(tmp_path: Path) -> None:
    circle = functional(layer("a", ("x", 0, 0), ("b", 0, 0)), layer("b", ("a", 0, 0)), output=("b", 0, 0))
    with pytest.raises(cnncalc.SpecError, match="reads itself"):
        cnncalc.load(written(tmp_path / "c.json", circle))


@pytest.mark.parametrize("read", [("nobody", 0, 0), ("x", 7, 0), ("a", 0, 0), ("a", -1, 0), ("x", 0, 10**9)])
def test_a_layer_that_reads_what_is_not_there_is_refused(read: tuple[str, int, int], tmp_path: Path) -> None:
    config = functional(layer("a", ("x", 0, 0)), layer("b", ("x", 0, 0), read), output=("b", 0, 0))
    (tmp_path / "c.json").write_text(json.dumps(config))
    if read != ("a", 0, 0):
        assert refuses(tmp_path / "c.json")


def test_models_inside_models_called_often_are_refused_by_a_limit(tmp_path: Path) -> None:
    """Ten calls of a model that calls a model ten times, eight deep: a hundred million layers in a short file."""
    inner: dict[str, Any] = {"class_name": "ReLU", "name": "f", "config": {"name": "f"}}
    for depth in range(8):
        node = {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}], "kwargs": {}}
        nodes = [node]
        for call in range(9):
            name, first = inner["name"], 0 if depth == 0 else 1
            ref = {"class_name": "__keras_tensor__", "config": {"keras_history": [name, call + first, 0]}}
            nodes.append({"args": [ref], "kwargs": {}})
        called = {**inner, "inbound_nodes": nodes}
        model = functional(called, output=(inner["name"], 9 + (depth > 0), 0))
        inner = {**model, "name": f"m{depth}", "config": {**model["config"], "name": f"m{depth}"}}
    with pytest.raises(cnncalc.LimitError, match="layers"):
        cnncalc.load(written(tmp_path / "c.json", inner))


@pytest.mark.parametrize(
    "config",
    [
        {"filters": 2**60, "kernel_size": 1}, {"filters": 2**31 - 1, "kernel_size": 2**31 - 1},
        {"filters": 1, "kernel_size": 1, "padding": "same", "strides": 2**40},
    ],
)  # fmt: skip
def test_sizes_beyond_all_memory_are_refused(config: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    assert refuses(written(path, functional(layer("a", ("x", 0, 0), word="Conv2D", **config), output=("a", 0, 0))))


def test_zip_bombs_are_refused(tmp_path: Path, h5py: ModuleType) -> None:
    parts = members(RECORDED / "image.keras")
    bomb = packed(tmp_path / "a.keras", {**parts, "config.json": b" " * (40 << 20)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(cnncalc.LimitError, match=r"config\.json"):
        cnncalc.load(bomb)
    bomb = packed(tmp_path / "b.keras", {**parts, "model.weights.h5": bytes(70 << 20)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(cnncalc.SpecError, match="unpack"):
        cnncalc.load(bomb).build()


def test_a_long_list_of_files_is_not_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "long.keras", {f"{'x' * 200}{number}": b"" for number in range(6000)})
    with pytest.raises(cnncalc.SpecError, match="list of files"):
        cnncalc.load(path)


def test_sizes_in_a_zip_are_not_believed(tmp_path: Path, h5py: ModuleType) -> None:
    """The weights are said to be longer than the file."""
    path = packed(tmp_path / "m.keras", members(RECORDED / "image.keras"))
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\1\2", 0, data.rfind(b"model.weights.h5"))
    data[place + 20 : place + 28] = struct.pack("<II", 2**31, 2**31)
    path.write_bytes(data)
    assert refuses(path, weights=True)


def with_weights(to: Path, h5py: ModuleType, change: Any) -> Path:
    """The model of images with its HDF5 file changed."""
    parts = members(RECORDED / "image.keras")
    data = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(data, "r+") as file:
        change(file)
    return packed(to, {**parts, "model.weights.h5": data.getvalue()})


def test_links_in_weights_are_not_followed(tmp_path: Path, h5py: ModuleType) -> None:
    """To other files, and to other places; and arrays whose numbers are elsewhere, or nowhere."""
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["kernel"] = np.zeros((3, 3, 3, 6), np.float32)
    (tmp_path / "raw").write_bytes(bytes(4 * 3 * 3 * 3 * 6))

    def external(file: Any) -> None:
        del file["layers/conv2d/vars/0"]
        file["layers/conv2d/vars/0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "kernel")

    def soft(file: Any) -> None:
        file["elsewhere"] = file["layers/conv2d/vars/0"][()]
        del file["layers/conv2d/vars/0"]
        file["layers/conv2d/vars/0"] = h5py.SoftLink("/elsewhere")

    def raw(file: Any) -> None:
        del file["layers/conv2d/vars/0"]
        where = [(str(tmp_path / "raw"), 0, 4 * 3 * 3 * 3 * 6)]
        file.create_dataset("layers/conv2d/vars/0", (3, 3, 3, 6), "f4", external=where)

    def nowhere(file: Any) -> None:
        del file["layers/conv2d/vars/0"]
        file.create_dataset("layers/conv2d/vars/0", (3, 3, 3, 6), "f4", chunks=(1, 1, 1, 1))

    for change in (external, soft, raw, nowhere):
        with pytest.raises(cnncalc.SpecError, match="conv2d/vars/0"):
            cnncalc.load(with_weights(tmp_path / "m.keras", h5py, change)).build()


def test_what_an_unread_layer_holds_is_counted_once_where_groups_lead_back(tmp_path: Path, h5py: ModuleType) -> None:
    """A layer that is not read, whose group holds itself."""

    def circle(file: Any) -> None:
        group = file.create_group("layers/mine")
        group["vars/0"] = np.zeros((5, 7), np.float32)
        group["back"] = group["again"] = group

    path = with_weights(tmp_path / "m.keras", h5py, circle)
    parts = members(path)
    config = json.loads(parts["config.json"])
    mine = {"module": "my", "class_name": "Mine", "config": {"name": "mine"}}
    config["config"]["layers"].insert(1, mine)
    packed(path, {**parts, "config.json": json.dumps(config).encode()})
    rows = cnncalc.from_keras(path, partial=True).summary().rows
    assert (rows[0].kind, rows[0].params) == ("opaque", 35)

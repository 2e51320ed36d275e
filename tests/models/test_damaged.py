"""Damaged and hostile model files: an error of ours, at once, or a model that is none the worse."""

from __future__ import annotations

import contextlib
import os
import random
from pathlib import Path

import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.limits import Limits
from cnncalc.models import onnx, operators, spec
from cnncalc.models.graph import Node
from cnncalc.models.importer import Importer

RECORDED = Path(__file__).with_name("recorded")
FILES = sorted(RECORDED.glob("*.onnx"))
EACH = int(os.environ.get("CNNCALC_DAMAGED", "150"))  # variants of each file; 15,000 makes a hundred thousand of them


def damaged(data: bytes, random: random.Random) -> bytes:
    """A variant: cut off, bytes changed, a stretch doubled or left out."""
    made = bytearray(data)
    match random.randrange(4):
        case 0:
            del made[random.randrange(len(made)) :]
        case 1:
            for _ in range(random.randrange(1, 20)):
                made[random.randrange(len(made))] = random.randrange(256)
        case 2:
            place = random.randrange(len(made))
            made[place:place] = made[place : place + random.randrange(200)]
        case 3:
            place = random.randrange(len(made))
            del made[place : place + random.randrange(200)]
    return bytes(made)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_damaged_file_is_an_error_of_ours_or_a_model(path: Path, tmp_path: Path) -> None:
    data, draw = path.read_bytes(), random.Random(path.stem)
    target = tmp_path / "damaged.onnx"
    refused = 0
    for _ in range(EACH):
        target.write_bytes(damaged(data, draw))
        try:
            net = cnncalc.load(target, cnncalc.Limits(memory=1 << 26))
            net.summary()
            for name in net.weights or ():
                (net.weights or {})[name]
        except CnncalcError:
            refused += 1
    assert refused > EACH // 10


def test_an_empty_file_and_a_text_are_refused(tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"input: 28x28x1\nlayers: [relu]\n", b"\x00" * 1000)):
        path = tmp_path / f"{number}.onnx"
        path.write_bytes(data)
        with pytest.raises(cnncalc.SpecError):
            cnncalc.load(path)


def message(*fields: tuple[int, bytes | int]) -> bytes:
    """A message of protobuf: bytes or whole numbers by field."""

    def varint(number: int) -> bytes:
        made = bytearray()
        while number > 0x7F:
            made.append(number & 0x7F | 0x80)
            number >>= 7
        return bytes([*made, number])

    return b"".join(
        varint(n << 3) + varint(v) if isinstance(v, int) else varint(n << 3 | 2) + varint(len(v)) + v for n, v in fields
    )


def model(*tensors: bytes, node: bytes = b"") -> bytes:
    size = message((1, message((1, 1)))) + message((1, message((1, 4))))
    value = message((1, b"x"), (2, message((1, message((1, 1), (2, size))))))
    return message((7, message(*((5, tensor) for tensor in tensors), (11, value), (1, node), (12, message((1, b"y"))))))


def beside(location: bytes) -> bytes:
    """A tensor whose numbers stand in another file."""
    return message((1, 4), (2, 1), (8, b"w"), (14, 1), (13, message((1, b"location"), (2, location))))


@pytest.mark.parametrize(
    ("tensor", "says"),
    [
        (message((1, 2**60), (2, 1), (8, b"w"), (9, b"")), "needs"),
        (message((1, 2**64 - 5), (2, 1), (8, b"w"), (9, b"")), "has the sizes"),
        (message((1, 4), (2, 77), (8, b"w"), (9, b"")), "the type 77"),
        (beside(b"../../etc/passwd"), "outside"),
        (beside(b"/etc/passwd"), "outside"),
    ],
)  # fmt: skip
def test_sizes_and_places_are_not_believed(tensor: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(model(tensor))
    with pytest.raises(cnncalc.SpecError, match=says):
        cnncalc.load(path)


def test_weights_outside_the_folder_by_a_link_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "secret").write_bytes(b"0" * 16)
    (tmp_path / "a" / "w").symlink_to(tmp_path / "secret")
    path = tmp_path / "a" / "m.onnx"
    path.write_bytes(model(beside(b"w")))
    with pytest.raises(cnncalc.SpecError, match="outside"):
        cnncalc.load(path)


def test_a_size_beyond_all_memory_is_refused_by_a_limit(tmp_path: Path) -> None:
    """A node that computes a constant of 2^40 numbers."""
    sizes = message((1, 1), (2, 7), (8, b"s"), (9, (2**40).to_bytes(8, "little")))
    node = message((1, b"s"), (2, b"c"), (4, b"ConstantOfShape"))
    path = tmp_path / "m.onnx"
    path.write_bytes(model(sizes, node=node))
    with pytest.raises(cnncalc.SpecError):
        cnncalc.load(path)


STRANGE = (0, -1, 9, 10**18, 0.5, float("nan"), "x", [], [0, 0], [-1, 3], [10**18, 1], [2.5, 1.0], ["x"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_setting_that_makes_no_sense_is_an_error_of_ours(path: Path) -> None:
    """Settings of nodes, drawn from all, with values that they should not have."""
    text = onnx.read(str(path), Limits())
    places = [
        (number, key) for number, node in enumerate(text.nodes) for key in [*node.settings, "axis", "axes", "pads"]
    ]
    every = [(number, key, strange) for number, key in places for strange in STRANGE]
    for number, key, strange in random.Random(path.stem).sample(every, min(EACH // 3, len(every))):
        graph = onnx.read(str(path), Limits())
        graph.nodes[number].settings[key] = strange
        importer = Importer(graph, operators.find, operators.constants.fold)
        with contextlib.suppress(CnncalcError):
            importer.run()
            cnncalc.parse(spec.Written(importer, flat=True).text).summary()


@pytest.mark.parametrize(
    ("op", "settings"),
    [
        ("ReduceMean", {"axes": [0, 2, 3]}), ("ReduceMean", {"axes": [0, 2]}), ("ReduceMax", {"axes": [9]}),
        ("Softmax", {"axis": 9}), ("Softmax", {"axis": 0}), ("Concat", {"axis": 0}), ("Flatten", {"axis": 2}),
        ("MaxPool", {"kernel_shape": [2, 2], "strides": [0, 0]}), ("MaxPool", {}), ("DepthToSpace", {"blocksize": 0}),
        ("LRN", {}), ("Transpose", {"perm": [1, 0, 2, 3]}),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_and_not_guessed(op: str, settings: dict[str, object]) -> None:
    graph = onnx.read(str(RECORDED / "lenet.onnx"), Limits())
    first = graph.nodes[0]
    graph.nodes = [Node(op, "odd", [first.inputs[0]], [graph.outputs[0]], dict(settings))]
    with pytest.raises(cnncalc.SpecError, match="odd"):
        Importer(graph, operators.find, operators.constants.fold).run()


@pytest.mark.parametrize("change", [(8, 3, 5, 5), (6, 4, 5, 5), (6, 3, 5)])
def test_weights_that_contradict_the_sizes_are_refused(change: tuple[int, ...]) -> None:
    """The sizes of a kernel, its bias and its input must agree before anything is counted."""
    graph = onnx.read(str(RECORDED / "lenet.onnx"), Limits())
    kernel = graph.tensors[graph.nodes[0].inputs[1]]
    kernel.shape = change
    with pytest.raises(cnncalc.SpecError):
        Importer(graph, operators.find, operators.constants.fold).run()

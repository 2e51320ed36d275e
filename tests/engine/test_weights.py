"""Weights: their names and numbers by seed, and files of strangers."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc import LimitError, Limits, SpecError, UsageError
from cnncalc.engine import initial, weights
from cnncalc.engine.files import npz
from cnncalc.spec.source import regular

TEXT = """
input: 6x6x3
layers:
- conv: {name: c, filters: 4, kernel: 3}
- batchnorm
- relu
- dense: {name: d, units: 5}
"""


@pytest.fixture(autouse=True)
def every_file_is_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever became of it, refused files too, without waiting for a collection."""
    opened: list[Any] = []

    def recorded(path: str) -> Any:
        opened.append(regular(path))
        return opened[-1]

    monkeypatch.setattr(npz, "regular", recorded)
    yield
    assert [stream for stream in opened if not stream.closed] == []


@pytest.fixture
def summary() -> Any:
    return cnncalc.parse(TEXT).summary()


def archive(path: Path, arrays: dict[str, Any]) -> str:
    np.savez(path, **arrays)
    return str(path)


def load(summary: Any, path: Any) -> dict[str, np.ndarray]:
    return weights.load(summary, str(path), Limits())


def refusal(summary: Any, path: Any) -> str:
    with pytest.raises(SpecError) as caught:
        load(summary, path)
    return str(caught.value)


def test_names_and_sizes_follow_from_the_rows(summary: Any) -> None:
    sizes = {name: want.sizes for name, want in weights.wanted(summary).items()}
    assert sizes == {
        "c/kernel": (3, 3, 3, 4), "c/bias": (4,), "batchnorm1/gamma": (4,), "batchnorm1/beta": (4,),
        "batchnorm1/moving_mean": (4,), "batchnorm1/moving_variance": (4,), "d/kernel": (64, 5), "d/bias": (5,),
    }  # fmt: skip


def test_a_seed_gives_the_same_numbers_each_time_and_another_seed_others(summary: Any) -> None:
    first, second, other = (initial.initial(summary, seed) for seed in (3, 3, 4))
    for name in first:
        assert first[name].tobytes() == second[name].tobytes()
    assert first["c/kernel"].tobytes() != other["c/kernel"].tobytes()


def test_a_layer_more_changes_no_other_layers_numbers(summary: Any) -> None:
    longer = cnncalc.parse(TEXT + "- dense: 7\n").summary()
    assert initial.initial(longer, 1)["c/kernel"].tobytes() == initial.initial(summary, 1)["c/kernel"].tobytes()


def test_he_before_a_rectifier_and_glorot_elsewhere() -> None:
    text = (
        "input: 8x8x64\nlayers: [{conv: {filters: 96, kernel: 3}}, batchnorm, relu, {conv: {filters: 96, kernel: 3}}]"
    )
    arrays = initial.initial(cnncalc.parse(text).summary(), 0)
    assert arrays["conv1/kernel"].std() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)
    bound = (6 / (9 * 96 * 2)) ** 0.5
    assert np.abs(arrays["conv2/kernel"]).max() == pytest.approx(bound, rel=0.01)
    assert arrays["conv2/kernel"].std() == pytest.approx(bound / 3**0.5, rel=0.02)
    assert (arrays["batchnorm1/gamma"] == 1).all()
    assert (arrays["batchnorm1/moving_variance"] == 1).all()
    assert not arrays["conv1/bias"].any()


def test_a_file_is_read_back_bit_for_bit(summary: Any, tmp_path: Path) -> None:
    arrays = initial.initial(summary, 0)
    with open(tmp_path / "w.npz", "wb") as stream:
        npz.write(arrays, stream)
    again = load(summary, tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as plain:
        for name, array in arrays.items():
            assert again[name].tobytes() == array.tobytes() == plain[name].tobytes()


@pytest.mark.parametrize("change", [
    lambda a: a.astype(np.float64), lambda a: a.astype(">f4"), lambda a: np.asfortranarray(a), lambda a: a.astype("f2"),
])  # fmt: skip
def test_other_forms_of_the_same_numbers(summary: Any, tmp_path: Path, change: Any) -> None:
    arrays = {name: np.round(array * 8) / 8 for name, array in initial.initial(summary, 0).items()}
    path = archive(tmp_path / "w.npz", {name: change(array) for name, array in arrays.items()})
    loaded = load(summary, path)
    assert loaded.keys() == arrays.keys()
    for name, array in loaded.items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.dtype == np.float32


def test_a_compressed_file_is_read(summary: Any, tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "w.npz", **initial.initial(summary, 0))
    assert load(summary, tmp_path / "w.npz")["d/kernel"].shape == (64, 5)


def test_every_array_that_does_not_fit_is_named(summary: Any, tmp_path: Path) -> None:
    arrays = initial.initial(summary, 0)
    del arrays["d/bias"]
    arrays["c/kernel"] = arrays["c/kernel"].transpose(3, 2, 0, 1)
    arrays["../evil"] = np.zeros(3)
    text = refusal(summary, archive(tmp_path / "w.npz", arrays))
    assert "d/bias is missing (5)" in text
    assert "c/kernel is 4×3×3×3; the network needs 3×3×3×4" in text
    assert "this is its transpose, PyTorch's order of axes: save array.transpose(2, 3, 1, 0)" in text
    assert 'no layer has an array "../evil"' in text


def test_the_transpose_that_the_help_names_is_right(summary: Any, tmp_path: Path) -> None:
    arrays = initial.initial(summary, 0)
    torch_order = {**arrays, "c/kernel": arrays["c/kernel"].transpose(3, 2, 0, 1), "d/kernel": arrays["d/kernel"].T}
    text = refusal(summary, archive(tmp_path / "w.npz", torch_order))
    assert "d/kernel is 5×64; the network needs 64×5" in text
    assert "array.transpose(1, 0)" in text
    torch_order["c/kernel"] = torch_order["c/kernel"].transpose(2, 3, 1, 0)
    torch_order["d/kernel"] = torch_order["d/kernel"].transpose(1, 0)
    assert load(summary, archive(tmp_path / "w.npz", torch_order))["c/kernel"].shape == (3, 3, 3, 4)


@pytest.mark.parametrize(("value", "word"), [(np.nan, "nan"), (np.inf, "inf"), (1e300, "inf")])
def test_numbers_that_are_not_finite_are_refused(summary: Any, tmp_path: Path, value: float, word: str) -> None:
    arrays: dict[str, Any] = initial.initial(summary, 0)
    arrays["d/kernel"] = arrays["d/kernel"].astype(np.float64)
    arrays["d/kernel"][3, 2] = value
    assert f"d/kernel[3, 2] is {word}, not a finite number" in refusal(summary, archive(tmp_path / "w.npz", arrays))


def test_objects_texts_and_complex_numbers_are_refused(summary: Any, tmp_path: Path) -> None:
    arrays = initial.initial(summary, 0)
    for odd, words in (
        (np.array([{}] * 5, object), "pickle"), (np.array(["a"] * 5), "not numbers"), (np.ones(5, "c8"), "not numbers"),
        (np.zeros(5, "M8[s]"), "not numbers"), (np.zeros(5, [("a", "f4")]), "broken header"),
    ):  # fmt: skip
        np.savez(tmp_path / "w.npz", allow_pickle=True, **{**arrays, "d/bias": odd})
        with zipfile.ZipFile(tmp_path / "w.npz") as file:
            assert "d/bias.npy" in file.namelist()
        assert words in refusal(summary, tmp_path / "w.npz")


def rewritten(path: Path, name: str, data: bytes, arrays: dict[str, Any], **info: Any) -> Path:
    """An archive of ``arrays`` in which the member ``name`` holds ``data``."""
    with zipfile.ZipFile(path, "w") as file:
        for other, array in arrays.items():
            stream = io.BytesIO()
            np.save(stream, array)
            file.writestr(f"{other}.npy", data if other == name else stream.getvalue(), **info)
    return path


def header(shape: str, descr: str = "'<f4'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def test_headers_that_lie_or_are_broken(summary: Any, tmp_path: Path) -> None:
    arrays = initial.initial(summary, 0)
    bias = arrays["d/bias"].tobytes()
    for data, words in (
        (header("(1500000000,)"), "d/bias is 1500000000; the network needs 5"),
        (header("(5,)") + bias[:7], "is cut off: 7 of 20 bytes are in the file"),
        (header("(5,)") + bias + b"more", "continues after its 20 bytes"),
        (header("(-5,)"), "broken header"),
        (header("(True,)"), "broken header"),
        (header("(5,)", "'|O'") + pickle.dumps([0] * 5), "pickle"),
        (header("(" * 300), "broken header"),
        (header("__import__('os').system('true')"), "broken header"),
        (b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1), "has a header of 4294967295 bytes"),
        (b"\x93NUMPY\x09\x00", "not an array of plain numbers"),
        (b"\x93NUMPY", "not an array of plain numbers"),
        (b"", "is not a NumPy array"),
        (pickle.dumps({"a": 1}), "is not a NumPy array"),
    ):
        assert words in refusal(summary, rewritten(tmp_path / "w.npz", "d/bias", data, arrays))


def test_a_bomb_is_not_unpacked_beyond_the_array(summary: Any, tmp_path: Path) -> None:
    data = header("(5,)") + bytes(200_000_000)
    path = rewritten(
        tmp_path / "w.npz", "d/bias", data, initial.initial(summary, 0), compress_type=zipfile.ZIP_DEFLATED
    )
    assert path.stat().st_size < 1_000_000
    assert "continues after its 20 bytes" in refusal(summary, path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_numpy_does_not_write_are_refused(summary: Any, tmp_path: Path, compression: int) -> None:
    path = rewritten(tmp_path / "w.npz", "", b"", initial.initial(summary, 0), compress_type=compression)
    assert "compressed in a way" in refusal(summary, path)


def test_broken_archives(summary: Any, tmp_path: Path) -> None:
    whole = Path(archive(tmp_path / "w.npz", initial.initial(summary, 0))).read_bytes()
    broken = tmp_path / "broken.npz"
    for cut in (4, 100, len(whole) // 2, len(whole) - 30):
        broken.write_bytes(whole[:cut])
        assert "broken.npz" in refusal(summary, broken)
    middle = len(whole) // 2
    broken.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert "broken.npz" in refusal(summary, broken)  # the checksum


def test_every_cut_and_many_changed_bytes_end_in_an_error_of_ours(summary: Any, tmp_path: Path) -> None:
    whole = Path(archive(tmp_path / "w.npz", initial.initial(summary, 0))).read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "fuzzed.npz"
    refused = 0
    for _ in range(300):
        data = bytearray(whole)
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            data[place] = rng.integers(0, 256)
        path.write_bytes(bytes(data[: rng.integers(1, len(data) + 1)] if rng.random() < 0.3 else data))
        try:
            arrays = load(summary, path)
        except (SpecError, LimitError):
            refused += 1
            continue
        assert {name: array.shape for name, array in arrays.items()} == {
            name: want.sizes for name, want in weights.wanted(summary).items()
        }
    assert 100 < refused < 300


def test_a_directory_of_a_million_members_is_refused(summary: Any, tmp_path: Path) -> None:
    """An archive whose directory alone is over the bound: the record at its end says so, and it is not parsed."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * (npz.DIRECTORY // len(entry) + 2)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, len(directory), 4, 0)
    (tmp_path / "w.npz").write_bytes(b"PK\3\4" + directory + end)
    assert "its directory is over" in refusal(summary, tmp_path / "w.npz")


def test_a_name_that_stands_twice_is_refused(summary: Any, tmp_path: Path) -> None:
    path = archive(tmp_path / "w.npz", initial.initial(summary, 0))
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("d/bias.npy", header("(5,)") + bytes(20))
    assert "d/bias appears twice" in refusal(summary, path)


def test_other_files_are_refused(summary: Any, tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    for data in (b"", b"hello", pickle.dumps([1]), b"\x89HDF\r\n\x1a\n"):
        path.write_bytes(data)
        assert "neither .npy nor .npz nor .safetensors" in refusal(summary, path)


def test_places_that_are_no_files(summary: Any, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no.npz", "/dev/zero", ""):
        with pytest.raises(UsageError):
            load(summary, path)


def test_the_limit_of_a_weights_file(summary: Any, tmp_path: Path) -> None:
    path = archive(tmp_path / "w.npz", initial.initial(summary, 0))
    with pytest.raises(LimitError, match="limit weights = 1000"):
        weights.load(summary, path, Limits(weights=1000))


def test_arrays_of_the_caller_are_checked_too(summary: Any) -> None:
    arrays = initial.initial(summary, 0)
    net = cnncalc.parse(TEXT)
    assert net.build(arrays)(np.zeros((6, 6, 3))).shape == (1, 5)
    with pytest.raises(SpecError, match="c/kernel is 2; the network needs 3×3×3×4"):
        net.build({**arrays, "c/kernel": [1, 2]})
    with pytest.raises(SpecError, match="not numbers"):
        net.build({**arrays, "d/bias": ["a"] * 5})


def safetensors(path: Path, arrays: dict[str, np.ndarray], **changed: Any) -> Path:
    """A file in the safetensors format; ``changed`` replaces fields of the header of ``d/bias``."""
    fields: dict[str, Any] = {"__metadata__": {"format": "np"}}
    data = b""
    for name, array in arrays.items():
        fields[name] = {
            "dtype": "F32",
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + array.nbytes],
        }
        data += array.tobytes()
    fields["d/bias"] |= changed
    header = json.dumps(fields).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    return path


def test_safetensors_are_read(summary: Any, tmp_path: Path) -> None:
    arrays = initial.initial(summary, 0)
    again = load(summary, safetensors(tmp_path / "w.safetensors", arrays))
    for name, array in arrays.items():
        np.testing.assert_array_equal(again[name], array)


@pytest.mark.parametrize(("changed", "words"), [
    ({"dtype": "BF16"}, "holds BF16"), ({"shape": [4]}, "do not fit"), ({"shape": [-5]}, "do not fit"),
    ({"shape": 5}, "broken header"), ({"data_offsets": [0, 10**12], "shape": [25 * 10**10]}, "is cut off"),
    ({"data_offsets": "ab"}, "do not fit"), ({"shape": [5, 10**300]}, "do not fit"),
    ({"dtype": ["F32"]}, "broken header"),
])  # fmt: skip
def test_broken_safetensors(summary: Any, tmp_path: Path, changed: Any, words: str) -> None:
    path = safetensors(tmp_path / "w.safetensors", initial.initial(summary, 0), **changed)
    assert words in refusal(summary, path)


def test_other_files_called_safetensors(summary: Any, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    for data in (
        b"",
        b"hello",
        b"\xff" * 100,
        (20).to_bytes(8, "little") + b"[" * 20,
        (2).to_bytes(8, "little") + b"[]",
    ):
        path.write_bytes(data)
        assert "w.safetensors" in refusal(summary, path)

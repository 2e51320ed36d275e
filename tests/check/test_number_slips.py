"""Slips behind wrong numbers: what each leads to is worked out here by NumPy, and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from cnncalc.check.batch import check_all
from cnncalc.check.slips.forward import SLIPS
from cnncalc.limits import Limits

X = np.array([[1, 2, 0, 1, 3], [3, 1, 1, 0, 2], [0, 1, 2, 2, 1], [1, 0, 1, 3, 1], [2, 2, 0, 1, 0]], float)
K = np.array([[1, 0, -2], [0, 1, 0], [2, -1, -1]], float)
S = np.array([[1, 0.5], [2, -1], [0, 1.5]])
Array = np.ndarray


def slide(x: Array, k: Array, stride: int = 1, padding: int = 0) -> Array:
    """What a layer does: the kernel as it is."""
    x = np.pad(x, padding)
    f, g = k.shape
    return np.array([[(x[i : i + f, j : j + g] * k).sum() for j in range(0, x.shape[1] - g + 1, stride)]
                     for i in range(0, x.shape[0] - f + 1, stride)])  # fmt: skip


def pool(x: Array, take: Callable[..., Any], size: int = 2, stride: int = 2) -> Array:
    return np.array([[take(x[i : i + size, j : j + size]) for j in range(0, x.shape[1] - size + 1, stride)]
                     for i in range(0, x.shape[0] - size + 1, stride)])  # fmt: skip


def softmax(x: Array, axis: int = -1) -> Array:
    e = np.exp(x)
    return e / e.sum(axis=axis, keepdims=True)


def problem(sizes: Any, layers: list[Any], values: dict[str, Any], key: str, answer: Array) -> dict[str, Any]:
    given = {name: np.asarray(array).tolist() for name, array in values.items()}
    return {"input": sizes, "layers": layers, "values": given, "answers": {key: np.round(answer, 5).tolist()}}


def conv(fields: dict[str, Any], answer: Array, **values: Any) -> dict[str, Any]:
    layer = {"conv": {"name": "c", "filters": 1, "kernel": 3, "bias": "bias" in values, **fields}}
    more = {f"c.{name}": value for name, value in values.items()}
    return problem([5, 5, 1], [layer], {"input": X, "c.kernel": K, **more}, "c.values", answer)


def pooled(word: str, fields: dict[str, Any], answer: Array) -> dict[str, Any]:
    return problem([5, 5, 1], [{word: {"name": "p", "size": 2, **fields}}], {"input": X}, "p.values", answer)


def attention(answer: Array) -> dict[str, Any]:
    layer = {"attention": {"name": "a", "heads": 1, "bias": False}}
    weights = {f"a.{name}_kernel": np.eye(2) for name in ("query", "key", "value", "output")}
    return problem([3, 2], [layer], {"input": S, **weights}, "a.values", answer)


def gru(z: float) -> dict[str, Any]:
    """One step from h = 0.5 with x = 1: z is σ(0.2 + 0.3·0.5), the candidate tanh(0.7 + 0.4·r·0.5)."""
    r = 1 / (1 + np.exp(-(0.1 + 0.2 * 0.5)))
    h = z * 0.5 + (1 - z) * np.tanh(0.7 + 0.4 * r * 0.5)
    values = {"input": 1, "g.kernel": [0.2, 0.1, 0.7], "g.recurrent_kernel": [0.3, 0.2, 0.4], "g.initial_state": 0.5}
    return problem([1, 1], [{"gru": {"name": "g", "units": 1, "bias": False}}], values, "g.values", np.array(h))


Z = 1 / (1 + np.exp(-(0.2 + 0.3 * 0.5)))
MADE: dict[str, dict[str, Any]] = {
    "kernel flipped": conv({}, slide(X, K[::-1, ::-1])),
    "stride of 1": conv({"stride": 2}, slide(X, K)),
    "without the activation function": conv({"activation": "relu"}, slide(X, K)),
    "without the padding": conv({"padding": 1}, slide(X, K)),
    "without the bias": conv({}, slide(X, K), bias=[2]),
    "rows and columns of the weights": conv({}, slide(X, K.T)),
    "with rows and columns exchanged": conv({}, slide(X, K).T),
    "without the dilation": conv({"dilation": 2, "padding": 1}, slide(X, K, padding=1)),
    "the mean in place of the largest": pooled("maxpool", {}, pool(X, np.mean)),
    "the largest in place of the mean": pooled("avgpool", {}, pool(X, np.max)),
    "stride as large as the window": pooled("maxpool", {"stride": 1}, pool(X, np.max)),
    "division by √d_k": attention(softmax(S @ S.T) @ S),
    "d_k in place of √d_k": attention(softmax(S @ S.T / 2) @ S),
    "softmax along the other axis": attention(softmax(S @ S.T / np.sqrt(2), axis=0) @ S),
    "z and 1 − z exchanged": gru(1 - Z),
}  # fmt: skip


def told(tmp_path: Path, one: dict[str, Any]) -> str:
    (tmp_path / "p.yaml").write_text(yaml.safe_dump({"problems": [one]}, sort_keys=False))
    (verdict,) = [verdict for file in check_all([str(tmp_path / "p.yaml")], Limits()) for verdict in file]
    assert not verdict.ok
    return " or ".join(way.said for way in verdict.slip.ways) if verdict.slip else verdict.text


@pytest.mark.parametrize("said", MADE)
def test_a_slip_is_named(tmp_path: Path, said: str) -> None:
    assert said in told(tmp_path, MADE[said])


def test_softmax_along_time_is_named(tmp_path: Path) -> None:
    one = problem([3, 2], [{"softmax": {"name": "s"}}], {"input": S}, "s.values", softmax(S, axis=0))
    assert "along the other axis" in told(tmp_path, one)


def test_a_slip_in_an_earlier_layer_is_named_with_it(tmp_path: Path) -> None:
    layers = [{"conv": {"name": "c", "filters": 1, "kernel": 3, "bias": False}}, {"maxpool": {"name": "m", "size": 3}}]
    answer = np.array(slide(X, K[::-1, ::-1]).max())
    one = problem([5, 5, 1], layers, {"input": X, "c.kernel": K}, "m.values", answer)
    assert told(tmp_path, one) == "with the kernel flipped, which the layer slides as it is"
    layers[1] = {"conv": {"name": "d", "filters": 1, "kernel": 2, "bias": False}}
    second = np.array([[1, 2], [0, 0.5]])
    answer = slide(slide(X, K[::-1, ::-1]), second)
    one = problem([5, 5, 1], layers, {"input": X, "c.kernel": K, "d.kernel": second}, "d.values", answer)
    assert told(tmp_path, one) == "with the kernel flipped, which the layer slides as it is in c"


@pytest.mark.parametrize("answer", [slide(X, K) + 1, np.zeros((3, 3)), slide(X, K)[:2]])
def test_what_no_slip_gives_is_not_named(tmp_path: Path, answer: Array) -> None:
    assert told(tmp_path, conv({}, answer)).startswith("the answer")


def test_a_mark_names_the_slip_too(tmp_path: Path) -> None:
    from cnncalc.check.marking.exam import Exam
    from cnncalc.check.marking.sheets import Cell
    from cnncalc.errors import Mark, Source

    (tmp_path / "p.yaml").write_text(
        yaml.safe_dump({"problems": [{"id": "Q", **conv({}, slide(X, K))}]}, sort_keys=False)
    )
    wrong = "; ".join(" ".join(f"{n:g}" for n in row) for row in slide(X, K[::-1, ::-1]))
    (student,) = Exam([str(tmp_path / "p.yaml")], Limits()).mark(
        [Cell("A", "Q", "c.values", wrong, Mark(Source("s", ""), 1, 1))]
    )
    assert student.answers[0].slip is not None
    assert student.answers[0].slip.names == ("flipped",)


def test_every_slip_has_its_own_words() -> None:
    said = [slip.said for name, slip in SLIPS.items() if not name.startswith("global")]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    ("key", "answer", "said"),
    [
        ("loss", 1.25, "without the ½ of the loss"),
        ("d.bias.gradient", [-1, -2], "without the ½ of the loss"),
        ("d.bias.gradient", [0.5, 1], "with the other sign"),
        ("d.kernel.gradient", [[-0.5, -1], [-1, -2]], ""),
        ("d.kernel.gradient", [[-0.5, -1.5], [-1, -3]], "with rows and columns exchanged"),
    ],
)
def test_slips_in_a_loss_and_its_gradients_are_named(tmp_path: Path, key: str, answer: Any, said: str) -> None:
    """y = (0.5, 0) beside (1, 1): L = ½(0.25 + 1), dL/dy = (−0.5, −1), dL/dW = x dL/dyᵀ for x = (1, 2) or (1, 3)."""
    x = [1, 3] if isinstance(answer, list) and answer[-1] == [-1, -3] else [1, 2]
    values = {"input": x, "d.kernel": [[0.5, 0], [0, 0]], "d.bias": [0, 0], "target": [1, 1]}
    one = problem(2, [{"dense": {"name": "d", "units": 2}}], values, key, np.array(answer, float))
    if said:
        assert told(tmp_path, one) == said
    else:
        (tmp_path / "p.yaml").write_text(yaml.safe_dump({"problems": [one]}, sort_keys=False))
        assert all(v.ok for file in check_all([str(tmp_path / "p.yaml")], Limits()) for v in file)

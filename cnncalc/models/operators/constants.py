"""Operators on known numbers, with which exporters compute sizes (Shape, Gather, Concat, Reshape)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from cnncalc.models.graph import TYPES, Node, Tensor
from cnncalc.models.importer import Importer, Unsupported
from cnncalc.models.weights import numbers_of

MOST = 1 << 22  # most numbers of a computed array
MOST_IN_ALL = 1 << 26
#: ONNX's numbers of the types that sizes are computed in.
CASTS = {1: "float32", 6: "int32", 7: "int64", 9: "bool", 11: "float64"}


def shape(importer: Importer, node: Node) -> None:
    """Shape of a computed value; a batch that is open is counted as 1."""
    import numpy as np

    known = importer.constants.get(node.inputs[0])
    sizes = list(known.shape) if known else importer.values[node.inputs[0]].all_sizes
    part = sizes[node.settings.get("start", 0) : node.settings.get("end")]
    importer.constants[node.outputs[0]] = _tensor(np.array(part, np.int64))


def fold(importer: Importer, node: Node) -> bool:
    """Evaluate a node that reads only constants; return whether that was possible."""
    if node.op == "Transpose" and node.settings.get("perm", [1, 0]) == [1, 0]:
        matrix = importer.constants[node.inputs[0]]
        if matrix.sources == (matrix,) and len(matrix.shape) == 2:
            importer.constants[node.outputs[0]] = _transposed(matrix)
            return True
    work = WORK.get(node.op)
    tensors = [importer.constants[name] for name in node.inputs if name]
    if work is None or any(t.size > MOST or not TYPES.get(t.dtype, (0, ""))[1] for t in tensors):
        return False
    import numpy as np

    arrays = [numbers_of(tensor) for tensor in tensors]
    given = [arrays.pop(0) if name else None for name in node.inputs]
    try:
        with np.errstate(divide="raise", invalid="raise"):
            found = np.asarray(work(np, node.settings, *given))
    except (ValueError, IndexError, TypeError, KeyError, AttributeError, ArithmeticError, MemoryError) as error:
        raise Unsupported(f"{node.op} of these numbers ({error})") from None
    importer.folded += found.size
    if found.size > MOST or importer.folded > MOST_IN_ALL:
        raise Unsupported(f"{node.op} of more than {MOST} numbers")
    importer.constants[node.outputs[0]] = _tensor(found, tensors)
    return True


def _transposed(matrix: Tensor) -> Tensor:
    """The transpose of a learned matrix, however large: its numbers are computed on demand, for any type."""
    import numpy as np

    def read() -> bytes:
        numbers = np.frombuffer(matrix.read(), f"V{TYPES[matrix.dtype][0]}").reshape(matrix.shape)
        return numbers.T.tobytes()

    made = Tensor("", matrix.shape[::-1], matrix.dtype, read, made_of=(matrix,))
    made.turned = matrix
    return made


def _tensor(array: Any, made_of: Sequence[Tensor] = ()) -> Tensor:
    data = array.tobytes()
    return Tensor("", array.shape, array.dtype.name, lambda: data, made_of=made_of)


def _small(sizes: Any) -> list[int]:
    """The sizes of an array that is made. Raises ValueError if it would be too large."""
    found = [int(size) for size in sizes]
    if prod(max(size, 1) for size in found) > MOST or min(found, default=0) < 0:
        raise ValueError("too many")
    return found


def _axes(settings: dict[str, Any], given: tuple[Any, ...]) -> Any:
    found = given[0].tolist() if given else settings.get("axes")
    return None if found is None else tuple(found)


def _slice(np: Any, settings: dict[str, Any], x: Any, *given: Any) -> Any:
    starts, ends, axes, steps = (
        [*(part.tolist() for part in given), None, None][:4] if given
        else [settings["starts"], settings["ends"], settings.get("axes"), None]
    )  # fmt: skip
    cuts = [slice(None)] * x.ndim
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        step = steps[number] if steps else 1
        end = None if step < 0 and end < -x.shape[axes[number] if axes else number] else end
        cuts[axes[number] if axes else number] = slice(start, end, step)
    return x[tuple(cuts)]


def _filled(np: Any, settings: dict[str, Any], sizes: Any) -> Any:
    value = settings.get("value")
    return np.full(_small(sizes), value.numbers()[0] if value else 0, value.dtype if value else "float32")


def _reshape(np: Any, settings: dict[str, Any], x: Any, sizes: Any) -> Any:
    return x.reshape([x.shape[place] if size == 0 else size for place, size in enumerate(sizes.tolist())])


def _divide(np: Any, settings: dict[str, Any], a: Any, b: Any) -> Any:
    """Integer division rounds towards zero."""
    return np.trunc(a / b).astype(a.dtype) if a.dtype.kind in "iu" else a / b


def _scattered(np: Any, settings: dict[str, Any], x: Any, places: Any, updates: Any) -> Any:
    """Numbers put in the places given by the last axis of ``places``."""
    if settings.get("reduction", "none") not in ("none", b"none"):
        raise ValueError("with a reduction")
    made = x.copy()
    made[tuple(np.moveaxis(places, -1, 0))] = updates
    return made


def _spread(np: Any, settings: dict[str, Any], x: Any, sizes: Any) -> Any:
    """To larger sizes, as NumPy broadcasts."""
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(_small(sizes))))


def _range(np: Any, settings: dict[str, Any], start: Any, stop: Any, step: Any) -> Any:
    _small([(stop - start) // step])
    return np.arange(start, stop, step)


def _tiled(np: Any, settings: dict[str, Any], x: Any, times: Any) -> Any:
    _small(a * b for a, b in zip(x.shape, times.tolist(), strict=True))
    return np.tile(x, times)


def _padded(np: Any, settings: dict[str, Any], x: Any, pads: Any, value: Any = 0) -> Any:
    if settings.get("mode", "constant") != "constant" or len(pads) != 2 * x.ndim:
        raise ValueError("other than with a constant")
    amounts = pads.reshape(2, -1).T
    _small(x.shape + amounts.sum(1))
    return np.pad(x, amounts, constant_values=value)


def _triangle(np: Any, settings: dict[str, Any], x: Any, first: Any = 0) -> Any:
    return (np.triu if settings.get("upper", 1) else np.tril)(x, int(first))


WORK: dict[str, Callable[..., Any]] = {
    "Gather": lambda np, s, x, places: np.take(x, places, axis=s.get("axis", 0)),
    "Concat": lambda np, s, *xs: np.concatenate(xs, axis=s["axis"]),
    "Unsqueeze": lambda np, s, x, *axes: np.expand_dims(x, _axes(s, axes) or ()),
    "Squeeze": lambda np, s, x, *axes: np.squeeze(x, _axes(s, axes)),
    "Slice": _slice, "Reshape": _reshape, "ConstantOfShape": _filled, "Div": _divide,
    "Transpose": lambda np, s, x: np.transpose(x, s.get("perm")),
    "Cast": lambda np, s, x: x.astype(CASTS[s["to"]]), "CastLike": lambda np, s, x, like: x.astype(like.dtype),
    "Add": lambda np, s, a, b: a + b, "Sub": lambda np, s, a, b: a - b, "Mul": lambda np, s, a, b: a * b,
    "Mod": lambda np, s, a, b: np.mod(a, b), "Pow": lambda np, s, a, b: np.power(a, b),
    "Floor": lambda np, s, x: np.floor(x), "Ceil": lambda np, s, x: np.ceil(x), "Sqrt": lambda np, s, x: np.sqrt(x),
    "Neg": lambda np, s, x: -x, "Not": lambda np, s, x: ~x,
    "Greater": lambda np, s, a, b: a > b, "Less": lambda np, s, a, b: a < b, "And": lambda np, s, a, b: a & b,
    "Or": lambda np, s, a, b: a | b, "Trilu": _triangle, "Pad": _padded,
    "Exp": lambda np, s, x: np.exp(x), "Log": lambda np, s, x: np.log(x), "Sin": lambda np, s, x: np.sin(x),
    "Cos": lambda np, s, x: np.cos(x), "ScatterND": _scattered, "Tile": _tiled,
    "Equal": lambda np, s, a, b: a == b, "Where": lambda np, s, c, a, b: np.where(c, a, b),
    "Expand": _spread, "Range": _range,
    "ReduceProd": lambda np, s, x: np.prod(x, keepdims=bool(s.get("keepdims", 1))),
    "Max": lambda np, s, a, b: np.maximum(a, b), "Min": lambda np, s, a, b: np.minimum(a, b),
}  # fmt: skip
OPERATORS = {"Shape": shape}

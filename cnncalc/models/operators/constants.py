"""Operators on numbers that are known: exporters compute sizes by them (Shape, Gather, Concat, Reshape)."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from cnncalc.models.graph import SMALL, TYPES, Node, Tensor
from cnncalc.models.importer import Importer, Unsupported

#: ONNX's numbers of the types that sizes are computed in.
CASTS = {1: "float32", 6: "int32", 7: "int64", 9: "bool", 11: "float64"}


def shape(importer: Importer, node: Node) -> None:
    """Shape of a computed value, the batch counted as 1."""
    import numpy as np

    known = importer.constants.get(node.inputs[0])
    sizes = list(known.shape) if known else [1, *importer.values[node.inputs[0]].sizes]
    part = sizes[node.settings.get("start", 0) : node.settings.get("end")]
    importer.constants[node.outputs[0]] = _tensor(np.array(part, np.int64))


def fold(importer: Importer, node: Node) -> bool:
    """Work out a node that reads constants alone; whether it is one that can be."""
    work = WORK.get(node.op)
    tensors = [importer.constants[name] for name in node.inputs if name]
    if work is None or any(t.size > SMALL or not TYPES.get(t.dtype, (0, ""))[1] for t in tensors):
        return False
    import numpy as np

    arrays = [np.array(t.numbers(), "?" if t.dtype == "bool" else t.dtype).reshape(t.shape) for t in tensors]
    try:
        with np.errstate(all="raise"):
            found = np.asarray(work(np, node.settings, *arrays))
    except (ValueError, IndexError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        raise Unsupported(f"{node.op} of these numbers ({error})") from None
    if found.size > SMALL:
        raise Unsupported(f"{node.op} of more than {SMALL} numbers")
    importer.constants[node.outputs[0]] = _tensor(found)
    return True


def _tensor(array: Any) -> Tensor:
    data = array.tobytes()
    return Tensor("", array.shape, array.dtype.name, lambda: data)


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
    if prod(sizes.tolist()) > SMALL:
        raise ValueError("too many")
    value = settings.get("value")
    return np.full(sizes.tolist(), value.numbers()[0] if value else 0, value.dtype if value else "float32")


def _reshape(np: Any, settings: dict[str, Any], x: Any, sizes: Any) -> Any:
    return x.reshape([x.shape[place] if size == 0 else size for place, size in enumerate(sizes.tolist())])


def _divide(np: Any, settings: dict[str, Any], a: Any, b: Any) -> Any:
    """Whole numbers are divided towards zero."""
    return np.trunc(a / b).astype(a.dtype) if a.dtype.kind in "iu" else a / b


WORK: dict[str, Callable[..., Any]] = {
    "Gather": lambda np, s, x, places: np.take(x, places, axis=s.get("axis", 0)),
    "Concat": lambda np, s, *xs: np.concatenate(xs, axis=s["axis"]),
    "Unsqueeze": lambda np, s, x, *axes: np.expand_dims(x, _axes(s, axes) or ()),
    "Squeeze": lambda np, s, x, *axes: np.squeeze(x, _axes(s, axes)),
    "Slice": _slice, "Reshape": _reshape, "ConstantOfShape": _filled, "Div": _divide,
    "Transpose": lambda np, s, x: np.transpose(x, s.get("perm")),
    "Cast": lambda np, s, x: x.astype(CASTS[s["to"]]),
    "Add": lambda np, s, a, b: a + b, "Sub": lambda np, s, a, b: a - b, "Mul": lambda np, s, a, b: a * b,
    "Mod": lambda np, s, a, b: np.mod(a, b), "Pow": lambda np, s, a, b: np.power(a, b),
    "Floor": lambda np, s, x: np.floor(x), "Ceil": lambda np, s, x: np.ceil(x), "Sqrt": lambda np, s, x: np.sqrt(x),
    "Neg": lambda np, s, x: -x, "Equal": lambda np, s, a, b: a == b, "Where": lambda np, s, c, a, b: np.where(c, a, b),
    "Expand": lambda np, s, x, sizes: x * np.ones(sizes, x.dtype), "Range": lambda np, s, a, b, c: np.arange(a, b, c),
    "ReduceProd": lambda np, s, x: np.prod(x, keepdims=bool(s.get("keepdims", 1))),
    "Max": lambda np, s, a, b: np.maximum(a, b), "Min": lambda np, s, a, b: np.minimum(a, b),
}  # fmt: skip
OPERATORS = {"Shape": shape}

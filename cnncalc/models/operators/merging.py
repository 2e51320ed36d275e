"""Operators that join values: sums and products, of several values or of one and a constant."""

from __future__ import annotations

from math import prod

from cnncalc.kinds.base.kind import Misfit
from cnncalc.models.graph import Node, Tensor
from cnncalc.models.importer import Importer, Unsupported, Value, Weight
from cnncalc.models.operators import attending, heads
from cnncalc.models.values import Dim, joined
from cnncalc.models.weights import array, numbers_of
from cnncalc.shape import Shape

ROUNDED = 1e-3  # sines of some thousand positions, their angles in float32
WORDS = {"Add": "add", "Sum": "add", "Sub": "subtract", "Mul": "multiply", "Max": "maximum", "Mean": "average"}


def join(importer: Importer, node: Node) -> None:
    """Add, Sub, Mul, Max, Mean of computed values; with a constant, an operation on one value."""
    constants = [name for name in node.inputs if name in importer.constants]
    if constants:
        _with_constant(importer, node, constants)
        return
    values, dims = _together(importer, [importer.uncut(importer.values[name]) for name in node.inputs])
    axes = importer.natural(max(value.shape.rank for value in values))
    made = importer.add(node, WORDS[node.op], {}, values, importer.named(node), axes=axes)
    if dims is not None:
        importer.values[node.outputs[0]] = made._replace(dims=dims, rolls=values[0].rolls)


def _together(importer: Importer, values: list[Value]) -> tuple[list[Value], tuple[Dim, ...] | None]:
    """The values in a form that one layer can join, and the view of the result: their common view, if there is one."""
    rank = max(len(value.dims) for value in values)
    ahead = [value._replace(dims=((),) * (rank - len(value.dims)) + value.dims) for value in values]
    dims = tuple(max(map(joined, each), key=len) for each in zip(*(value.dims for value in ahead), strict=True))
    same = all(joined(dim) in ((), wide) for value in ahead for dim, wide in zip(value.dims, dims, strict=True))
    wide = max((value.shape for value in values), key=lambda shape: (shape.rank, prod(shape.sizes)))
    if same and len({tuple(value.rolls.items()) for value in values}) == 1:
        try:
            if importer.made("add", {}, [value.shape for value in values]).sizes == wide.sizes:
                return values, dims
        except Misfit:
            pass
    found = [importer.value_of(value) for value in values]
    most = max(value.shape.rank for value in found)
    if any(value.shape.rank not in (1, most) for value in found):
        raise Unsupported("a join of values with different numbers of axes")
    if any(value.shape.rank != most and value.sizes[-1] > 1 and most > 2 for value in found):
        raise Unsupported("a join of values with different numbers of axes")  # the features meet another axis
    return found, None


def divide(importer: Importer, node: Node) -> None:
    """Div by a fixed number."""
    _with_constant(importer, node, [name for name in node.inputs if name in importer.constants])


def _with_constant(importer: Importer, node: Node, constants: list[str]) -> None:
    """One number for all, or a factor or an offset for each channel; a bias goes into the dense layer above."""
    if len(node.inputs) != 2 or len(constants) != 1:
        raise Unsupported(f"{node.op} with a constant")
    (name,) = (name for name in node.inputs if name not in constants)
    value, constant = importer.values[name], importer.constants[constants[0]]
    if constant.size == 1 and not constant.sources and constant.numbers():
        _rescale(importer, node, value, constant, first=node.inputs[0] == name)
    elif node.op == "Add" and attending.add(importer, node, value, constant):
        pass
    elif _completed(importer, node, value, constant, importer.readers.get(name, 0)):
        importer.values[node.outputs[0]] = value
    elif node.op in ("Add", "Mul") and (constant.sources or (node.op == "Add" and constant.size > 1)):
        _learned(importer, node, value, constant)
    else:
        raise Unsupported(f"{node.op} with a constant of {'×'.join(map(str, constant.shape))}")


def _rescale(importer: Importer, node: Node, value: Value, constant: Tensor, *, first: bool) -> None:
    """``x·a``, ``x/a``, ``x + a``, ``x − a`` and ``a − x`` for one fixed number."""
    number = float(f"{(constant.numbers() or [0])[0]:.9g}")
    fields = {
        "Mul": {"scale": number}, "Add": {"offset": number},
        "Sub": {"offset": -number} if first else {"scale": -1.0, "offset": number},
        "Div": {"scale": 1 / number} if first and number else None,
    }.get(node.op)  # fmt: skip
    if fields is None:
        raise Unsupported(f"{node.op} with a constant")
    if value.taken_apart and list(fields) == ["scale"]:  # attention has a factor of its own
        importer.values[node.outputs[0]] = value._replace(factor=value.factor * fields["scale"])
        return
    importer.add(node, "rescale", fields, [importer.uncut(value)], importer.named(node))


#: The array that a learned vector becomes in the layer above, which has none yet, and the field that says so.
MISSING = {
    ("Add", "dense"): ("bias", "bias"),
    ("Add", "attention"): ("output_bias", "bias"),
    ("Add", "use"): ("bias", "bias"),
    ("Mul", "rmsnorm"): ("gamma", "scale"),
}


def _completed(importer: Importer, node: Node, value: Value, vector: Tensor, readers: int) -> bool:
    """Whether a constant belongs to the layer above, as its bias or scale that it does not have yet; it then has it."""
    layer = importer.layer(value.name)
    word, field = MISSING.get((node.op, layer.word if layer else ""), ("", ""))
    if layer is None or word in ("", *layer.weights) or readers != 1 or value.cuts or not vector.sources:
        return False
    if layer.word == "use" and "transposed" not in layer.fields:
        return False
    if vector.shape != (value.shape.channels,) or value.whole(value.dims[-1]) != "channels":
        return False
    importer.alone(layer.name)
    if layer.word == "use":
        layer.fields[field] = True  # it has none by default
    else:
        layer.fields.pop(field, None)
    layer.weights[word] = Weight(vector)
    if word == "output_bias":
        layer.fields.update(heads.biases(layer.weights))
    return True


def _learned(importer: Importer, node: Node, value: Value, constant: Tensor) -> None:
    """A learned number for each channel, or for each place; sines and cosines of the places are not learned."""
    sizes = [1] * (len(value.dims) - len(constant.shape)) + list(constant.shape)
    wide = [place for place, size in enumerate(sizes) if size > 1]
    if len(sizes) > len(value.dims):
        raise Unsupported(f"{node.op} with a constant of more axes")
    if len(wide) <= 1:
        if not constant.sources:
            raise Unsupported(f"{node.op} with a constant of {'×'.join(map(str, constant.shape))}")
        place = wide[0] if wide else _place_of_channels(importer, value, node)
        value = importer.featured(node.inputs[0] if node.inputs[0] in importer.values else node.inputs[1], place)
        if constant.size == 1 and node.op == "Mul" and value.shape.channels != 1:
            fields, weight = {"over": "one"}, {"gamma": Weight(constant, None, (1,))}
            importer.add(node, "scale", fields, [value], importer.titled(node, constant), weight)
            return
        if constant.size != value.shape.channels:
            raise Unsupported(f"{node.op} with a constant of {'×'.join(map(str, constant.shape))}")
        word, name = ("bias", "bias") if node.op == "Add" else ("scale", "gamma")
        weights = {name: Weight(constant, None, (constant.size,))}
        importer.add(node, word, {}, [value], importer.titled(node, constant), weights)
        return
    _for_each_place(importer, node, value, constant, sizes)


def _place_of_channels(importer: Importer, value: Value, node: Node) -> int:
    places = [place for place, dim in enumerate(value.dims) if value.whole(dim) == "channels"]
    return places[0] if places else len(value.dims) - 1


def _for_each_place(importer: Importer, node: Node, value: Value, constant: Tensor, sizes: list[int]) -> None:
    """A learned vector for each position is a positional encoding; a factor for each number a scale."""
    value = importer.uncut(value)
    axes = [value.whole(dim) for dim in value.dims[1:]]
    if sorted(axes) != sorted(value.shape.axes) or sizes[0] != 1 or value.rolls:
        value = importer.value_of(value)
        axes = [value.whole(dim) for dim in value.dims[1:]]
    order = tuple(1 + axes.index(axis) for axis in value.shape.axes if axis in axes)
    wanted = [1, *value.sizes]
    if sizes != wanted or len(order) != value.shape.rank:
        raise Unsupported(f"{node.op} with a constant of {'×'.join(map(str, constant.shape))}")
    name = importer.titled(node, constant)
    ahead = len(value.dims) - len(constant.shape)
    turned = tuple(place - ahead for place in order)
    turned = tuple(n for n in range(len(constant.shape)) if n not in turned) + turned
    if node.op == "Add":
        table = Weight(constant, turned, (prod(value.shape.spatial), value.shape.channels))
        if _computed(importer, value.shape, table):
            importer.add(node, "positional_encoding", {}, [value], name)
            return
        if not constant.sources:
            raise Unsupported(f"{node.op} with a constant of {'×'.join(map(str, constant.shape))}")
        fields: dict[str, object] = {"style": "learned"}
        longer = _longer(table)
        if longer is not None:
            table, fields = Weight(longer), {**fields, "max_length": longer.shape[0]}
        importer.add(node, "positional_encoding", fields, [value], name, {"embeddings": table})
        return
    own = [value.shape.axes.index(axis) for axis in _written(importer, value)]
    spare = len(turned) - len(own)
    turned = turned[:spare] + tuple(turned[spare + place] for place in own)
    gamma = Weight(constant, turned, tuple(value.shape.written(importer.layout)))
    importer.add(node, "scale", {"over": "all"}, [value], name, {"gamma": gamma})


def _longer(table: Weight) -> Tensor | None:
    """The learned table ``[L, F]`` whose first rows a table of positions is; None if it is that table itself."""
    positions, features = table.found
    sources = table.tensor.sources
    whole = sources[0].shape if len(sources) == 1 else ()
    if len(whole) != 2 or whole[1] != features or whole[0] <= positions:
        return None
    return sources[0] if (array(table) == numbers_of(sources[0])[:positions]).all() else None


def _computed(importer: Importer, shape: Shape, table: Weight) -> bool:
    """Whether the vectors of the positions are our sines and cosines, which are not learned."""
    import numpy as np

    from cnncalc.engine import kernels

    try:
        importer.made("positional_encoding", {}, [shape])
    except Misfit:
        return False
    kind = importer.kind("positional_encoding", {})
    wanted = kernels.find(kind)(kind, {}, np.zeros((1, *shape.sizes), np.float32))
    return bool(np.allclose(array(table), wanted.reshape(table.found), rtol=0, atol=ROUNDED))


def _written(importer: Importer, value: Value) -> tuple[str, ...]:
    return importer.natural(value.shape.rank)


OPERATORS = {**dict.fromkeys(WORDS, join), "Div": divide}

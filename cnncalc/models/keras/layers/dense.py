"""Dense layers, embeddings, and layers that scale or drop."""

from __future__ import annotations

from math import prod
from typing import Any

from cnncalc.models.importer import Importer, Unsupported
from cnncalc.models.keras.called import Called
from cnncalc.models.keras.layers.adding import Array, add, source
from cnncalc.models.keras.settings import flag, number, short, whole, wrong


def dense(importer: Importer, node: Called) -> None:
    """Dense: over the last axis, at each position."""
    x = importer.values[node.inputs[0]]
    if x.axes[-1] != "channels":
        raise Unsupported(f"keras.Dense over the {x.axes[-1]}")
    fields: dict[str, Any] = {"units": whole(node, "units")}
    fields |= {} if flag(node, "use_bias", usual=True) else {"bias": False}
    fields |= {"flatten": False} if x.shape.rank > 2 else {}
    add(importer, node, "dense", fields)


def embedding(importer: Importer, node: Called) -> None:
    """Embedding. Its mask is not tracked here."""
    if flag(node, "mask_zero", usual=False):
        importer.graph.remarks.append(f"{node.name}: tokens of 0 are masked in Keras (mask_zero), but not here")
    add(importer, node, "embedding", {"vocab": whole(node, "input_dim"), "dim": whole(node, "output_dim")})


def masking(importer: Importer, node: Called) -> None:
    """Masking: its mask is not tracked here."""
    masked = number(node, "mask_value", 0.0)
    importer.graph.remarks.append(f"{node.name}: steps of {masked:g} are masked in Keras, but not here")
    importer.passed(node)


def dropout(importer: Importer, node: Called) -> None:
    """Dropout, of numbers or of whole channels."""
    rate = short(number(node, "rate", 0.5))
    add(importer, node, "dropout", {} if rate == 0.5 else {"rate": rate})


def depth(importer: Importer, node: Called) -> None:
    """ConvNeXt's StochasticDepth."""
    rate = short(number(node, "drop_path_rate", 0.5))
    add(importer, node, "stochastic_depth", {} if rate == 0.5 else {"rate": rate})


def layer_scale(importer: Importer, node: Called) -> None:
    """ConvNeXt's LayerScale: one learned factor a channel."""
    initial = short(number(node, "init_values", 1.0))
    if source(importer, node).axes[-1] != "channels":
        raise Unsupported("keras.LayerScale over another axis than the channels")
    add(importer, node, "scale", {} if initial == 1.0 else {"initial": initial})


def prelu(importer: Importer, node: Called) -> None:
    """PReLU with one slope for each channel, or a single one."""
    x = source(importer, node)
    last = len(x.axes)
    shared = node.settings.get("shared_axes") or []
    given = [axis if axis > 0 else axis + last + 1 for axis in shared]
    kept = [axis for axis in range(1, last + 1) if axis not in given]
    channels = x.axes.index("channels") + 1
    if kept not in ([], [channels]):
        raise wrong(node, "shared_axes", shared)
    shape = tuple(x.sizes[axis - 1] if axis in kept else 1 for axis in range(1, last + 1))
    fields = {} if kept else {"shared": True}
    if prod(shape) == 1 and kept:
        fields = {}
    add(importer, node, "prelu", fields, {"alpha": Array(0, shape=shape)})


def rescaling(importer: Importer, node: Called) -> None:
    """Rescaling by fixed numbers."""
    fields = {}
    for name, plain in (("scale", 1.0), ("offset", 0.0)):
        given = node.settings.get(name, plain)
        many = given if isinstance(given, list) else [given]
        if not many or any(isinstance(n, bool) or not isinstance(n, (int, float)) or abs(n) > 1e30 for n in many):
            raise wrong(node, name, given)
        if any(n != plain for n in many):
            found = [float(f"{n:.9g}") for n in many]
            fields[name] = found if isinstance(given, list) else found[0]
    if any(isinstance(value, list) for value in fields.values()) and source(importer, node).axes[-1] != "channels":
        raise Unsupported("keras.Rescaling over another axis than the channels")
    add(importer, node, "rescale", fields)


def einsum(importer: Importer, node: Called) -> None:
    """EinsumDense that is a dense layer at each position: ``abc,cd->abd``."""
    x = source(importer, node)
    sides = str(node.settings.get("equation")).replace(" ", "").replace("...", "").split("->")
    left, _, kernel = sides[0].partition(",")
    shape = node.settings.get("output_shape")
    units = shape[-1] if isinstance(shape, list) else shape
    plain = len(kernel) == 2 and left[-1:] == kernel[0] and sides[-1] == left[:-1] + kernel[1]
    if not plain or type(units) is not int or units < 1 or x.axes[-1] != "channels":
        raise wrong(node, "equation", node.settings.get("equation"))
    bias = node.settings.get("bias_axes")
    if bias not in (None, kernel[1]):
        raise wrong(node, "bias_axes", bias)
    fields: dict[str, Any] = {"units": units, **({"bias": False} if bias is None else {})}
    add(importer, node, "dense", fields | ({"flatten": False} if x.shape.rank > 2 else {}))


def matmul(importer: Importer, node: Called) -> None:
    """keras.ops.matmul of two matrices, both computed."""
    reads = [importer.value(name) for name in node.inputs]
    if len(reads) != 2 or any(value.shape.rank != 2 for value in reads):
        raise Unsupported("keras.ops.Matmul of values that are not two matrices")
    add(importer, node, "matmul", {}, reads=reads, axes=importer.natural(2))


LAYERS = {
    "ops.Matmul": matmul,
    "Dense": dense, "EinsumDense": einsum, "Embedding": embedding, "Masking": masking, "PReLU": prelu,
    "Rescaling": rescaling, "LayerScale": layer_scale, "StochasticDepth": depth,
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), dropout),
}  # fmt: skip

"""Normalisations."""

from __future__ import annotations

from typing import Any

from cnncalc.models.importer import Importer, Unsupported, Value
from cnncalc.models.keras.called import Called
from cnncalc.models.keras.layers.adding import Array, add, source
from cnncalc.models.keras.settings import flag, many, number, short, usual, wrong

TINY = 1e-14  # Normalization divides by max(√variance, 1e-7)


def _axes(node: Called, x: Value) -> list[str]:
    """The names of the axes in a setting, which counts the batch axis too."""
    given = node.settings.get("axis", -1)
    return [x.axis(axis + node.timed if axis > 0 else axis) for axis in (given if isinstance(given, list) else [given])]


def _over_channels(node: Called, x: Value) -> None:
    if _axes(node, x) != ["channels"]:
        raise Unsupported(f"{node.op} over the {' and the '.join(_axes(node, x))}")


def _fields(node: Called, eps: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (given := short(number(node, "epsilon", eps))) != 1e-5:
        found["eps"] = given
    for name in ("scale", "center"):
        found |= {} if flag(node, name, usual=True) else {name: False}
    return found


def batchnorm(importer: Importer, node: Called) -> None:
    """BatchNormalization at inference."""
    _over_channels(node, source(importer, node))
    usual(node, renorm=False)
    add(importer, node, "batchnorm", _fields(node, 1e-3))


def layernorm(importer: Importer, node: Called) -> None:
    """LayerNormalization over the features at each position, or over the whole example."""
    x = source(importer, node)
    axes = _axes(node, x)
    usual(node, rms_scaling=False)
    fields = _fields(node, 1e-3)
    if axes == list(x.axes) and len(axes) > 1:
        fields["axes"] = "all"
    elif axes != ["channels"]:
        raise Unsupported(f"{node.op} over the {' and the '.join(axes)}")
    add(importer, node, "layernorm", fields)


def rmsnorm(importer: Importer, node: Called) -> None:
    """RMSNormalization."""
    _over_channels(node, source(importer, node))
    eps = short(number(node, "epsilon", 1e-6))
    add(importer, node, "rmsnorm", {} if eps == 1e-5 else {"eps": eps})


def groupnorm(importer: Importer, node: Called) -> None:
    """GroupNormalization; -1 means one group for each channel."""
    x = source(importer, node)
    _over_channels(node, x)
    given = node.settings.get("groups", 32)
    groups = x.shape.channels if given == -1 else many(node, "groups", 1, 32)[0]
    add(importer, node, "groupnorm", {"groups": groups, **_fields(node, 1e-3)})


def normalization(importer: Importer, node: Called) -> None:
    """Normalization: by numbers in the config, or by a mean and a variance that it holds as arrays."""
    x = source(importer, node)
    mean, variance = (node.settings.get(name) for name in ("mean", "variance"))
    usual(node, invert=False)
    if mean is None or variance is None:
        _over_channels(node, x)
        fields = {"eps": TINY, "scale": False, "center": False, "counter": True}
        add(importer, node, "batchnorm", fields, {"moving_count": Array(2, shape=())})
        return
    if node.settings.get("axis") not in (None, []):
        _over_channels(node, x)
    means, variances = (_numbers(node, name) for name in ("mean", "variance"))
    deviations = [max(value**0.5, 1e-7) for value in variances]
    scale = [float(f"{1 / value:.9g}") for value in deviations]
    offset = [float(f"{-m / d:.9g}") for m, d in zip(means, deviations, strict=True)]
    single = len(scale) == 1
    add(importer, node, "rescale", {"scale": scale[0] if single else scale, "offset": offset[0] if single else offset})


def _numbers(node: Called, name: str) -> list[float]:
    """Numbers, however many brackets are around them."""
    found = node.settings[name]
    while isinstance(found, list) and len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    many = found if isinstance(found, list) else [found]
    low = 0.0 if name == "variance" else -1e30
    if not many or not all(type(n) in (int, float) and low <= n < 1e30 for n in many):
        raise wrong(node, name, found)
    return [float(n) for n in many]


LAYERS = {
    "BatchNormalization": batchnorm, "LayerNormalization": layernorm, "RMSNormalization": rmsnorm,
    "GroupNormalization": groupnorm, "Normalization": normalization,
}  # fmt: skip

"""Layers of Keras by class: the layer of ours for each of them.

A file holds layers of one family in ``LAYERS``, a function for each, as ``models/operators`` does for operators.
Source of every setting: keras.io/api/layers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.models.importer import Importer, Unsupported
from cnncalc.models.keras.called import Called
from cnncalc.models.keras.layers import attention, convolution, dense, norm, pooling, recurrent, shaping

_ALL: dict[str, Callable[[Importer, Called], None]] = {
    **attention.LAYERS,
    **convolution.LAYERS,
    **dense.LAYERS,
    **norm.LAYERS,
    **pooling.LAYERS,
    **recurrent.LAYERS,
    **shaping.LAYERS,
}
#: What TimeDistributed can hold: layers with a window, and those that work position by position.
_TIMED = (
    *pooling.LAYERS, "BatchNormalization", "Conv2D", "Cropping2D", "Dense", "DepthwiseConv2D", "Dropout", "Flatten",
    "LayerNormalization", "LayerScale", "Rescaling", "SeparableConv2D", "SpatialDropout2D", "UpSampling2D",
    "ZeroPadding2D",
)  # fmt: skip


def find(op: str) -> Callable[[Any, Any], None] | None:
    """The reader of the layer ``op`` (``keras.Conv2D``); None if there is none."""
    own, _, word = op.partition(".")
    return _read if own == "keras" and word in _ALL else None


def _read(importer: Importer, node: Called) -> None:
    word = node.op.removeprefix("keras.")
    if node.timed and word not in _TIMED:
        raise Unsupported(f"keras.TimeDistributed of {word}")
    _ALL[word](importer, node)

"""The two orders of axes: as the spec's layout writes them, and channels last as the engine has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Weights = dict[str, Array]


def inward(array: Array, layout: str) -> Array:
    """``[batch, axes in the spec's layout]`` as ``[batch, spatial..., channels]``; a view."""
    return np.moveaxis(array, 1, -1) if layout == "channels_first" and array.ndim > 3 else array


def outward(array: Array, layout: str) -> Array:
    """``[batch, spatial..., channels]`` as ``[batch, axes in the spec's layout]``; a view."""
    return np.moveaxis(array, -1, 1) if layout == "channels_first" and array.ndim > 3 else array

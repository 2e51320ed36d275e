"""The weights of a model in our layout, each read from the file on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.errors import SpecError
from cnncalc.models.building import Layer, Weight
from cnncalc.models.graph import Tensor

_NUMPY = {"bool": "?", "bfloat16": "<u2"}  # types whose name NumPy does not know, or that it cannot hold


class Weights(Mapping[str, Any]):
    """Arrays by ``layer/weight``, float32."""

    def __init__(self, layers: list[Layer]) -> None:
        self._weights = {f"{layer.name}/{name}": weight for layer in layers for name, weight in layer.weights.items()}

    def __getitem__(self, name: str) -> Any:
        return array(self._weights[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)


def array(weight: Weight) -> Any:
    """The array of a weight, with its axes in our order. Raises SpecError if bytes are missing."""
    import numpy as np

    numbers = numbers_of(weight.tensor)
    if weight.axes is not None:
        numbers = numbers.transpose(weight.axes)
    for pick in weight.picks:
        numbers = numbers.take(pick.places, axis=pick.axis)
    if weight.sizes is not None:
        numbers = numbers.reshape(weight.sizes)
    if weight.factor != 1.0:
        numbers = numbers * weight.factor
    if weight.work is not None:
        numbers = weight.work(numbers)
    return np.ascontiguousarray(numbers, np.float32)


def numbers_of(tensor: Tensor) -> Any:
    """The numbers of a tensor as an array. Raises SpecError if bytes are missing."""
    import numpy as np

    try:
        numbers = np.frombuffer(tensor.read(), np.dtype(_NUMPY.get(tensor.dtype, tensor.dtype))).reshape(tensor.shape)
    except ValueError:
        raise SpecError(f"the numbers of {tensor.name} do not fill {'×'.join(map(str, tensor.shape))}") from None
    if tensor.dtype == "bfloat16":  # the upper half of a float32
        return (numbers.astype(np.uint32) << 16).view(np.float32)
    return numbers

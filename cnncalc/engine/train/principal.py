"""Principal components, to compare with an autoencoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnncalc.engine.arrays import Array
from cnncalc.errors import UsageError
from cnncalc.summary import autoencoder

if TYPE_CHECKING:
    from cnncalc.summary.rows import Summary


class Principal(NamedTuple):
    """The squared error of PCA with as many ``components`` as the code has numbers, and the network's, both ½Σ‖x − x̂‖²
    on the data without noise.
    """

    components: int
    error: float
    network: float


def components(summary: Summary) -> int:
    """How many numbers the code has. Raises UsageError if the network is not an autoencoder with a code."""
    code = autoencoder.code(summary)
    if code is None or autoencoder.incomparable(summary):
        raise UsageError(
            "a comparison with PCA needs the size of the code", help="write encoder: and decoder: instead of layers:"
        )
    return int(code.numbers)


def pca(x: Array, components: int) -> float:
    """``½ Σ ‖x − x̂‖²`` of the best fit with this many principal components (Eckart & Young 1936): half the sum of
    the other squared singular values of the centred data.
    """
    flat = x.reshape(len(x), -1)
    values = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False)
    return float(np.sum(values[components:] ** 2) / 2)


def squared_error(x: Array, made: Array) -> float:
    """``½ Σ ‖x − x̂‖²``, summed over the examples."""
    return float(np.sum(np.square(made - x)) / 2)

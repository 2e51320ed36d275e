"""Makes the small data sets that the autoencoders of this folder are trained on: ``python specs/data/make.py``.

plane.npy: 300 points in 8 dimensions that lie near a plane of 3. curve.npy: 300 points near a curve in 3 dimensions.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def plane() -> np.ndarray:
    random = np.random.default_rng(1)
    points = random.standard_normal((300, 3)) * [2.0, 1.5, 1.0]
    return points @ random.standard_normal((3, 8)) + random.standard_normal(8) + 0.2 * random.standard_normal((300, 8))


def curve() -> np.ndarray:
    random = np.random.default_rng(2)
    t = random.uniform(-1, 1, 300)
    points = np.stack([t, np.sin(3 * t), t * t], axis=1)
    return points + 0.02 * random.standard_normal(points.shape)


if __name__ == "__main__":
    for name, points in (("plane", plane()), ("curve", curve())):
        np.save(HERE / f"{name}.npy", points.astype(np.float32))

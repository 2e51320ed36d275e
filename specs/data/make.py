"""Makes the small data sets that the specs of this folder are trained on: ``python specs/data/make.py``.

plane.npy: 300 points in 8 dimensions that lie near a plane of 3. curve.npy: 300 points near a curve in 3 dimensions.
patches.npy: 400 patches of 8×8 with an edge or a bar in some direction. shapes.npy: 480 images of 12×12 with a disc, a
square, a cross or a triangle, shapes-labels.npy which it is; held-back.npy and held-back-labels.npy: 160 more.
waves.npy: 200 sequences of 12 steps, sines of some length and phase.
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


def patches() -> np.ndarray:
    random = np.random.default_rng(3)
    y, x = np.mgrid[:8, :8] - 3.5
    found = []
    for _ in range(400):
        angle, offset, width = random.uniform(0, np.pi), random.uniform(-2, 2), random.uniform(0.6, 1.4)
        distance = np.cos(angle) * x + np.sin(angle) * y - offset
        edge, bar = 1 / (1 + np.exp(-2 * distance)), np.exp(-((distance / width) ** 2))
        found.append((edge if random.random() < 0.5 else bar).ravel())
    return np.array(found)


def shapes(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images ``[count, 12, 12, 1]`` and their labels: 0 disc, 1 square, 2 cross, 3 triangle."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 4
    y, x = np.mgrid[:12, :12]
    found = []
    for label in labels:
        size = random.uniform(2.2, 4.2)
        row, column = random.uniform(size, 11 - size, 2)
        down, across = y - row, x - column
        inside = (
            down**2 + across**2 <= size**2,
            np.maximum(np.abs(down), np.abs(across)) <= size * 0.85,
            (np.minimum(np.abs(down), np.abs(across)) <= size * 0.3)
            & (np.maximum(np.abs(down), np.abs(across)) <= size),
            (np.abs(down) <= size) & (np.abs(across) <= (down + size) / 2),
        )[label]
        found.append(inside * random.uniform(0.7, 1.0) + 0.05 * random.random((12, 12)))
    order = random.permutation(count)
    return np.array(found)[order, ..., None].clip(0, 1), labels[order]


def waves() -> np.ndarray:
    random = np.random.default_rng(6)
    length, phase = random.uniform(6, 14, (200, 1, 1)), random.uniform(0, 2 * np.pi, (200, 1, 1))
    return np.sin(2 * np.pi * np.arange(12)[:, None] / length + phase)


def sets() -> dict[str, np.ndarray]:
    """Every data set by the name of its file."""
    points = {"plane": plane().astype(np.float32), "curve": curve().astype(np.float32)}
    small = {"patches": patches(), "waves": waves()}
    for name, count, seed in (("shapes", 480, 4), ("held-back", 160, 5)):
        small[name], labels = shapes(count, seed)
        points[f"{name}-labels"] = labels.astype(np.uint8)
    return points | {name: array.astype(np.float16) for name, array in small.items()}


if __name__ == "__main__":
    for name, array in sets().items():
        np.save(HERE / f"{name}.npy", array)

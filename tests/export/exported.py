"""What the tests of each target share: networks with weights that are all different, and arrays to run them on."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from case_files import load

import cnncalc
from cnncalc.engine import initial
from cnncalc.engine.inputs import tokens
from cnncalc.export import export
from cnncalc.limits import Limits

LIMIT = 1e-5  # of the largest number of an output
NOT_RUN = {"opaque"}
MOST_MACS, MOST_PARAMS = 3 * 10**7, 10**6  # of a case that is run


class Weighed(NamedTuple):
    """A network with weights, none of which is the neutral one, and two examples of its inputs."""

    net: cnncalc.Net
    arrays: dict[str, np.ndarray]
    feeds: dict[str, np.ndarray]

    def outputs(self) -> dict[str, np.ndarray]:
        """What our engine gives, by name, in the spec's layout."""
        return self.net.build(self.arrays).run(self.feeds)

    def export(self, target: str) -> bytes:
        return b"".join(export(self.net.summary(), target, self.arrays, 0, Limits()))

    def first(self, array: np.ndarray) -> np.ndarray:
        """An input or an output ``[batch, ...]`` with its channels first, where it has positions along two axes."""
        last = self.net.summary().layout != "channels_first" and array.ndim > 3
        return np.moveaxis(array, -1, 1) if last else array

    def last(self, array: np.ndarray) -> np.ndarray:
        """The same with its channels last."""
        first = self.net.summary().layout == "channels_first" and array.ndim > 3
        return np.moveaxis(array, 1, -1) if first else array


def weighed(net: cnncalc.Net) -> Weighed:
    summary, random = net.summary(), np.random.default_rng(7)
    arrays = initial.initial(summary, 3)
    for name, array in arrays.items():
        if not name.endswith("kernel"):  # a bias of 0 or a gamma of 1 would hide that it is left out
            noise = random.random(array.shape) if name.endswith("variance") else random.standard_normal(array.shape)
            arrays[name] = (array + 0.1 * noise).astype(np.float32)
    feeds: dict[str, Any] = {}
    for name, shape in summary.inputs.items():
        sizes, ids = (2, *shape.written(summary.layout)), tokens(summary, name)
        feeds[name] = random.integers(0, ids, sizes) if ids else random.standard_normal(sizes).astype(np.float32)
    return Weighed(net, arrays, feeds)


def assert_same(got: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    assert list(got) == list(wanted)
    for name, array in wanted.items():
        assert got[name].shape == array.shape
        assert np.abs(got[name] - array).max() <= LIMIT * max(1, np.abs(array).max()), name


def few() -> list[Any]:
    """The first of the cases of each kind, in each layout."""
    found = {}
    for param in cases():
        kind, _, layout = param.id.partition("-")
        found.setdefault((kind, layout.partition("-")[2]), param)
    return list(found.values())


@cache
def cases() -> list[Any]:
    """The cases by hand of each kind that are small enough to run, those with images in both layouts."""
    found = []
    for param in load("cases"):
        (case,) = param.values
        fixed = "order" in case.stated.get("fields", {}) or case.kind == "reshape"  # its sizes are of one layout
        for each in [case, case.turned] if case.turns and not fixed else [case]:
            totals = cnncalc.parse(each.text).summary().totals
            if case.kind not in NOT_RUN and totals.macs <= MOST_MACS and totals.params <= MOST_PARAMS:
                found.append(pytest.param(each.text, id=f"{param.id}-{each.layout}"))
    return found

"""What must hold of any convolution, whatever it is made with: on whole numbers, so exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.engine import ENGINES
from cnncalc.engine.model import Model

Net = Callable[..., np.ndarray]


@pytest.fixture(params=ENGINES)
def conv(request: pytest.FixtureRequest) -> Net:
    """``conv(x, kernel, bias, **fields)``: a convolution of ``x`` [batch, H, W, C]."""

    def run(x: np.ndarray, kernel: np.ndarray, bias: Any = None, kind: str = "conv", **fields: Any) -> np.ndarray:
        fields = {"filters": kernel.shape[-1], "kernel": list(kernel.shape[:-2]), **fields, "bias": bias is not None}
        if kind != "conv":
            del fields["filters"]
        listed = ", ".join(f"{k}: {str(v).lower()}" for k, v in fields.items())
        text = f"input: {list(x.shape[1:])}\nlayers: [{{{kind}: {{name: c, {listed}}}}}]"
        arrays = {"c/kernel": kernel.astype(np.float32)}
        if bias is not None:
            arrays["c/bias"] = np.asarray(bias, np.float32)
        return Model(cnncalc.parse(text).summary(), arrays, cnncalc.Limits(), request.param)(x.astype(np.float32))

    return run


@pytest.fixture(params=[0, 1, 2])
def numbers(request: pytest.FixtureRequest) -> Callable[..., np.ndarray]:
    """``numbers(sizes...)``: whole numbers from -4 to 4."""
    rng = np.random.default_rng(request.param)
    return lambda *sizes: rng.integers(-4, 5, sizes).astype(np.float32)


def test_scaling_the_input_scales_the_output(conv: Net, numbers) -> None:
    x, w = numbers(2, 9, 8, 3), numbers(3, 3, 3, 4)
    np.testing.assert_array_equal(conv(2 * x, w), 2 * conv(x, w))


def test_scaling_the_kernel_scales_the_output(conv: Net, numbers) -> None:
    x, w = numbers(2, 9, 8, 3), numbers(3, 3, 3, 4)
    np.testing.assert_array_equal(conv(x, -3 * w), -3 * conv(x, w))


def test_inputs_add(conv: Net, numbers) -> None:
    a, b, w = numbers(1, 8, 8, 3), numbers(1, 8, 8, 3), numbers(3, 3, 3, 2)
    np.testing.assert_array_equal(conv(a + b, w, padding=1), conv(a, w, padding=1) + conv(b, w, padding=1))


def test_kernels_add(conv: Net, numbers) -> None:
    x, a, b = numbers(1, 8, 8, 3), numbers(5, 3, 3, 2), numbers(5, 3, 3, 2)
    np.testing.assert_array_equal(conv(x, a + b), conv(x, a) + conv(x, b))


def test_a_bias_is_added_once(conv: Net, numbers) -> None:
    x, w, b = numbers(2, 7, 7, 3), numbers(3, 3, 3, 4), numbers(4)
    np.testing.assert_array_equal(conv(x, w, b, padding=1), conv(x, w, padding=1) + b)


def test_shifting_the_input_shifts_the_output(conv: Net, numbers) -> None:
    x, w = numbers(1, 12, 11, 2), numbers(3, 3, 2, 3)
    np.testing.assert_array_equal(conv(x[:, 2:, 1:], w), conv(x, w)[:, 2:, 1:])


def test_a_stride_takes_every_so_manieth_position(conv: Net, numbers) -> None:
    x, w = numbers(1, 13, 12, 3), numbers(3, 3, 3, 2)
    np.testing.assert_array_equal(conv(x, w, stride=[2, 3]), conv(x, w)[:, ::2, ::3])


def test_dilation_is_a_kernel_with_zeros_between(conv: Net, numbers) -> None:
    x, w = numbers(1, 12, 12, 3), numbers(3, 2, 3, 2)
    wide = np.zeros((5, 4, 3, 2), np.float32)
    wide[::2, ::3] = w
    np.testing.assert_array_equal(conv(x, w, dilation=[2, 3]), conv(x, wide))


def test_groups_are_convolutions_side_by_side(conv: Net, numbers) -> None:
    x, w = numbers(2, 8, 8, 6), numbers(3, 3, 2, 9)
    parts = [conv(x[..., 2 * g : 2 * g + 2], w[..., 3 * g : 3 * g + 3]) for g in range(3)]
    np.testing.assert_array_equal(conv(x, w, groups=3), np.concatenate(parts, -1))


def test_groups_are_one_kernel_with_blocks_of_zeros(conv: Net, numbers) -> None:
    x, w = numbers(1, 8, 8, 4), numbers(3, 3, 2, 6)
    whole = np.zeros((3, 3, 4, 6), np.float32)
    whole[:, :, :2, :3], whole[:, :, 2:, 3:] = w[..., :3], w[..., 3:]
    np.testing.assert_array_equal(conv(x, w, groups=2), conv(x, whole))


def test_padding_is_zeros_around_the_input(conv: Net, numbers) -> None:
    x, w = numbers(2, 7, 6, 3), numbers(3, 3, 3, 2)
    wide = np.pad(x, [(0, 0), (1, 2), (0, 3), (0, 0)])
    np.testing.assert_array_equal(conv(x, w, padding=[[1, 2], [0, 3]]), conv(wide, w))


def test_filters_stand_side_by_side(conv: Net, numbers) -> None:
    x, a, b = numbers(1, 8, 8, 3), numbers(3, 3, 3, 2), numbers(3, 3, 3, 5)
    both = conv(x, np.concatenate([a, b], -1))
    np.testing.assert_array_equal(both, np.concatenate([conv(x, a), conv(x, b)], -1))


def test_input_channels_add(conv: Net, numbers) -> None:
    x, w = numbers(1, 8, 8, 5), numbers(3, 3, 5, 4)
    np.testing.assert_array_equal(conv(x, w), conv(x[..., :2], w[:, :, :2]) + conv(x[..., 2:], w[:, :, 2:]))


def test_channels_in_another_order(conv: Net, numbers) -> None:
    x, w, order = numbers(1, 8, 8, 4), numbers(3, 3, 4, 3), [2, 0, 3, 1]
    np.testing.assert_array_equal(conv(x[..., order], w[:, :, order]), conv(x, w))


def test_a_turned_input_and_kernel_turn_the_output(conv: Net, numbers) -> None:
    x, w = numbers(1, 9, 8, 3), numbers(3, 5, 3, 2)
    turned = conv(x.swapaxes(1, 2), w.swapaxes(0, 1), padding=1)
    np.testing.assert_array_equal(turned, conv(x, w, padding=1).swapaxes(1, 2))


def test_a_mirrored_input_and_kernel_mirror_the_output(conv: Net, numbers) -> None:
    x, w = numbers(1, 9, 8, 3), numbers(3, 3, 3, 2)
    np.testing.assert_array_equal(conv(x[:, ::-1], w[::-1], padding=1), conv(x, w, padding=1)[:, ::-1])


def test_the_middle_of_a_kernel_alone_is_the_input(conv: Net, numbers) -> None:
    x, w = numbers(3, 7, 7, 4), np.zeros((3, 3, 4, 4), np.float32)
    w[1, 1] = np.eye(4)
    np.testing.assert_array_equal(conv(x, w, padding=1), x)


def test_a_kernel_of_one_is_a_product_at_each_position(conv: Net, numbers) -> None:
    x, w = numbers(2, 6, 5, 8), numbers(1, 1, 8, 3)
    np.testing.assert_array_equal(conv(x, w), x @ w[0, 0])


def test_examples_do_not_mix(conv: Net, numbers) -> None:
    x, w = numbers(5, 8, 8, 3), numbers(3, 3, 3, 4)
    each = np.concatenate([conv(x[i : i + 1], w, padding=1) for i in range(5)])
    np.testing.assert_array_equal(conv(x, w, padding=1), each)


def test_depthwise_is_a_group_for_each_channel(conv: Net, numbers) -> None:
    x, w = numbers(2, 9, 9, 6), numbers(3, 3, 6, 2)
    grouped = conv(x, w.reshape(3, 3, 1, 12), groups=6, padding=1, stride=2)
    np.testing.assert_array_equal(conv(x, w, kind="depthwise_conv", multiplier=2, padding=1, stride=2), grouped)


def test_all_ones_sum_to_the_multiply_accumulates(conv: Net) -> None:
    y = conv(np.ones((1, 9, 7, 4)), np.ones((3, 2, 2, 6)), groups=2, stride=2)
    assert y.sum() == cnncalc.calc("9x7x4", "conv:6,kernel=[3,2],groups=2,stride=2,bias=false").summary()["conv1"].macs

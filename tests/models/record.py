"""Writes small ONNX files with what PyTorch gives for them: ``python tests/models/record.py`` (needs PyTorch and ONNX).

Each is a module with seeded weights, exported by PyTorch; ``<name>.npz`` holds an input and the output.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).with_name("recorded")


class Residual(nn.Module):
    """``x + conv(relu(bn(conv(x))))``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Any) -> Any:
        return torch.relu(x + self.conv2(torch.relu(self.bn1(self.conv1(x)))))


class Shuffle(nn.Module):
    """Half the channels through a convolution, then a channel shuffle."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)

    def forward(self, x: Any) -> Any:
        kept, changed = x.chunk(2, dim=1)
        y = torch.cat([kept, self.conv(changed)], 1)
        n, c, h, w = y.shape
        return y.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


class Squeeze(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)

    def forward(self, x: Any) -> Any:
        s = nn.functional.adaptive_avg_pool2d(x, 1)
        return x * nn.functional.hardsigmoid(self.fc2(nn.functional.silu(self.fc1(s))))


class LastAxis(nn.Module):
    """As ConvNeXt works: channels last inside, a gelu, one factor a channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.fc1, self.fc2 = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Any) -> Any:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.fc2(nn.functional.gelu(self.fc1(y)))
        return x + self.gamma * y.permute(0, 3, 1, 2)


def tail(channels: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 5)]


MODULES: dict[str, Callable[[], nn.Module]] = {
    "lenet": lambda: nn.Sequential(
        nn.Conv2d(3, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 5), nn.ReLU(),
        nn.AvgPool2d(2, padding=1, count_include_pad=False), nn.Flatten(), nn.Linear(48, 10)),
    "residual": lambda: nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), Residual(8), Residual(8), *tail(8)),
    "shuffle": lambda: nn.Sequential(nn.Conv2d(3, 8, 1), Shuffle(), nn.PixelUnshuffle(2), *tail(32)),
    "squeeze": lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.Hardswish(), Squeeze(8), nn.ReLU6(), *tail(8)),
    "last-axis": lambda: nn.Sequential(nn.Conv2d(3, 6, 4, 4), LastAxis(6), *tail(6)),
    "generator": lambda: nn.Sequential(
        nn.ConvTranspose2d(3, 8, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(8, 4, 3, 2, 1, output_padding=1, groups=2), nn.PReLU(4), nn.Upsample(scale_factor=2),
        nn.Upsample(size=(150, 100), mode="bilinear"), nn.ZeroPad2d((1, 2, 0, 1)), nn.Conv2d(4, 2, 3, 7, dilation=2),
        nn.Tanh()),
    "norms": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ELU(), nn.Softplus(), *tail(8), nn.LogSoftmax(1)),
}  # fmt: skip


def main() -> None:
    HERE.mkdir(exist_ok=True)
    for name, make in MODULES.items():
        torch.manual_seed(len(name))
        module = make().eval()
        for part in module.modules():
            if isinstance(part, nn.BatchNorm2d):
                nn.init.uniform_(part.weight, 0.5, 1.5)
                nn.init.uniform_(part.bias, -0.3, 0.3)
                part.running_mean.uniform_(-0.3, 0.3)  # type: ignore[union-attr]
                part.running_var.uniform_(0.5, 1.5)  # type: ignore[union-attr]
        x = torch.randn(1, 3, 16, 12)
        training = torch.onnx.TrainingMode.PRESERVE if name == "norms" else torch.onnx.TrainingMode.EVAL
        torch.onnx.export(
            module, (x,), HERE / f"{name}.onnx", dynamo=False, opset_version=17, training=training,
            do_constant_folding=name != "norms",
        )  # fmt: skip
        with torch.no_grad():
            learned = sum(p.numel() for p in module.parameters())
            np.savez_compressed(HERE / f"{name}.npz", x=x.numpy(), y=module(x).numpy(), learned=learned)


if __name__ == "__main__":
    main()

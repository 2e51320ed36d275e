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


class Tokens(nn.Module):
    """As a vision transformer: patches, a class token, positions, attention on what nn.MultiheadAttention makes."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.positions = nn.Parameter(torch.randn(1, 13, width))
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        nn.init.uniform_(self.attention.in_proj_bias, -1, 1)
        nn.init.uniform_(self.attention.out_proj.bias, -1, 1)

    def forward(self, x: Any) -> Any:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        y = self.norm(x)
        return (x + self.attention(y, y, y, need_weights=False)[0])[:, 0]


class Windows(nn.Module):
    """As Swin: attention in windows of an image, moved by ``shift``, and then four pixels put into the channels."""

    def __init__(self, width: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.table = nn.Parameter(torch.randn((2 * window - 1) ** 2, heads))
        places = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
        apart = places[:, :, None] - places[:, None, :] + window - 1
        self.register_buffer("index", apart[0] * (2 * window - 1) + apart[1])
        self.norm, self.reduction = nn.LayerNorm(4 * width), nn.Linear(4 * width, width, bias=False)
        nn.init.normal_(self.norm.weight)
        nn.init.normal_(self.norm.bias)

    def windows(self, x: Any) -> Any:
        b, h, w, c = x.shape
        x = x.view(b, h // self.window, self.window, w // self.window, self.window, c)
        return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, self.window**2, c)

    def forward(self, x: Any) -> Any:
        x = x.permute(0, 2, 3, 1)
        b, h, w, c = x.shape
        y = self.windows(torch.roll(x, (-self.shift, -self.shift), (1, 2)) if self.shift else x)
        q, k, v = self.qkv(y).view(y.shape[0], -1, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        scores = q * (c // self.heads) ** -0.5 @ k.transpose(-2, -1)
        scores = scores + self.table[self.index.view(-1)].view(*self.index.shape, -1).permute(2, 0, 1)  # type: ignore[operator]
        if self.shift:
            area = torch.zeros(1, h, w, 1)
            stretches = (slice(0, -self.window), slice(-self.window, -self.shift), slice(-self.shift, None))
            for number, (i, j) in enumerate((i, j) for i in stretches for j in stretches):
                area[:, i, j] = number
            area = self.windows(area).squeeze(-1)
            hidden = (area[:, None] - area[:, :, None]).ne(0) * -100.0
            scores = scores.view(b, -1, *scores.shape[1:]) + hidden[None, :, None]
            scores = scores.flatten(0, 1)
        y = self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(y.shape))
        y = y.view(b, h // self.window, w // self.window, self.window, self.window, c)
        y = y.permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        x = x + (torch.roll(y, (self.shift, self.shift), (1, 2)) if self.shift else y)
        x = torch.cat([x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)], -1)
        return self.reduction(self.norm(x)).permute(0, 3, 1, 2)


class Causal(nn.Module):
    """Attention of an image's rows, each on those above it, its keys of other sizes than its values."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.q, self.k, self.v = nn.Linear(width, 8), nn.Linear(width, 8), nn.Linear(width, 12)
        self.out = nn.Linear(12, width)

    def forward(self, x: Any) -> Any:
        x = x.mean(3).transpose(1, 2)
        q, k, v = (each(x).unflatten(-1, (2, -1)).transpose(1, 2) for each in (self.q, self.k, self.v))
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).flatten(2)).transpose(1, 2).unsqueeze(-1)


class Rows(nn.Module):
    """An image's rows as a sequence: an LSTM in both directions, a GRU, and of a plain layer the last state alone."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(12, 5, bidirectional=True, batch_first=True)
        self.gru, self.rnn = nn.GRU(10, 6, batch_first=True), nn.RNN(6, 4, batch_first=True)
        self.out = nn.Linear(4, 3)

    def forward(self, x: Any) -> Any:
        return self.out(self.rnn(self.gru(self.lstm(x.mean(1))[0])[0])[1][0])


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
    "tokens": lambda: nn.Sequential(Tokens(8, 2), nn.GELU(), nn.Linear(8, 5)),
    "windows": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 4, 2, 1), Windows(8, 2, 2, 1), nn.Upsample(scale_factor=(1, 4), mode="nearest"),
        Windows(8, 4, 4, 0), *tail(8)),
    "rows": Rows,
    "causal": lambda: nn.Sequential(nn.Conv2d(3, 6, 3), Causal(6), *tail(6)),
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

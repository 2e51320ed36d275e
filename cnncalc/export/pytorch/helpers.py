"""Modules and functions that a written file needs besides PyTorch's own: each is written only if the file uses it."""

from __future__ import annotations

import re

#: By name, in the order in which they are written.
HELPERS = {
    "Scale": '''
class Scale(nn.Module):
    """Learned factors."""

    def __init__(self, *sizes):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(sizes))

    def forward(self, x):
        return x * self.weight
''',
    "Bias": '''
class Bias(nn.Module):
    """Learned numbers that are added."""

    def __init__(self, *sizes):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(sizes))

    def forward(self, x):
        return x + self.weight
''',
    "Rescale": '''
class Rescale(nn.Module):
    """Fixed factors and offsets: one number, or one for each channel, with ``ones`` axes behind it."""

    def __init__(self, scale, offset, ones):
        super().__init__()
        for name, numbers in (("scale", scale), ("offset", offset)):
            array = torch.tensor(numbers, dtype=torch.float32)
            self.register_buffer(name, array.reshape(-1, *[1] * ones), persistent=False)

    def forward(self, x):
        return x * self.scale + self.offset
''',
    "StochasticDepth": '''
class StochasticDepth(nn.Module):
    """In training, drops whole examples at ``rate``."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training or not self.rate:
            return x
        kept = torch.rand(len(x), *[1] * (x.ndim - 1), device=x.device) >= self.rate
        return x * kept / (1 - self.rate)
''',
    "LocallyConnected": '''
class LocallyConnected(nn.Module):
    """A window with weights of its own at every position."""

    def __init__(self, channels, filters, spatial, kernel, stride, bias=True):
        super().__init__()
        self.kernel, self.stride, self.spatial = kernel, stride, spatial
        window = channels * math.prod(kernel)
        self.weight = nn.Parameter(torch.randn(*spatial, window, filters) * window**-0.5)
        self.bias = nn.Parameter(torch.zeros(*spatial, filters)) if bias else None

    def forward(self, x):
        for axis, (size, step, count) in enumerate(zip(self.kernel, self.stride, self.spatial), 2):
            x = x.unfold(axis, size, step).narrow(axis, 0, count)
        x = x.movedim(1, -1).flatten(len(self.spatial) + 1)
        y = (x.unsqueeze(-2) @ self.weight).squeeze(-2)
        return (y if self.bias is None else y + self.bias).movedim(-1, 1)
''',
    "ClassToken": '''
class ClassToken(nn.Module):
    """One learned token in front of the sequence."""

    def __init__(self, features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(features) * 0.02)

    def forward(self, x):
        return torch.cat([self.weight.expand(len(x), 1, -1), x], dim=1)
''',
    "LearnedPositions": '''
class LearnedPositions(nn.Module):
    """A learned vector for each position, of an image row by row."""

    def __init__(self, length, features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, features) * 0.02)

    def forward(self, x):
        if x.ndim == 3:
            return x + self.weight[: x.shape[1]]
        sizes = x.shape[2:]
        return x + self.weight[: math.prod(sizes)].T.unflatten(1, sizes)
''',
    "SinusoidalPositions": '''
class SinusoidalPositions(nn.Module):
    """Sines and cosines of each position, interleaved; of an image each axis has its share of the channels."""

    def __init__(self, spatial, channels):
        super().__init__()
        features = channels // len(spatial)
        parts = []
        for axis, size in enumerate(spatial):
            columns = torch.arange(features, dtype=torch.float64)
            places = torch.arange(size, dtype=torch.float64).unsqueeze(1)
            angles = places / 10000 ** ((columns - columns % 2) / features)
            table = torch.where(columns % 2 == 1, angles.cos(), angles.sin()).float()
            table = table.reshape(*[size if i == axis else 1 for i in range(len(spatial))], features)
            parts.append(table.expand(*spatial, features))
        table = torch.cat(parts, dim=-1)
        self.register_buffer("table", table if len(spatial) == 1 else table.movedim(-1, 0), persistent=False)

    def forward(self, x):
        return x + self.table
''',
    "TextbookGRU": '''
class TextbookGRU(nn.Module):
    """A GRU with one bias, whose reset gate comes before the recurrent product; nn.GRU has it after."""

    def __init__(self, inputs, units, bias=True):
        super().__init__()
        self.of_input = nn.Linear(inputs, 3 * units, bias=bias)
        self.of_gates = nn.Linear(units, 2 * units, bias=False)
        self.of_state = nn.Linear(units, units, bias=False)
        self.units = units

    def forward(self, x, state=None):
        h = x.new_zeros(len(x), self.units) if state is None else state
        states = []
        for step in self.of_input(x).unbind(1):
            gates, candidate = step.split([2 * self.units, self.units], dim=-1)
            z, r = torch.sigmoid(gates + self.of_gates(h)).chunk(2, dim=-1)
            h = z * h + (1 - z) * torch.tanh(candidate + self.of_state(r * h))
            states.append(h)
        return torch.stack(states, dim=1)
''',
    "RelativeBias": '''
class RelativeBias(nn.Module):
    """A number for each head and distance (or bucket of distances, as T5 has them), added to the scores."""

    def __init__(self, heads, query, memory, buckets=None, both=True):
        super().__init__()
        number = torch.zeros(math.prod(query), math.prod(memory), dtype=torch.long)
        places = [torch.cartesian_prod(*map(torch.arange, sizes)).reshape(-1, len(sizes)) for sizes in (query, memory)]
        for axis, (rows, columns) in enumerate(zip(query, memory)):
            apart = places[0][:, axis, None] - places[1][:, axis]
            number = number * (rows + columns - 1) + apart + columns - 1
        if buckets is not None:
            number = self.bucket(-apart, buckets, both)
        self.register_buffer("number", number, persistent=False)
        self.weight = nn.Parameter(torch.zeros(buckets or math.prod(map(lambda r, c: r + c - 1, query, memory)), heads))

    @staticmethod
    def bucket(ahead, buckets, both):
        count = buckets // 2 if both else buckets
        start = (ahead > 0) * count if both else torch.zeros_like(ahead)
        distance = ahead.abs() if both else (-ahead).clamp(min=0)
        exact = count // 2
        far = exact + ((distance.clamp(min=1) / exact).log() / math.log(128 / exact) * (count - exact)).long()
        return start + torch.where(distance < exact, distance, far.clamp(max=count - 1))

    def forward(self):
        return self.weight[self.number].movedim(-1, 0)
''',
    "Attention": '''
class Attention(nn.Module):
    """Multi-head attention: of the positions of ``x`` to those of ``memory``, by default to each other."""

    def __init__(
        self, features, heads, key_dim, kv_heads=None, value_dim=None, memory=None,
        bias=("query", "key", "value", "output"), causal=False, rotary=False, base=10000, relative=None,
    ):
        super().__init__()
        kv_heads, value_dim, memory = kv_heads or heads, value_dim or key_dim, memory or features
        self.heads, self.kv_heads, self.causal, self.relative = heads, kv_heads, causal, relative
        self.rotary, self.base = rotary, base
        self.query = nn.Linear(features, heads * key_dim, bias="query" in bias)
        self.key = nn.Linear(memory, kv_heads * key_dim, bias="key" in bias)
        self.value = nn.Linear(memory, kv_heads * value_dim, bias="value" in bias)
        self.output = nn.Linear(heads * value_dim, features, bias="output" in bias)

    def forward(self, x, memory=None, mask=None):
        memory = x if memory is None else memory
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q = q.unflatten(-1, (self.heads, -1)).transpose(-2, -3)
        k, v = (each.unflatten(-1, (self.kv_heads, -1)).transpose(-2, -3) for each in (k, v))
        if self.rotary:
            q, k = self.turned(q), self.turned(k)
        k, v = (each.repeat_interleave(self.heads // self.kv_heads, dim=-3) for each in (k, v))
        scores = q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2)
        if self.relative is not None:
            scores = scores + self.relative()
        if self.causal:
            hidden = torch.ones_like(scores[0], dtype=torch.bool).triu(1)
            scores = scores.masked_fill(hidden, float("-inf"))
        if mask is not None:
            scores = scores + mask
        mixed = (scores.softmax(dim=-1) @ v).transpose(-2, -3).flatten(-2)
        return self.output(mixed)

    def turned(self, x):
        """Columns 2i and 2i + 1 as a complex number, turned by the position."""
        positions, dim = x.shape[-2:]
        places = torch.arange(positions, dtype=torch.float64, device=x.device).unsqueeze(1)
        angles = places * self.base ** (-torch.arange(0, dim, 2, dtype=torch.float64, device=x.device) / dim)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)
''',
    "WindowAttention": '''
class WindowAttention(nn.Module):
    """Attention within windows of an image, which are moved by ``shift`` positions, cyclically."""

    def __init__(self, attention, window, shift):
        super().__init__()
        self.attention, self.window, self.shift = attention, window, shift

    def tiles(self, x):
        """[N, H, W, C] as [N, windows, window * window, C]."""
        w = self.window
        return x.unflatten(1, (-1, w)).unflatten(3, (-1, w)).transpose(2, 3).flatten(3, 4).flatten(1, 2)

    def mask(self, x):
        """-inf between positions that came into one window from opposite sides of the image."""
        areas = torch.zeros(x.shape[1:3], device=x.device)
        for axis, shift in enumerate(self.shift):
            if shift:
                areas.narrow(axis, areas.shape[axis] - shift, shift).add_(axis + 1)
        areas = self.tiles(areas[None, ..., None])[0, ..., 0]
        apart = areas[:, None, :, None] != areas[:, None, None, :]
        return torch.zeros(apart.shape, device=x.device).masked_fill(apart, float("-inf"))

    def forward(self, x):
        x = x.movedim(1, -1)
        height, width = x.shape[1:3]
        moved = x.roll([-shift for shift in self.shift], dims=(1, 2))
        y = self.attention(self.tiles(moved), mask=self.mask(x) if any(self.shift) else None)
        w = self.window
        y = y.unflatten(1, (height // w, width // w)).unflatten(3, (w, w)).transpose(2, 3).flatten(3, 4).flatten(1, 2)
        return y.roll(self.shift, dims=(1, 2)).movedim(-1, 1)
''',
    "mixture": '''
def mixture(router, experts, top, dim):
    """The experts' outputs, weighed by the softmax over the ``top`` largest numbers of the router."""
    chosen, places = router.topk(top, dim=dim)
    shares = torch.zeros_like(router).scatter(dim, places, chosen.softmax(dim=dim))
    return sum(shares.narrow(dim, i, 1) * expert for i, expert in enumerate(experts))
''',
}  # fmt: skip


def needed(text: str) -> list[str]:
    """The helpers that a text names, and those that these name."""
    found: set[str] = set()
    waiting = [text]
    while waiting:
        words = set(re.findall(r"\w+", waiting.pop())) & HELPERS.keys() - found
        found |= words
        waiting += [HELPERS[word] for word in words]
    return [HELPERS[name].strip("\n") for name in HELPERS if name in found]

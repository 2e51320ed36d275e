"""Transformer stacks: each layer is a chain of sublayers, each with a residual connection and a normalisation."""

from __future__ import annotations

from cnncalc.kinds.activation import FUNCTIONS
from cnncalc.kinds.add import Add
from cnncalc.kinds.attention import PROJECTIONS, Attention
from cnncalc.kinds.base.composite import Composite, Part
from cnncalc.kinds.base.fields import Count, Fixed, Flag, Parts, Real, Word
from cnncalc.kinds.base.kind import Kind
from cnncalc.kinds.base.sequence import need_sequence
from cnncalc.kinds.dense import Dense
from cnncalc.kinds.norm import Layernorm
from cnncalc.shape import Shape

#: A kind, and the operands of the whole that it reads besides what comes from above.
Step = tuple[Kind, tuple[int, ...]]


class Transformer(Composite):
    """Layers of sublayers. Post-norm: ``layernorm(x + f(x))``; pre-norm: ``x + f(layernorm(x))``."""

    sequence = True

    heads = Count("h", doc="heads of each attention")
    ff = Count("d_ff", doc="units of the first of the two dense layers")
    layers = Fixed(1, doc="number of layers in the stack")
    norm = Word(("post", "pre"), default="post", doc="normalise after each sum, or before each sublayer")
    activation = Word(FUNCTIONS, default="relu", doc="activation between the two dense layers")
    bias = Flag(default=True, doc="biases in attention, dense and layernorm")
    kv_heads = Count("h_kv", None, special=True, doc="heads of the keys and values; the default is heads")
    attention_bias = Parts(PROJECTIONS, same_as="bias", doc="biases in attention, as in its own field bias")
    dropout = Real(0.0, most=1.0, doc="share dropped in training; no effect when run")
    reference = "Vaswani et al., Attention is all you need (2017)"

    def attention(self, *, causal: bool = False) -> Attention:
        """One of its attentions."""
        return Attention(heads=self.heads, kv_heads=self.kv_heads, bias=self.attention_bias, causal=causal)

    def attentions(self) -> list[Step]:
        """The attention sublayers of a layer, in order."""
        raise TypeError(f"{self.word()} states no attention")

    def parts(self, *xs: Shape) -> list[Part]:
        """``attention1``, ``add1``, ...; where there are several layers ``1/attention1``, ``2/attention1``, ..."""
        need_sequence(xs[0], self)
        need_sequence(xs[-1], self, "memory")
        stack = _Stack(len(xs))
        feed_forward: list[Step] = [
            (Dense(units=self.ff, activation=self.activation, bias=self.bias), ()),
            (Dense(units=xs[0].channels, bias=self.bias), ()),
        ]
        norm: Step = (Layernorm(center=self.bias), ())
        x = 0
        for number in range(1, self.layers + 1):
            stack.begin(f"{number}/" if self.layers > 1 else "")
            for steps in (*([step] for step in self.attentions()), feed_forward):
                y = stack.run([norm, *steps] if self.norm == "pre" else steps, x)
                x = stack.put(Add(), (x, y))
                if self.norm == "post":
                    x = stack.run([norm], x)
        return stack.parts


class _Stack:
    """Parts as they are made; each is named by its kind and a counter within its layer."""

    def __init__(self, operands: int) -> None:
        self.operands = operands
        self.parts: list[Part] = []

    def begin(self, prefix: str) -> None:
        self.prefix, self.counts = prefix, dict[str, int]()

    def run(self, steps: list[Step], x: int) -> int:
        """Adds the steps in order; returns the number of the last one's output."""
        for kind, more in steps:
            x = self.put(kind, (x, *more))
        return x

    def put(self, kind: Kind, reads: tuple[int, ...]) -> int:
        word = kind.word()
        self.counts[word] = self.counts.get(word, 0) + 1
        self.parts.append(Part(f"{self.prefix}{word}{self.counts[word]}", kind, reads))
        return self.operands + len(self.parts) - 1

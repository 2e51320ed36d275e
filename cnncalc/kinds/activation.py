"""Activation functions: the same sizes out as in, nothing learned."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Flag, Real, Word
from cnncalc.kinds.base.kind import Pointwise


class Relu(Pointwise):
    """max(0, x)."""


class Relu6(Pointwise):
    """min(max(0, x), 6)."""


class LeakyRelu(Pointwise):
    """x where x > 0, else slope · x."""

    slope = Real(0.01, doc="factor of the negative part")


class Elu(Pointwise):
    """x where x > 0, else exp(x) − 1 (alpha 1)."""


class Selu(Pointwise):
    """1.0507 · (x where x > 0, else 1.6733 (exp(x) − 1))."""


class Celu(Pointwise):
    """max(0, x) + min(0, exp(x) − 1) (alpha 1)."""


class Gelu(Pointwise):
    """x · Φ(x), Φ the normal distribution; approximate: its tanh form."""

    approximate = Flag(default=False, doc="the tanh form")


class Silu(Pointwise):
    """x · sigmoid(x), also called swish."""


class Mish(Pointwise):
    """x · tanh(softplus(x))."""


class Sigmoid(Pointwise):
    """1 / (1 + exp(−x))."""


class HardSigmoid(Pointwise):
    """relu6(x + 3) / 6."""


class HardSwish(Pointwise):
    """x · relu6(x + 3) / 6."""


class Tanh(Pointwise):
    """The hyperbolic tangent."""


class Softplus(Pointwise):
    """log(1 + exp(x))."""


class Softsign(Pointwise):
    """x / (1 + |x|)."""


class Softmax(Pointwise):
    """exp(x) over its sum along the channels or features."""


class LogSoftmax(Pointwise):
    """The logarithm of softmax, along the channels or features."""


class Linear(Pointwise):
    """x itself."""


#: Every name that an ``activation`` field takes.
FUNCTIONS = tuple(kind.word() for kind in Pointwise.__subclasses__() if kind.__module__ == __name__)


class Activation(Pointwise):
    """An activation function as a layer of its own; each function is a bare kind too (``relu``)."""

    function = Word(FUNCTIONS)
    slope = Real(0.01, doc="of leaky_relu")
    approximate = Flag(default=False, doc="of gelu: the tanh form")

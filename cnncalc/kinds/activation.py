"""Activation functions: the output has the sizes of the input, and nothing is learned."""

from __future__ import annotations

from math import inf

from cnncalc.kinds.base.fields import Flag, Real, Word
from cnncalc.kinds.base.function import Function
from cnncalc.kinds.base.kind import Pointwise


class Relu(Function):
    """max(0, x)."""

    derivative = "1 where x > 0, else 0"
    bounds = (0, inf)
    rises = True
    rectifies = True


class Relu6(Function):
    """min(max(0, x), 6)."""

    derivative = "1 where 0 < x < 6, else 0"
    bounds = (0, 6)
    rises = True
    rectifies = True


class LeakyRelu(Function):
    """x where x > 0, else slope · x."""

    slope = Real(0.01, doc="factor of the negative part")
    derivative = "1 where x > 0, else slope"
    rises = True
    rectifies = True


class Elu(Function):
    """x where x > 0, else exp(x) − 1 (alpha 1)."""

    derivative = "1 where x > 0, else y + 1"
    bounds = (-1, inf)
    rises = True
    rectifies = True


class Selu(Function):
    """1.0507 · (x where x > 0, else 1.6733 (exp(x) − 1))."""

    derivative = "1.0507 where x > 0, else y + 1.7581"
    bounds = (-1.7581, inf)
    rises = True
    rectifies = True


class Celu(Function):
    """max(0, x) + min(0, exp(x) − 1) (alpha 1)."""

    derivative = "1 where x > 0, else y + 1"
    bounds = (-1, inf)
    rises = True
    rectifies = True


class Gelu(Function):
    """x · Φ(x), Φ the normal distribution; approximate: its tanh form."""

    approximate = Flag(default=False, doc="the tanh form")
    derivative = "Φ(x) + x·φ(x)"
    bounds = (-0.17005, inf)
    rectifies = True


class Silu(Function):
    """x · sigmoid(x), also called swish."""

    derivative = "σ(x) + y·(1 − σ(x))"
    bounds = (-0.27847, inf)
    rectifies = True


class Mish(Function):
    """x · tanh(softplus(x))."""

    derivative = "tanh(softplus(x)) + x·σ(x)·(1 − tanh(softplus(x))²)"
    bounds = (-0.30885, inf)
    rectifies = True


class Sigmoid(Function):
    """1 / (1 + exp(−x))."""

    derivative = "y·(1 − y)"
    bounds = (0, 1)
    rises = True


class HardSigmoid(Function):
    """relu6(x + 3) / 6."""

    derivative = "1/6 where −3 < x < 3, else 0"
    bounds = (0, 1)
    rises = True


class HardSwish(Function):
    """x · relu6(x + 3) / 6."""

    derivative = "x/3 + 1/2 where −3 < x < 3, else 0 where x < 0, else 1"
    bounds = (-0.375, inf)
    rectifies = True


class Tanh(Function):
    """The hyperbolic tangent."""

    derivative = "1 − y²"
    bounds = (-1, 1)
    rises = True


class Softplus(Function):
    """log(1 + exp(x))."""

    derivative = "1 − exp(−y)"
    bounds = (0, inf)
    rises = True
    rectifies = True


class Softsign(Function):
    """x / (1 + |x|)."""

    derivative = "(1 − |y|)²"
    bounds = (-1, 1)
    rises = True


class Softmax(Function):
    """exp(x) over its sum along the channels or features."""

    derivative = "dy_i/dx_j = y_i·(1 − y_i) where i = j, else −y_i·y_j"
    bounds = (0, 1)
    over_channels = True


class LogSoftmax(Function):
    """The logarithm of softmax, along the channels or features."""

    derivative = "dy_i/dx_j = 1 − exp(y_j) where i = j, else −exp(y_j)"
    bounds = (-inf, 0)
    over_channels = True


class Abs(Function):
    """|x|."""

    derivative = "1 where x > 0, else −1"
    bounds = (0, inf)


class Linear(Function):
    """x itself. With a value, as in ``linear: 10``, it is PyTorch's dense layer."""

    derivative = "1"
    rises = True


#: Every activation function by name: the classes of this file, in order.
KINDS = {
    kind.word(): kind
    for kind in list(vars().values())
    if isinstance(kind, type) and issubclass(kind, Function) and kind is not Function
}
#: Every name that an ``activation`` field takes.
FUNCTIONS = tuple(KINDS)


class Activation(Pointwise):
    """An activation function as its own layer; each function is also a kind (``relu``)."""

    function = Word(FUNCTIONS)
    slope = Real(0.01, doc="for leaky_relu: the factor of the negative part")
    approximate = Flag(default=False, doc="for gelu: the tanh form")

    @property
    def chosen(self) -> Function:
        """The function that it names, with the fields given for it."""
        kind = KINDS[self.__dict__["function"]]
        return kind(**{name: self.__dict__[name] for name in kind.fields})

"""A recurrent layer whose products are convolutions."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count, Flag, Padding, PerAxis
from cnncalc.kinds.base.kind import Kind, Misfit, Note, Reach, Stage, Weights, described
from cnncalc.kinds.base.padding import WORDS
from cnncalc.kinds.conv import Conv
from cnncalc.shape import Shape
from cnncalc.symbolic.arithmetic import product
from cnncalc.symbolic.expr import Number


class ConvLstm(Kind):
    """An LSTM over images: reads ``[T, H, W, C]`` image by image. The input is convolved as the fields say, the state
    with ``same`` padding and a stride of 1.
    """

    filters = Count("K", doc="channels of the state and of the output")
    kernel = PerAxis("F", doc="window size, of the input and of the state")
    padding = Padding("P", 0, words=WORDS, doc="zeros around each image of the input")
    stride = PerAxis("S", 1, doc="step of the window over the input")
    bias = Flag(default=True, doc="one number per filter and gate")
    return_sequences = Flag(default=False, doc="output the state of every step, not only of the last")
    gates = ("i", "f", "g", "o")
    reference = (
        "Shi et al., Convolutional LSTM network (2015), without the peepholes; Keras 3, ConvLSTM2D (gates by sigmoid; "
        "Keras 2 had hard_sigmoid)"
    )

    def image(self, x: Shape) -> Shape:
        """One step of the input. Raises Misfit unless the input is a sequence of images."""
        if x.rank != 4:
            raise Misfit(
                f"conv_lstm needs a sequence of images [T, H, W, C]; its input is {described(x, self)}",
                help="reshape makes one, with the time steps as the depth of a volume",
            )
        return Shape(x.spatial[1:], x.channels)

    def of_input(self) -> Conv:
        """The convolution of one input step."""
        return Conv(
            filters=len(self.gates) * self.filters,
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            bias=self.bias,
        )

    def of_state(self) -> Conv:
        """The convolution of the state."""
        return Conv(filters=len(self.gates) * self.filters, kernel=self.kernel, padding="same", bias=False)

    def state(self, x: Shape) -> Shape:
        """The state after a step."""
        return Shape(self.of_input().output(self.image(x)).spatial, self.filters)

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        y = self.state(x)
        return Shape((x.spatial[0], *y.spatial), y.channels) if self.return_sequences else y

    def weights(self, *xs: Shape) -> Weights:
        (x,) = xs
        of_input = self.of_input().weights(self.image(x))
        recurrent = self.of_state().weights(self.state(x))["kernel"]
        return {"kernel": of_input.pop("kernel"), "recurrent_kernel": recurrent, **of_input}

    def macs(self, y: Shape, *xs: Shape) -> Number:
        """At every step one convolution of the input and one of the state, at every position of the state."""
        (x,) = xs
        weights = self.weights(x)
        places = y.spatial[1:] if self.return_sequences else y.spatial
        return x.spatial[0] * product(places) * (product(weights["kernel"]) + product(weights["recurrent_kernel"]))

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None

    def notes(self, *xs: Shape) -> list[Note]:
        return self.of_input().notes(self.image(xs[0]))

    def stages(self, *xs: Shape) -> list[Stage]:
        y = self.state(xs[0])
        sizes = (*y.spatial, y.channels)
        bias = {gate: f" + b_{gate}" if self.bias else "" for gate in self.gates}
        sums = {gate: f"W_{gate} ∗ x_t + U_{gate} ∗ h_prev{bias[gate]}" for gate in self.gates}
        formulas = [f"{gate} = {'tanh' if gate == 'g' else 'σ'}({sums[gate]})" for gate in self.gates]
        return [Stage(formula, sizes) for formula in (*formulas, "c_t = f ⊙ c_prev + i ⊙ g", "h_t = o ⊙ tanh(c_t)")]

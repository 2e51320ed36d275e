"""Repeats a vector as a sequence."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count
from cnncalc.kinds.base.kind import Misfit, Reach, Weightless, described
from cnncalc.shape import Shape


class RepeatVector(Weightless):
    """The same features at each of ``times`` steps, as input for a recurrent decoder."""

    times = Count("n", doc="steps of the sequence")
    reference = "Keras, keras.layers.RepeatVector"

    def output(self, *xs: Shape) -> Shape:
        (x,) = xs
        if x.rank != 1:
            raise Misfit(
                f"repeat_vector needs features [F]; its input is {described(x, self)}",
                help="put flatten, select or a recurrent layer without return_sequences before it",
            )
        return Shape((self.times,), x.channels)

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return None

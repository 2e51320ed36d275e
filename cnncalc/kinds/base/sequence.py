"""What the kinds that read a sequence ``[T, F]`` share."""

from __future__ import annotations

from cnncalc.kinds.base.kind import Kind, Misfit, described
from cnncalc.shape import Shape

_HELP = {
    1: "an embedding makes a sequence of token ids, repeat_vector and reshape one of features",
    3: "patch_embedding or reshape makes a sequence of an image",
    4: "patch_embedding or reshape makes a sequence of a volume",
}


def need_sequence(x: Shape, kind: Kind, what: str = "input") -> None:
    """Raise Misfit unless ``x`` is a sequence."""
    if x.rank != 2:
        text = f"{kind.word()} needs a sequence [T, F]; its {what} is {described(x, kind)}"
        raise Misfit(text, help=_HELP[x.rank])

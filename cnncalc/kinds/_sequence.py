"""What the kinds that read a sequence ``[T, F]`` share."""

from __future__ import annotations

from cnncalc.kinds.base import Kind, Misfit
from cnncalc.shape import RANKS, Shape

_HELP = {
    1: "an embedding makes a sequence of token ids, repeat_vector and reshape one of features",
    3: "patch_embedding or reshape makes a sequence of an image",
    4: "patch_embedding or reshape makes a sequence of a volume",
}


def need_sequence(x: Shape, kind: Kind, what: str = "input") -> None:
    """Raise Misfit unless ``x`` is a sequence."""
    if x.rank != 2:
        found = f"{x.channels} features" if x.rank == 1 else f"{RANKS[x.rank]} of {'×'.join(map(str, x.sizes))}"
        raise Misfit(f"{kind.word()} needs a sequence [T, F]; its {what} is {found}", help=_HELP[x.rank])

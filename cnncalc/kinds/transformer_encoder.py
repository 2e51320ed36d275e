"""The encoder of a transformer."""

from __future__ import annotations

from cnncalc.kinds.base.transformer import Step, Transformer


class TransformerEncoder(Transformer):
    """Layers of self-attention and two dense layers, each with a residual connection and a layer norm."""

    def attentions(self) -> list[Step]:
        return [(self.attention(), ())]

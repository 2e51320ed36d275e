"""The decoder of a transformer."""

from __future__ import annotations

from cnncalc.kinds.base.transformer import Step, Transformer


class TransformerDecoder(Transformer):
    """Reads ``[target, memory]``: causal self-attention, attention to the memory, and two dense layers."""

    operands = (2, 2)

    def attentions(self) -> list[Step]:
        return [
            (self.attention(causal=True), ()),
            (self.attention(), (1,)),
        ]

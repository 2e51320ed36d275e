"""The decoder of a transformer."""

from __future__ import annotations

from cnncalc.kinds.attention import Attention
from cnncalc.kinds.base.transformer import Step, Transformer


class TransformerDecoder(Transformer):
    """Reads ``[target, memory]``: causal self-attention, attention to the memory, and two dense layers."""

    operands = (2, 2)

    def attentions(self) -> list[Step]:
        return [
            (Attention(heads=self.heads, bias=self.bias, causal=True), ()),
            (Attention(heads=self.heads, bias=self.bias), (1,)),
        ]

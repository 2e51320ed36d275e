"""What must come out: ``expect`` of a layer or of the whole, ``given``, and the keys of answers."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.errors import Mark, SpecError, nearest
from cnncalc.spec import values
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence
from cnncalc.spec.values import BadValue, Context, is_letter

#: Quantities with one number for each axis.
AXIAL = ("receptive_field", "effective_stride", "effective_padding")
#: Quantities that are one number; the totals are sums of these.
COUNTED = (
    "params", "trainable_params", "non_trainable_params", "weight_params", "bias_params", "macs", "flops",
    "activations", "weight_bytes", "activation_bytes", "active_params", "kv_cache_bytes",
)  # fmt: skip
QUANTITIES = ("output", *COUNTED, *AXIAL)
TOTALS = (*QUANTITIES, "peak_activation_bytes")

#: Quantities that are numbers worked out from the numbers that a file states.
COMPUTED = ("values", "gradient", "loss")

_BOUNDS = {"<=": "<=", ">=": ">=", "≤": "<=", "≥": ">=", "<": "<", ">": ">"}


class Demand(NamedTuple):
    """``quantity`` of ``layer`` (None: of the totals) must be in ``relation`` (``=``, ``<=``, ...) to ``wanted``.

    ``wanted`` is a number, or a list of sizes as written in the spec's layout.
    """

    layer: str | None
    quantity: str
    relation: str
    wanted: Any
    mark: Mark


def read_all(node: Node, layer: str | None, context: Context) -> list[Demand]:
    """The demands of an ``expect``: quantities by name. Raises BadValue."""
    if not isinstance(node, Mapping):
        raise values.expected("expect", node, "quantities with their values", "expect: {params: 896}")
    return [_read(layer, name, value, node.keys[name], context) for name, value in node.items.items()]


def read_given(node: Node, context: Context) -> list[Demand]:
    """The demands of a ``given``: ``layer.quantity`` with its value. Raises BadValue."""
    if not isinstance(node, Mapping):
        raise values.expected("given", node, "quantities of layers", "given: {conv1.output: 28x28}")
    found = []
    for key, value in node.items.items():
        layer, dot, quantity = key.rpartition(".")
        if not dot:
            raise BadValue(f'"{key}" is not layer.quantity', node.keys[key], "given: {conv1.output: 28x28}")
        found.append(_read(None if layer == "total" else layer, quantity, value, node.keys[key], context))
    return found


def _read(layer: str | None, quantity: str, node: Node, mark: Mark, context: Context) -> Demand:
    known = QUANTITIES if layer else TOTALS
    if quantity not in known:
        from cnncalc.spec import vocabulary

        quantity = vocabulary.quantity(quantity)
    if quantity not in known:
        raise BadValue(
            f'"{quantity}" is not a quantity', mark, nearest(quantity, known) or f"one of {', '.join(known)}"
        )
    relation, node = _bound(node)
    if quantity == "output" or quantity in AXIAL:
        least = 0 if quantity == "effective_padding" else 1
        return Demand(layer, quantity, relation, values.sizes(node, context, quantity, least), mark)
    if isinstance(node, Sequence) and len(node.items) == 1:
        node = node.items[0]
    return Demand(layer, quantity, relation, values.whole(node, context, quantity, 0, bounded=False), mark)


def _bound(node: Node) -> tuple[str, Node]:
    text = node.text.strip() if isinstance(node, Scalar) else ""
    if text.isdecimal():
        return "=", node
    for sign, relation in _BOUNDS.items():
        if text.startswith(sign):
            return relation, Scalar(text[len(sign) :].strip(), node.mark)
    return "=", node


class Key(NamedTuple):
    """What is asked: a ``quantity`` of ``layer`` (None: of the totals), or, without one, the letter ``layer``.

    The quantity ``values`` is the numbers of a layer's output, ``loss`` that of the whole, and ``gradient`` the slope
    of the loss by the layer's weight ``array``.
    """

    layer: str | None
    quantity: str = ""
    array: str = ""

    def __str__(self) -> str:
        words = [self.layer or "total", self.array, self.quantity]
        return ".".join(word for word in words if word) if self.quantity else str(self.layer)

    @property
    def sizes(self) -> bool:
        """Whether the answer is a list of sizes, one for each axis."""
        return self.quantity == "output" or self.quantity in AXIAL

    @property
    def numbers(self) -> bool:
        """Whether the answer is numbers that follow from those of ``values``."""
        return self.quantity in COMPUTED


def asks_numbers(text: str) -> bool:
    """Whether the answer to the key ``text`` is numbers worked out from those that a file states."""
    return text.rpartition(".")[2] in COMPUTED


def parse_key(text: str, mark: Mark | None = None) -> Key:
    """``layer.quantity``, ``total.quantity`` or a letter. Raises SpecError."""
    layer, dot, quantity = text.rpartition(".")
    if text in ("loss", "total.loss"):
        return Key(None, "loss")
    if quantity == "gradient":
        layer, dot, array = layer.rpartition(".")
        if not dot:
            raise SpecError(f'"{text}" names no weight', mark=mark, help=f"{array or 'layer'}.kernel.gradient")
        return Key(layer, "gradient", array)
    if not dot:
        if is_letter(text):
            return Key(text)
        raise SpecError(f'"{text}" is not layer.quantity, total.quantity or a letter', mark=mark)
    known = TOTALS if layer == "total" else (*QUANTITIES, "values")
    if quantity not in known:
        help = nearest(quantity, known) or f"one of {', '.join(known)}"
        raise SpecError(f'"{quantity}" is not a quantity', mark=mark, help=help)
    return Key(None if layer == "total" else layer, quantity)

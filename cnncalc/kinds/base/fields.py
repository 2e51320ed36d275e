"""The fields of a kind: how each is read, its letter in a formula, and its schema for editors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.spec import values
from cnncalc.spec.node import Node, Scalar, Sequence
from cnncalc.spec.values import Context
from cnncalc.symbolic.expr import Letter, Number

REQUIRED: Any = object()

WHOLE_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "string"}]}  # a text may be a letter, or arithmetic


class Field:
    """A field of a kind.

    ``default`` may be REQUIRED or, as ``same_as``, the name of another field. ``letter`` is its sign in a formula; a
    field at its ``silent`` value is left out of the working, as one does by hand with a dilation of 1. ``name`` is
    its name in a spec where a kind cannot have an attribute called so; ``last`` puts it behind a kind's own fields;
    ``special`` leaves it at its default in the rules of the kind in general.
    """

    attribute = ""

    def __init__(
        self,
        letter: str = "",
        default: Any = REQUIRED,
        *,
        doc: str = "",
        silent: Any = None,
        same_as: str = "",
        name: str = "",
        last: bool = False,
        special: bool = False,
    ) -> None:
        self.letter, self.default, self.doc, self.silent = letter, default, doc, silent
        self.same_as, self.name, self.last, self.special = same_as, name, last, special
        if same_as:
            self.default = None

    def __get__(self, kind: Any, owner: Any) -> Any:
        """The field itself on a class; on a kind, its value."""
        return self

    def read(self, node: Node, context: Context, what: str) -> Any:
        """The value that ``node`` holds; raises BadValue."""
        raise TypeError("an abstract field")

    def schema(self) -> dict[str, Any]:
        """JSON Schema (draft-07) of the values."""
        raise TypeError("an abstract field")

    def mapped(self, value: Any, change: Callable[[Number, str], Number], axes: tuple[str, ...]) -> Any:
        """``value`` with ``change(number, letter)`` applied to each number in it."""
        return value


class Count(Field):
    """A whole number of ``least`` or more; where the default is None, also the word none."""

    def __init__(self, letter: str, default: Any = REQUIRED, *, least: int = 1, **rest: Any) -> None:
        super().__init__(letter, default, **rest)
        self.least = least

    def read(self, node: Node, context: Context, what: str) -> Any:
        if self.default is None and not self.same_as and isinstance(node, Scalar) and node.text == "none":
            return None
        return values.whole(node, context, what, self.least)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "integer", "minimum": self.least}, {"type": "string"}]}

    def mapped(self, value: Any, change: Callable[[Number, str], Number], axes: tuple[str, ...]) -> Any:
        return value if value is None or value == self.silent else change(value, self.letter)


class Fixed(Field):
    """A whole number from 1 to ``most`` that decides how a layer is built: never an unknown or a letter in a formula.

    Without ``most`` it counts layers, and the limit of that name holds it.
    """

    def __init__(self, default: Any = REQUIRED, *, most: int | None = None, **rest: Any) -> None:
        super().__init__("", default, **rest)
        self.most = most

    def read(self, node: Node, context: Context, what: str) -> Any:
        number = values.whole(node, context, what)
        if not isinstance(number, int) or (self.most and number > self.most):
            bounds = f"from 1 to {self.most}" if self.most else "of 1 or more; it cannot be an unknown"
            raise values.expected(what, node, f"a whole number {bounds}")
        if not self.most:
            context.limits.check("layers", number, node.mark)
        return number

    def schema(self) -> dict[str, Any]:
        most = {"maximum": self.most} if self.most else {}
        return {"anyOf": [{"type": "integer", "minimum": 1, **most}, {"type": "string"}]}


class PerAxis(Count):
    """One whole number for all spatial axes, or one for each."""

    def read(self, node: Node, context: Context, what: str) -> Any:
        return values.per_axis(node, context, what, self.least)

    def schema(self) -> dict[str, Any]:
        one = super().schema()
        return {"anyOf": [*one["anyOf"], {"type": "array", "items": one, "minItems": 1, "maxItems": 3}]}

    def mapped(self, value: Any, change: Callable[[Number, str], Number], axes: tuple[str, ...]) -> Any:
        if not isinstance(value, tuple):
            return super().mapped(value, change, axes)
        return tuple(change(v, f"{self.letter}_{a}") for v, a in zip(value, _subscripts(value, axes), strict=True))


class Padding(Field):
    """A number, one for each axis, a ``[begin, end]`` pair for each axis, or one of ``words``."""

    def __init__(self, letter: str = "P", default: Any = 0, *, words: tuple[str, ...] = (), **rest: Any) -> None:
        super().__init__(letter, default, **rest)
        self.words = words

    def read(self, node: Node, context: Context, what: str) -> Any:
        return values.padding(node, context, what, self.words)

    def schema(self) -> dict[str, Any]:
        number = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}
        pair = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
        many = {"type": "array", "items": {"anyOf": [*number["anyOf"], pair]}, "minItems": 1, "maxItems": 3}
        return {"anyOf": [*([{"enum": list(self.words)}] if self.words else []), *number["anyOf"], many]}

    def mapped(self, value: Any, change: Callable[[Number, str], Number], axes: tuple[str, ...]) -> Any:
        if isinstance(value, str) or value is None:
            return value
        if not isinstance(value, tuple):
            return change(value, self.letter)
        changed = []
        for number, axis in zip(value, _subscripts(value, axes), strict=True):
            letter = f"{self.letter}_{axis}" if len(value) > 1 else self.letter
            if isinstance(number, tuple):
                begin, end = _ENDS.get(axis if len(value) > 1 else "", ("begin", "end"))
                changed.append((change(number[0], f"{self.letter}_{begin}"), change(number[1], f"{self.letter}_{end}")))
            else:
                changed.append(change(number, letter))
        return tuple(changed)


_ENDS = {"H": ("top", "bottom"), "W": ("left", "right"), "Z": ("front", "back"), "T": ("begin", "end")}


def _subscripts(value: tuple[Any, ...], axes: tuple[str, ...]) -> tuple[str, ...]:
    """The letters of the axes; numbers where their count does not fit (an error that the rule will report)."""
    return axes if len(axes) == len(value) else tuple(str(i + 1) for i in range(len(value)))


class Sizes(Field):
    """Sizes as written in a spec: ``4x4x8``, ``[4, 4, 8]`` or one number."""

    def read(self, node: Node, context: Context, what: str) -> Any:
        return tuple(values.sizes(node, context, what))

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"},
                          {"type": "array", "items": WHOLE_SCHEMA, "minItems": 1, "maxItems": 4}]}  # fmt: skip

    def mapped(self, value: Any, change: Callable[[Number, str], Number], axes: tuple[str, ...]) -> Any:
        return tuple(change(v, f"{self.letter}_{i + 1}") for i, v in enumerate(value))


class Counts(Field):
    """A list of whole numbers of 1 or more: ``[64, 16, 64]``."""

    def read(self, node: Node, context: Context, what: str) -> Any:
        if not isinstance(node, Sequence) or not node.items:
            raise values.expected(what, node, "a list of whole numbers such as [64, 16, 64]")
        return tuple(values.whole(item, context, what) for item in node.items)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": WHOLE_SCHEMA, "minItems": 1}

    def mapped(self, value: Any, change: Callable[[Number, str], Number], axes: tuple[str, ...]) -> Any:
        return value and tuple(change(v, f"{self.letter}_{i + 1}") for i, v in enumerate(value))


class Text(Field):
    """Any text in one line."""

    def read(self, node: Node, context: Context, what: str) -> Any:
        if not isinstance(node, Scalar):
            raise values.expected(what, node, "a text")
        return node.text

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"]}


class Names(Field):
    """One or more further layers or inputs to read, by name; ``none`` for nothing.

    The builder adds them to what the layer reads.
    """

    def read(self, node: Node, context: Context, what: str) -> Any:
        names = node.items if isinstance(node, Sequence) else [node]
        if not names or not all(isinstance(name, Scalar) for name in names):
            raise values.expected(what, node, "the name of a layer or an input, a list of them, or none")
        texts = tuple(name.text for name in names if isinstance(name, Scalar))
        return None if texts == ("none",) else texts

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}


class Flag(Field):
    """true or false."""

    def read(self, node: Node, context: Context, what: str) -> Any:
        return values.flag(node, context, what)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Word(Field):
    """One of ``words``."""

    def __init__(self, words: tuple[str, ...], default: Any = REQUIRED, **rest: Any) -> None:
        super().__init__("", default, **rest)
        self.words = words

    def read(self, node: Node, context: Context, what: str) -> Any:
        return values.word(node, context, what, self.words)

    def schema(self) -> dict[str, Any]:
        truths = [values.TRUTHS[word] for word in self.words if word in values.TRUTHS]  # as YAML reads these words
        return {"enum": [*self.words, *truths]}


class Parts(Field):
    """true (all of ``words``), false (none of them), or a list of some."""

    def __init__(self, words: tuple[str, ...], default: Any = REQUIRED, **rest: Any) -> None:
        super().__init__("", default, **rest)
        self.words = words

    def read(self, node: Node, context: Context, what: str) -> Any:
        if isinstance(node, Sequence):
            return tuple(values.word(item, context, what, self.words) for item in node.items)
        if isinstance(node, Scalar) and node.text in self.words:
            listed = f"{what}: [{node.text}]"
            raise values.expected(what, node, f"true, false, or a list of {', '.join(self.words)}", listed)
        return values.flag(node, context, what)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"enum": list(self.words)}}]}


class Real(Field):
    """A number of any kind that lies in ``least`` to ``most``."""

    def __init__(self, default: Any, *, least: float = 0.0, most: float = float("inf"), **rest: Any) -> None:
        super().__init__("", default, **rest)
        self.least, self.most = least, most

    def read(self, node: Node, context: Context, what: str) -> Any:
        number = values.real(node, context, what)
        if not self.least <= number <= self.most:
            bounds = (
                f"from {self.least:g} to {self.most:g}" if self.most < float("inf") else f"of {self.least:g} or more"
            )
            raise values.expected(what, node, f"a number {bounds}")
        return number

    def schema(self) -> dict[str, Any]:
        return {"type": "number"}


class Reals(Real):
    """One number for all channels, or a list with one for each."""

    def read(self, node: Node, context: Context, what: str) -> Any:
        if not isinstance(node, Sequence):
            return super().read(node, context, what)
        return tuple(super(Reals, self).read(item, context, what) for item in node.items)

    def schema(self) -> dict[str, Any]:
        one = super().schema()
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def traced(number: Number, letter: str) -> Number:
    """``number`` as a letter that remembers its value; an unknown stays what it is."""
    return Letter(letter, number) if type(number) is int else number

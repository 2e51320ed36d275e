"""What a kind of layer states: its fields, its output shape, its weights, its multiply-accumulates.

A kind is a description: it never sees arrays. Its methods are fed shapes whose sizes are ``int`` (to count), ``Expr``
(to explain, or with unknown letters) or integer arrays. Parameters follow from ``weights``; they are never counted a
second way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, MethodType
from typing import Any, ClassVar, NamedTuple

from cnncalc.errors import CnncalcError
from cnncalc.kinds.base.fields import REQUIRED, Field
from cnncalc.shape import LETTERS, RANKS, Shape
from cnncalc.symbolic.arithmetic import exact_div
from cnncalc.symbolic.expr import Expr, Number, value

Weights = dict[str, tuple[Number, ...]]
Inverse = tuple[str, dict[str, Any]]  # a kind by its word, and its fields


class Misfit(CnncalcError):
    """A layer that does not fit its input. ``number`` is the wrong size, along the axis ``letter``."""

    exit_code = 3

    def __init__(
        self, text: str, *, help: str | None = None, field: str = "", number: Number = None, letter: str = ""
    ) -> None:
        super().__init__(text, help=help)
        self.text, self.help, self.field, self.number, self.letter = text, help, field, number, letter


class Note(NamedTuple):
    """Something a row says; ``lint`` where ``--strict`` counts it as a finding."""

    text: str
    lint: bool = False


class Reach(NamedTuple):
    """What an output position sees of the input along one axis: ``extent`` positions, moving ``step`` from one
    output to the next (a fraction where the output is finer), the first beginning ``begin`` before the input does.
    """

    extent: Number
    step: Any
    begin: Number


class Stage(NamedTuple):
    """A step inside a layer, for its working: a formula, and the sizes of what it gives."""

    formula: str
    sizes: tuple[Number, ...]


def equation(text: str, number: Number, *, lint: bool = False) -> Note:
    """A note with ``working = value`` in the place of ``{}``."""
    from cnncalc.symbolic.expr import write

    working, total = write(number, "plain"), value(number)
    return Note(text.format(working if total is None or working == str(total) else f"{working} = {total}"), lint)


class Portion(NamedTuple):
    """One of several layers in one: how it is called, its kind, and what it reads."""

    called: str
    kind: Kind
    x: Shape


#: What a layer that works position by position sees: that position.
POINT = Reach(1, 1, 0)


class Kind:
    """A kind of layer with its fields filled in. Not to be changed once made.

    A concrete kind states ``output``, ``weights``, ``macs`` and ``reach``. ``operands`` is the least and the most
    number of layers it reads. ``reference`` is where the rule stands.
    """

    fields: ClassVar[dict[str, Field]] = {}
    operands: ClassVar[tuple[int, int]] = (1, 1)
    joins: ClassVar[bool] = False  # it puts operands together, and reading one of them must be said
    broadcasts: ClassVar[bool] = False  # a size of 1 matches any
    measured: dict[Any, Any]  # what has been worked out, by operands: see ``summary.rows.measured``
    sequence: ClassVar[bool] = False  # it is there for sequences
    identity: ClassVar[bool] = False  # when run, it gives its input unchanged
    rectifies: ClassVar[bool] = False  # it cuts most of what is negative: weights before it are drawn larger
    rescales: ClassVar[bool] = False  # it shifts and scales at most: a rectifier behind it counts as next
    softmax_axis = -1  # along which it takes softmax, where it does
    family: ClassVar[str] = ""  # convolution, dense, pool, recurrent or norm: what one of them learns, so do the others
    changed: Mapping[str, Callable[..., Any]] = MappingProxyType({})  # rules of this layer in place of its methods
    restates: ClassVar[bool] = False  # a value without a name repeats the channels, and is only compared with them
    reference: ClassVar[str] = ""
    layout = "channels_last"

    def __init_subclass__(cls) -> None:
        if len(cls.__bases__) == 1 and not any(isinstance(value, Field) for value in vars(cls).values()):
            return  # the fields of its base
        own = [item for base in reversed(cls.__mro__) for item in vars(base).items() if isinstance(item[1], Field)]
        cls.fields = {}
        for attribute, field in sorted(own, key=lambda item: (item[1].last, item[1].default is not REQUIRED)):
            field.attribute = attribute
            cls.fields[field.name or attribute] = field

    def __init__(self, **given: Any) -> None:
        """Fields by name. Raises TypeError on a name that the kind does not have or one that is missing."""
        own = self.__dict__
        own["measured"] = {}
        for name, field in self.fields.items():
            chosen = given.pop(name, field.default)
            if chosen is REQUIRED:
                raise TypeError(f"{self.word()} needs {name}")
            own[field.attribute] = own[field.same_as] if chosen is None and field.same_as else chosen
        if given:
            raise TypeError(f"{self.word()} has no {', '.join(given)}")

    @classmethod
    def word(cls) -> str:
        """The kind's name in a spec: ``DepthwiseConv`` is ``depthwise_conv``."""
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")

    def output(self, *xs: Shape) -> Shape:
        """The output shape. Raises Misfit if the operands do not fit."""
        raise TypeError(f"{self.word()} states no output")

    def weights(self, *xs: Shape) -> Weights:
        """Sizes of every learned array by name."""
        raise TypeError(f"{self.word()} states no weights")

    def macs(self, y: Shape, *xs: Shape) -> Number:
        """Multiply-accumulates of one example."""
        raise TypeError(f"{self.word()} states no multiply-accumulates")

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        """What an output position sees, for each spatial axis of the output; None if positions mean nothing."""
        raise TypeError(f"{self.word()} states no reach")

    def starts(self, *xs: Shape) -> Weights:
        """Sizes by name of what a layer starts from: numbers that are not learned, zeros unless they are given."""
        return {}

    def cached(self, *xs: Shape) -> Number:
        """Numbers to keep for the positions so far while a sequence is generated one position at a time."""
        return 0

    def undone(self, x: Shape, y: Shape) -> list[Inverse] | None:
        """The layers that map its output ``y`` back to ``x``; None if its rule has no inverse."""
        return None

    def between(self, *xs: Shape) -> Number:
        """How many numbers one example takes inside the layer, if more than its operands and output."""
        return 0

    def channel_axes(self) -> int:
        """How many of the last axes of its ``kernel`` count output channels; 0 for none.

        Then a batch normalisation behind it can be folded into ``kernel`` and ``bias``.
        """
        return 0

    def tokens(self) -> Number:
        """How many token ids there are, for a kind that reads ids; None for a kind that reads numbers."""
        return None

    def margins(self, *xs: Shape) -> list[Number]:
        """Numbers that must be 0 or more for the layer to fit; sizes must be 1 or more anyway."""
        return []

    def matches(self, *xs: Shape) -> list[tuple[Number, Number]]:
        """Pairs of sizes that must be equal for the layer to fit; where it broadcasts, one of them may be 1."""
        return []

    def notes(self, *xs: Shape) -> list[Note]:
        """What the layer's row says besides its numbers."""
        return []

    def stages(self, *xs: Shape) -> list[Stage]:
        """What happens inside the layer, step by step, for its working."""
        return []

    def portions(self, *xs: Shape) -> list[Portion]:
        """The layers that it is made of, where it is several in one; they are counted one by one."""
        return []

    def mapped(self, change: Callable[[Number, str], Number], axes: tuple[str, ...] = ()) -> Kind:
        """A copy with ``change(number, letter)`` applied to each number in its fields."""
        own = self.__dict__
        return self.altered(**{f.attribute: f.mapped(own[f.attribute], change, axes) for f in self.fields.values()})

    def altered(self, **fields: Any) -> Kind:
        """A copy with other values of its fields, by attribute. They are not checked."""
        return self._copy(fields, self.changed)

    def ruled(self, **rules: Callable[..., Any]) -> Kind:
        """A copy with other rules: each is called with the kind, the method that it replaces, and the operands."""
        rights = {name: self.changed.get(name) or getattr(type(self), name) for name in rules}
        return self._copy({}, {**self.changed, **{name: _given(rules[name], rights[name]) for name in rules}})

    def _copy(self, fields: dict[str, Any], changed: Mapping[str, Callable[..., Any]]) -> Kind:
        copy = object.__new__(type(self))
        own = copy.__dict__
        own.update(self.__dict__, measured={}, **fields)
        if changed:
            own.update({name: MethodType(rule, copy) for name, rule in changed.items()}, changed=changed)
        return copy


def _given(rule: Callable[..., Any], right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda kind, *xs: rule(kind, right, *xs)


class Weightless(Kind):
    """A kind without weights or multiply-accumulates."""

    def weights(self, *xs: Shape) -> Weights:
        return {}

    def macs(self, y: Shape, *xs: Shape) -> Number:
        return 0


class Pointwise(Weightless):
    """A weightless kind whose output has the sizes of its input, position by position."""

    def output(self, *xs: Shape) -> Shape:
        return xs[0]

    def reach(self, *xs: Shape) -> tuple[Reach, ...] | None:
        return (POINT,) * len(xs[0].spatial)


def one_over(number: Number) -> Any:
    """``1/number`` as a step: the output is ``number`` times finer than the input."""
    from fractions import Fraction

    known = value(number)
    return exact_div(1, number) if known is None else 1 if known == 1 else Fraction(1, known)


def finer(factor: Number) -> Reach:
    """The reach where each position becomes ``factor`` positions: each output sees the one that it comes from."""
    step = one_over(factor)
    return Reach(1, step, 0) if isinstance(step, Expr) else Reach(2 - step, step, 1 - step)


def per_axis(given: Any, x: Shape, what: str) -> tuple[Any, ...]:
    """One value for each spatial axis of ``x``; a single value serves all. Raises Misfit if the counts differ."""
    count = len(x.spatial)
    if type(given) is not tuple:
        return (given,) * count
    if len(given) != count:
        raise Misfit(
            f"{what} has {len(given)} numbers, and {RANKS[x.rank]} has {count} spatial ax{'i' if count == 1 else 'e'}s",
            field=what,
        )
    return given


def need_spatial(x: Shape, kind: Kind) -> None:
    """Raise Misfit if ``x`` has no spatial axis to slide along."""
    if not x.spatial:
        raise Misfit(
            f"{kind.word()} needs an image, a sequence or a volume; its input is {x.channels} features",
            help="put it before flatten, or reshape the features first",
        )


def described(x: Shape, kind: Kind) -> str:
    """``an image of 28×28×3``: the sizes in the order that the spec's layout writes them."""
    return f"{RANKS[x.rank]} of {times(x.written(kind.layout))}" if x.rank > 1 else f"{x.channels} features"


def times(sizes: Iterable[Number]) -> str:
    """``28×28×3``."""
    return "×".join(map(str, sizes))


def axis_letters(x: Shape) -> tuple[str, ...]:
    """The letters of the spatial axes of ``x``."""
    return LETTERS[len(x.spatial)]

"""The fields of a layer in the words of other frameworks, put in ours: by name, or by their places in a call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cnncalc.errors import Mark, Problem, nearest
from cnncalc.kinds.base.fields import REQUIRED
from cnncalc.kinds.base.kind import Kind, Note
from cnncalc.network import pasted
from cnncalc.network.scope import COMMON, Check, Item, merges
from cnncalc.spec import vocabulary
from cnncalc.spec.listing import listed
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence, is_null, shown
from cnncalc.spec.values import TRUTHS, BadValue, expected
from cnncalc.spec.vocabulary.fields import (
    DEFAULTS,
    FIELDS,
    IGNORED,
    IGNORED_BY,
    INSTEAD,
    ONLY,
    ONLY_BY,
    PRESETS,
    SCALARS,
)


class Translation:
    """One layer whose kind is known, and its fields as they are put in our words."""

    def __init__(self, item: Item, kind: type[Kind], problems: list[Problem]) -> None:
        self.item, self.kind, self.problems = item, kind, problems
        self.word, self.theirs = kind.word(), item.written
        self.own = kind.fields
        self.synonyms = {
            vocabulary.plain(name): ours
            for ours, names in FIELDS.get(self.word, {}).items()
            if ours in self.own or ours == "in_channels"
            for name in (ours, *names.split())
        }
        self.found: dict[str, Node] = {}
        self.keys: dict[str, Mark] = {}
        self.implied: set[str] = set()  # fields of ours that another field said as well

    def run(self) -> None:
        """Read every field of the item."""
        item = self.item
        given = Mapping(dict(item.fields), dict(item.keys), item.mark)
        unnamed = item.scalar
        for name, node in self._positional():
            if name in given.items:
                self.problems.append(Problem(f'"{name}" is given twice', node.mark, help="keep one"))
            given.items[name], given.keys[name] = node, node.mark
        item.scalar = None
        for name, node in given.items.items():
            self._field(name, node, given.keys.get(name, node.mark))
        presets = PRESETS.get(vocabulary.plain(self.theirs), {})
        for name, text in {**presets, **DEFAULTS.get((self.item.whose, self.word), {})}.items():
            self.found.setdefault(name, Scalar(text, item.mark))
        item.checks = [one._replace(word=self.theirs) if one.node is unnamed else one for one in item.checks]
        item.fields, item.keys = self.found, self.keys
        self._told(given)
        if item.axes:
            item.checks.append(Check(self.theirs, Scalar(str(item.axes), item.mark), "axes"))

    def _told(self, given: Mapping) -> None:
        """Say, or refuse, what a word means elsewhere that it does not mean here."""
        theirs = self.item.whose == "pytorch" or not _PYTORCH.isdisjoint(given.items)
        name = vocabulary.bare(self.theirs)
        whose = "PyTorch" if theirs else "Keras" if self.item.whose == "keras" else "PyTorch and Keras"
        if name in ("RNN", "LSTM", "GRU") and (theirs or name == "GRU"):  # of Keras's layers only the GRU has two
            biased = "bias" not in self.found or not _is_false(self.found["bias"])
            if "biases" not in self.found and biased:
                have = "have" if " and " in whose else "has"
                self.item.notes.append(Note(f"counted with one bias vector; {whose} {have} two (write biases: 2)"))
        if name in ("RNN", "LSTM", "GRU") and theirs and "return_sequences" not in self.found:
            self.item.notes.append(Note("only the last step; PyTorch has every step: return_sequences: true"))
        if vocabulary.bare(self.theirs) == "PReLU" and "shared" not in self.found:
            text = '"PReLU" has one slope in all in PyTorch, and one for each number in Keras'
            help = "prelu has one for each channel; prelu: {shared: true} has one in all"
            self.problems.append(Problem(text, self.item.mark, help=help))

    def _positional(self) -> Iterable[tuple[str, Node]]:
        """Values without a name, with the names that their places give them."""
        scalar, first = self.item.scalar, next(iter(self.own), None)
        if scalar is None:
            return []
        if merges(self.kind) and isinstance(scalar, Sequence):
            return [("from", scalar)]
        scalar = pasted.values(scalar)
        order = vocabulary.order(self.theirs)
        self._refuse_pair(scalar, order)
        named = [part for part in scalar.items if isinstance(part, Mapping)] if isinstance(scalar, Sequence) else []
        if isinstance(scalar, Sequence) and (len(order) > 1 or named):
            return self._by_place(scalar, order)
        if isinstance(scalar, Sequence) and len(scalar.items) > 1 and not order:
            self._refuse_order(scalar)
        if isinstance(scalar, Sequence) and len(scalar.items) == 1 and isinstance(scalar.items[0], Sequence):
            scalar = scalar.items[0]  # the tuple that a call holds: AdaptiveAvgPool2d((7, 7))
        restated = "in_channels" if self.kind.restates else first
        name = SCALARS.get(self.word, restated) if self.item.whose or self.kind.restates else restated
        truth = isinstance(scalar, Scalar) and scalar.text in TRUTHS
        if name is None or (name == "inplace" and not truth):
            raise expected(self.theirs, scalar, "without a value", f"- {self.word}")
        if self.theirs in ("Upsample", "nn.Upsample"):
            text = f"{self.theirs}: {scalar.text}" if isinstance(scalar, Scalar) else self.theirs
            raise BadValue(f'"{text}" could be the factor or the size', scalar.mark, "upsample: {factor: 2}")
        return [(name, scalar)]

    def _refuse_pair(self, given: Node, order: list[str]) -> None:
        """Raise BadValue for ``MaxPool2d: (3, 2)``: a window of 3×2, or of 3 with a stride of 2?"""
        pair = listed(given, sizes=False) if isinstance(given, Scalar) and given.text[:1] == "(" else given
        texts = [part.text for part in pair.items if isinstance(part, Scalar)] if isinstance(pair, Sequence) else []
        steps = order[1:2] in (["stride"], ["strides"]) and self.item.axes == 2 and pair is not given
        if steps and len(texts) == 2 and texts[0] != texts[1]:
            window, stride = texts
            first = next(iter(self.own))
            text = (
                f"{self.theirs}: ({window}, {stride}) could be a window of {window}×{stride}, or a stride of {stride}"
            )
            raise BadValue(
                text, given.mark, f"write {first}: {window}x{stride}, or {first}: {window}, stride: {stride}"
            )

    def _refuse_order(self, given: Sequence) -> None:
        """Raise BadValue if the order of values without names differs between frameworks."""
        names = vocabulary.names(self.word)
        orders: dict[tuple[str, ...], str] = {}
        for name in sorted((*names["pytorch"], *names["keras"]), key=lambda name: "2" not in name):
            order = vocabulary.order(name)
            if len(order) > 1:
                orders.setdefault(tuple(order[:3]), name)
        if orders:
            listed = "; ".join(f"{name}: [{', '.join(order)}]" for order, name in orders.items())
            text = f"{self.theirs} does not say what its {len(given.items)} values are"
            raise BadValue(
                text,
                given.mark,
                f"write {self.word}: {{{', '.join(f'{n}: ...' for n in self._needed())}}}, or {listed}",
            )

    def _needed(self) -> list[str]:
        return [name for name, field in self.own.items() if field.default is REQUIRED] or list(self.own)[:2]

    def _by_place(self, given: Sequence, order: list[str]) -> list[tuple[str, Node]]:
        found: list[tuple[str, Node]] = []
        values = [part for part in given.items if not isinstance(part, Mapping)]
        if len(values) > len(order):
            text = f"{self.theirs} takes {len(order)} values without names; found {len(values)}"
            raise BadValue(text, given.mark, f"write {self.word}: {{{', '.join(list(self.own)[:3])}: ...}}")
        for name, part in zip(order, values, strict=False):
            found.append((name, part))
        for part in given.items:
            if isinstance(part, Mapping):
                found += part.items.items()
        return found

    def _field(self, name: str, node: Node, mark: Mark) -> None:
        """One field, in our words; or ignored, checked or refused."""
        ours = self._ours(name)
        if is_null(node) and name not in COMMON and self._is_known(name, ours):
            return
        if (
            name in SPECIAL
            and (ours or name) in self.own
            and isinstance(node, Scalar)
            and _NUMBERED.fullmatch(node.text)
        ):
            SPECIAL[name](self, name, node, mark)
        elif name in COMMON or ours in self.own or ours == "from":
            self._put(ours or name, node, mark)
        elif ours == "in_channels" and name != "normalized_shape":
            self.item.checks.append(Check(name, node, "channels"))
        elif special := SPECIAL.get(name):
            special(self, name, node, mark)
        elif name in IGNORED or name in IGNORED_BY.get(self.word, ()):
            return
        elif name in ONLY or (self.word, name) in ONLY_BY:
            self._only(name, node)
        else:
            takes = f"{self.label()} takes {', '.join([*self.own, *COMMON])}"
            theirs = [one for names in FIELDS.get(self.word, {}).values() for one in names.split()]
            few = len(self.problems) < _HINTS
            hint = (nearest(name, [*self.own, *COMMON]) or nearest(name, theirs)) if few else None
            text = f'{self.label()} has no "{shown(name)}"'
            self.problems.append(Problem(text, mark, help=f"{hint} {takes}" if hint else takes))

    def _is_known(self, name: str, ours: str | None) -> bool:
        """Whether frameworks have a field of that name: at null, nothing is asked of it."""
        listed = name in IGNORED or name in ONLY or (self.word, name) in ONLY_BY or name in SPECIAL
        by_kind = ours is not None or name in IGNORED_BY.get(self.word, ())
        return listed or by_kind or name.endswith(("_regularizer", "_constraint"))

    def label(self) -> str:
        """The layer as a message names it."""
        return f'{self.word} "{self.item.name}"'

    def _ours(self, name: str) -> str | None:
        """Our name of a field; Keras's UpSampling2D calls its factor size."""
        if name == "inputs" and merges(self.kind):
            return "from"
        if self.word == "upsample" and name == "size" and vocabulary.plain(self.theirs).startswith("upsampling"):
            return "factor"
        return name if name in self.own else self.synonyms.get(vocabulary.plain(name))

    def _put(self, name: str, node: Node, mark: Mark) -> None:
        if name == "amount" and (self.item.whose == "pytorch" or self.item.axes == 1):
            node = pasted.ends(node)
        if name in self.implied:
            self.implied.discard(name)
            if not _is_false(self.found[name]):
                self.found[name], self.keys[name] = node, mark
        elif name in self.found:
            text = f'{self.label()}: "{name}" is given twice'
            self.problems.append(Problem(text, mark, help="keep one", also=self.keys[name]))
        else:
            self.found[name], self.keys[name] = node, mark

    def _only(self, name: str, node: Node) -> None:
        text = node.text if isinstance(node, Scalar) else ""
        known = ONLY_BY.get((self.word, name), ONLY.get(name, ()))
        if text.lower() not in known:
            help = INSTEAD.get((self.word, name), f"{name}: {known[0]}, or leave it out")
            said = f"{self.label()}: {name} {shown(text)} is not what {self.word} does"
            self.problems.append(Problem(said, node.mark, help=help))

    def both(self, name: str, node: Node, mark: Mark) -> None:
        """``affine``: the scale and the shift of a norm; without it PyTorch has no shift, whatever ``bias`` says."""
        for ours in ("scale", "center"):
            if ours in self.own and (_is_false(node) or ours not in self.found):
                self.implied |= {ours} - self.found.keys()
                self.found[ours], self.keys[ours] = node, mark

    def projected(self, name: str, node: Node, mark: Mark) -> None:
        """PyTorch's ``proj_size``, which is 0 where there is none."""
        if isinstance(node, Scalar) and node.text == "0":
            return
        if "projection" not in self.own:
            self._only(name, node)
        else:
            self._put("projection", node, mark)

    def memory(self, name: str, node: Node, mark: Mark) -> None:
        """``kdim`` and ``vdim``: the features of what the keys and values are made from."""
        self.item.checks.append(Check(name, node, "memory"))

    def shared(self, name: str, node: Node, mark: Mark) -> None:
        """Keras's PReLU with a slope for each channel shares it over the spatial axes: ``[1, 2]`` of an image."""
        axes = [axis.text for axis in node.items if isinstance(axis, Scalar)] if isinstance(node, Sequence) else []
        if axes != ["1", "2", "3"][: len(axes)] or not axes:
            raise expected(
                name, node, "every spatial axis, [1, 2] for an image", "prelu has one slope for each channel"
            )
        self._put("shared", Scalar("false", node.mark), mark)
        self.item.checks.append(Check(name, Scalar(str(len(axes)), node.mark), "axes"))

    def chosen(self, name: str, node: Node, mark: Mark) -> None:
        """A truth that is a word or a number with us."""
        ours, yes, no = _CHOICES[name]
        text = node.text if isinstance(node, Scalar) else ""
        truth = True if text == "tanh" else False if text == "none" else TRUTHS.get(text)
        if truth is None or ours not in self.own:
            raise expected(name, node, "true or false")
        self._put(ours, Scalar(yes if truth else no, node.mark), mark)

    def checked(self, name: str, node: Node, mark: Mark) -> None:
        """What is compared with the shape or the layout."""
        self.item.checks.append(Check(name, node, _CHECKS[name]))
        if name in ("axis", "dim") and self.word in ("mean", "sum"):
            self.found["axis"] = Scalar("channels", node.mark)  # until the axes of what it reads are known
        if name == "normalized_shape" and isinstance(node, Sequence) and len(node.items) > 1 and "axes" in self.own:
            self.found.setdefault("axes", Scalar("all", node.mark))

    def slopes(self, name: str, node: Node, mark: Mark) -> None:
        """PyTorch's PReLU has one slope in all, or one a channel."""
        one = isinstance(node, Scalar) and node.text == "1"
        self._put("shared", Scalar("true" if one else "false", node.mark), mark)
        if not one:
            self.item.checks.append(Check(name, node, "channels"))


def _is_false(node: Node) -> bool:
    return isinstance(node, Scalar) and TRUTHS.get(node.text) is False


_HINTS = 20  # fields that nobody has for which the name that is meant is searched

#: Values of our own fields that only other frameworks have: the number of an axis, PyTorch's words for gelu.
_NUMBERED = re.compile(r"-?[0-9]+|tanh|none")


_PYTORCH = {"input_size", "hidden_size", "num_layers", "batch_first", "proj_size"}
_CHOICES = {
    "norm_first": ("norm", "pre", "post"), "reset_after": ("biases", "2", "1"), "approximate": ("approximate", "true",
                                                                                             "false"),
}  # fmt: skip
_CHECKS = {
    "normalized_shape": "sizes", "input_shape": "input", "data_format": "layout", "axis": "axis", "dim": "axis",
}  # fmt: skip
SPECIAL: dict[str, Any] = {
    "affine": Translation.both,
    "elementwise_affine": Translation.both,
    "num_parameters": Translation.slopes,
    "proj_size": Translation.projected,
    "kdim": Translation.memory,
    "vdim": Translation.memory,
    "shared_axes": Translation.shared,
    **dict.fromkeys(_CHOICES, Translation.chosen),
    **dict.fromkeys(_CHECKS, Translation.checked),
}

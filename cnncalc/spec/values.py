"""Reading one value of a spec: numbers, letters, sizes, paddings, words. Says what was found and what is expected."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.errors import LimitError, Mark, Problem, SpecError, nearest
from cnncalc.limits import Limits, over
from cnncalc.spec.node import Mapping, Node, Scalar, Sequence, describe, is_null, shown
from cnncalc.symbolic.expr import Expr, Letter, Number

_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(_[0-9]{3})+")

TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def is_letter(text: str) -> bool:
    """Whether ``text`` is an unknown: a letter other than x, optionally with digits."""
    digits = text[1:]
    return (
        text[:1].isalpha() and text.isascii() and text[0] != "x" and (not digits or digits.isdigit()) and len(text) < 11
    )


def _is_whole(text: str) -> bool:
    digits = text[1:] if text[:1] in ("-", "+") else text
    return digits.isascii() and digits.isdigit()


def _is_real(text: str) -> bool:
    """Whether ``text`` is a number as YAML 1.2 writes one: no underscores, no words."""
    if len(text) > 40 or not text or not set(text) <= set("0123456789.eE+-"):
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


class BadValue(SpecError):
    """One value that is not what is expected there."""

    def __init__(self, text: str, mark: Mark | None, help: str | None = None) -> None:
        super().__init__(Problem(text, mark, help=help))


class Context:
    """What values are read against: the limits and, inside a ``define`` block, its arguments."""

    __slots__ = ("limits", "arguments")

    def __init__(self, limits: Limits, arguments: dict[str, Any] | None = None) -> None:
        self.limits, self.arguments = limits, arguments


def expected(what: str, node: Node, form: str, help: str | None = None, value: int | None = None) -> BadValue:
    """The error for ``what`` where ``form`` was expected and ``node`` found, which comes to ``value`` (None: as it is
    written).
    """
    odd = odd_character(node.text) if isinstance(node, Scalar) else None
    worked_out = "" if value is None else f", which is {value}".replace("-", "−")
    return BadValue(f"{what} must be {form}; found {describe(node)}{odd or ''}{worked_out}", node.mark, help)


def odd_character(text: str) -> str | None:
    """Names the first character outside ASCII, which often looks like one inside it."""
    import unicodedata

    for character in text:
        if ord(character) > 127 and character != "×":
            return f" with U+{ord(character):04X} {unicodedata.name(character, 'character')}"
    return None


def whole(node: Node, context: Context, what: str, least: int = 1, *, bounded: bool = True) -> Number:
    """A whole number of ``least`` or more, an unknown letter, or arithmetic over numbers, letters and arguments.

    ``bounded``: it is a size, which the limit of that name holds.
    """
    if not isinstance(node, Scalar):
        raise expected(what, node, _numbers_from(least))
    text = node.text
    if text.isdecimal() and text.isascii() and text[0] != "0" and len(text) < 10:  # most are such, and come out here
        return _checked(int(text), node, context, what, least, bounded=bounded)
    if _is_worked_out(text, context):
        return _checked(_worked_out(node, context, what, least), node, context, what, least, bounded=bounded)
    return _checked(_literal(node, context, what, least), node, context, what, least, bounded=bounded)


def _is_worked_out(text: str, context: Context) -> bool:
    """Whether ``text`` is arithmetic, or the name of an argument."""
    if context.arguments is not None and (text in context.arguments or not (is_letter(text) or _is_whole(text))):
        return not text.isdecimal()
    return len(text) > 1 and not _is_whole(text) and not _is_real(text) and any(sign in text for sign in "+-*/(·×$")


def _literal(node: Scalar, context: Context, what: str, least: int) -> Number:
    text = node.text
    if is_letter(text):
        return Letter(text)
    if _THOUSANDS.fullmatch(text):
        text = text.replace("_", "")
    if not _is_whole(text):
        raise expected(what, node, _numbers_from(least), _number_help(node, what))
    digits = text.lstrip("+-")
    if len(digits) > context.limits.digits:
        raise LimitError(over("digits", f"{what}: a number of {len(digits)} digits", context.limits.digits, node.mark))
    if digits != "0" and digits[0] == "0":
        raise expected(what, node, "a number without leading zeros", f"{what}: {int(text)}")
    return int(text)


def _checked(number: Number, node: Node, context: Context, what: str, least: int, *, bounded: bool) -> Number:
    if isinstance(number, int):
        if number < least:
            stated = isinstance(node, Scalar) and _is_whole(node.text)  # else it is arithmetic, or an argument
            raise expected(what, node, _numbers_from(least), value=None if stated else number)
        if bounded and number > context.limits.size:
            raise LimitError(over("size", number, context.limits.size, node.mark))
    return number


def _numbers_from(least: int) -> str:
    return f"a whole number of {least} or more" if least >= 0 else "a whole number"


def _number_help(node: Scalar, what: str) -> str | None:
    if node.text in TRUTHS or is_null(node):
        return None
    if node.text == "x":
        return "x separates sizes; any other letter can be an unknown"
    if _is_real(node.text) and len(node.text) < 20 and (number := float(node.text)).is_integer():
        return f"{what}: {int(number)}"
    return None


def _worked_out(node: Scalar, context: Context, what: str, least: int) -> Number:
    from cnncalc.spec.arithmetic import NotArithmetic, evaluate

    if "," in node.text:
        raise expected(what, node, _numbers_from(least), "give one number here, and name the other values")
    try:
        number = evaluate(node.text, context.arguments or {}, is_letter)
    except NotArithmetic as error:
        raise BadValue(
            f'{what} must be {_numbers_from(least)}; "{shown(node.text)}" is not arithmetic: {error}',
            node.mark,
            "use + - * // ( ), whole numbers and " + _names(context),
        ) from None
    if isinstance(number, bool) or not isinstance(number, int | Expr):
        raise expected(what, node, _numbers_from(least))
    return number


def _names(context: Context) -> str:
    """What arithmetic may name, in words."""
    if context.arguments is None:
        return "letters"
    return f"the arguments {', '.join(context.arguments) or '(this block has none)'}"


def per_axis(node: Node, context: Context, what: str, least: int = 1) -> Any:
    """One number for all spatial axes, or a tuple with one for each: ``5``, ``[5, 5]``, ``5x5`` or ``(5, 5)``."""
    if isinstance(node, Scalar):
        node = _listed(node, context)
    if not isinstance(node, Sequence):
        return whole(node, context, what, least)
    if not 1 <= len(node.items) <= 3:
        raise expected(what, node, "one number, or one for each spatial axis (1 to 3)")
    return tuple(whole(item, context, what, least) for item in node.items)


def _listed(node: Scalar, context: Context) -> Node:
    """The list that a text means, or ``node`` itself. Most texts are one number and return at once."""
    if node.text.isdecimal():
        return node
    from cnncalc.spec.listing import listed

    return listed(node, context.arguments or ())


def padding(node: Node, context: Context, what: str, words: tuple[str, ...]) -> Any:
    """A number, one for each axis, ``[begin, end]`` pairs for each axis, or one of ``words``."""
    if isinstance(node, Scalar):
        text = argument(node, context)
        if isinstance(text, str) and (known := text if text in words else text.lower()) in words:
            return known
        looks_like_word = len(str(text)) > 1 and str(text).replace("_", "a").isalpha()
        if words and node.plain and looks_like_word and text not in (context.arguments or ()):
            raise BadValue(
                f'{what} "{text}" is not a number, nor one of the words {", ".join(words)}',
                node.mark,
                nearest(str(text), words),
            )
        node = _listed(node, context)
    if isinstance(node, Sequence):
        items = [_listed(item, context) if isinstance(item, Scalar) else item for item in node.items]
        if any(isinstance(item, Sequence) for item in items):
            return tuple(_pair(item, context, what) for item in items)
    return per_axis(node, context, what, 0)


def _pair(node: Node, context: Context, what: str) -> tuple[Number, Number]:
    if not isinstance(node, Sequence) or len(node.items) != 2:
        raise expected(what, node, "a pair [begin, end] for each spatial axis", f"{what}: [[1, 2], [1, 2]]")
    begin, end = (whole(item, context, what, 0) for item in node.items)
    return begin, end


def argument(node: Scalar, context: Context) -> Any:
    """The text, or the block's argument of that name, which may be written ``$name``."""
    return (context.arguments or {}).get(node.text.removeprefix("$"), node.text)


def any_argument(node: Node, context: Context, what: str) -> Any:
    """What a block's argument may be: a number, a letter, true or false, or a word."""
    if not isinstance(node, Scalar):
        raise expected(what, node, "a number or a word")
    text = argument(node, context)
    if not isinstance(text, str):
        return text
    if text in TRUTHS and node.plain:
        return TRUTHS[text]
    if _is_real(text) and not text.lstrip("+-").isdigit():
        return text  # for a field that takes such a number; the others say that they do not
    if any(c in "0123456789+-*/()" for c in text) or is_letter(text):
        listed = _listed(node, context)
        if listed is not node:
            return per_axis(listed, context, what, -context.limits.size)
        return whole(node, context, what, -context.limits.size)
    return text


def flag(node: Node, context: Context, what: str) -> bool:
    """true or false."""
    truth = argument(node, context) if isinstance(node, Scalar) else None
    if isinstance(truth, bool):
        return truth
    if not isinstance(node, Scalar) or not node.plain or truth not in TRUTHS:
        likely = {"yes": "true", "on": "true", "no": "false", "off": "false"}
        close = likely.get(node.text.lower()) if isinstance(node, Scalar) else None
        raise expected(what, node, "true or false", f"{what}: {close}" if close else None)
    return TRUTHS[str(truth)]


def word(node: Node, context: Context, what: str, words: tuple[str, ...]) -> str:
    """One of ``words``, or what other frameworks call it."""
    text = argument(node, context) if isinstance(node, Scalar) else None
    if text in words:
        return str(text)
    from cnncalc.spec import vocabulary

    known = vocabulary.word(str(text or ""), words)
    if known is None:
        raise expected(what, node, f"one of {', '.join(words)}", nearest(str(text or ""), words))
    return known


def real(node: Node, context: Context, what: str) -> float:
    """A number, such as 0.5 or 1e-5."""
    text = argument(node, context) if isinstance(node, Scalar) else None
    if isinstance(text, int) and not isinstance(text, bool):
        return float(text)
    if not isinstance(text, str) or not _is_real(text):
        raise expected(what, node, "a number such as 0.5")
    return float(text)


def sizes(node: Node, context: Context, what: str, least: int = 1, most: int = 4) -> list[Number]:
    """1 to ``most`` sizes as written: ``64x64x3``, ``64×64×3``, ``[64, 64, 3]``, ``(64, 64, 3)`` or one number."""
    listed = _listed(node, context) if isinstance(node, Scalar) else node
    items = listed.items if isinstance(listed, Sequence) else [] if isinstance(node, Mapping) else [node]
    if not 1 <= len(items) <= most or any(isinstance(item, Scalar) and not item.text for item in items):
        raise expected(what, node, f"sizes such as 64x64x3 (1 to {most} of them)")
    return [whole(item, context, what, least) for item in items]


def unknown_keys(mapping: Mapping, known: Any, what: str, problems: list[Problem]) -> None:
    """Add a problem for each key of ``mapping`` that is not ``known``, with the nearest one that is."""
    for key in mapping.items:
        if key not in known:
            hint = nearest(key, known)
            listed = f"{what} takes {', '.join(known)}" if known else f"{what} takes nothing"
            text = f'{what} has no "{key}"'
            problems.append(Problem(text, mapping.keys[key], help=f"{hint} {listed}" if hint else listed))

"""Mistaken rules, each in place of one method of a kind; and fields that are overlooked."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc import rules
from cnncalc.kinds.base.kind import Kind, Reach, Weights
from cnncalc.kinds.base.weights import is_bias
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import Expr, Number


def own_stride(kind: Kind, right: Any, *xs: Shape) -> tuple[Reach, ...] | None:
    """(F − 1)·j with the layer's own stride in j."""
    reaches = right(kind, *xs)
    return reaches and tuple(r._replace(extent=1 + (r.extent - 1) * r.step) for r in reaches)


def biases_twice(kind: Kind, right: Any, *xs: Shape) -> Weights:
    """Every bias counted again."""
    return {name: (2 * s[0], *s[1:]) if is_bias(name) and s else s for name, s in right(kind, *xs).items()}


def not_rounded(kind: Kind, right: Any, size: Number, kernel: Number, stride: Number, dilation: Number, p: Any) -> Any:
    """A quotient that is not rounded: 27.5 for 27."""
    if isinstance(p, str) and p != "valid":
        return right(kind, size, kernel, stride, dilation, p)
    total = 0 if p == "valid" else p[0] + p[1] if isinstance(p, tuple) else 2 * p
    slack = rules.slack(size, kernel, total, dilation)
    if isinstance(slack, Expr) or isinstance(stride, Expr) or slack % stride == 0:
        return right(kind, size, kernel, stride, dilation, p)
    return Fraction(slack, stride) + 1


def left_out(kind: Kind, x: Shape) -> Kind | None:
    """A layer that is skipped: its output is its input."""
    return kind.ruled(
        output=lambda kind, right, *xs: xs[0],
        weights=lambda kind, right, *xs: {},
        macs=lambda kind, right, y, *xs: 0,
        reach=lambda kind, right, *xs: (Reach(1, 1, 0),) * len(xs[0].spatial),
    )


def of_gates(word: str, *gates: str) -> Any:
    """A kind of ``word`` with the gates of another."""
    return lambda kind, x: kind.altered(gates=gates) if kind.word() == word else None


def overlooked(field: str) -> Any:
    """A field left at its default although it was given, for fields whose default is None."""
    return lambda kind, x: kind.altered(**{field: None}) if _given(kind, field) else None


def _given(kind: Kind, field: str) -> bool:
    return field in kind.fields and getattr(kind, kind.fields[field].attribute) is not None

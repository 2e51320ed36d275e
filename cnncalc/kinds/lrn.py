"""Local response normalisation."""

from __future__ import annotations

from cnncalc.kinds.base.fields import Count, Real
from cnncalc.kinds.base.kind import Pointwise


class Lrn(Pointwise):
    """x / (k + alpha/size · Σx²)^beta over ``size`` neighbouring channels."""

    size = Count("n", 5, doc="number of neighbouring channels; if even, one more after than before")
    alpha = Real(1e-4, doc="weight of the squares")
    beta = Real(0.75, doc="the exponent")
    k = Real(1.0, doc="added to the squares")
    reference = "Krizhevsky, Sutskever & Hinton, ImageNet classification with deep CNNs (2012)"

"""The names of all slips, by which a problem gives marks for them."""

from __future__ import annotations

from cnncalc.check.slips import forward
from cnncalc.check.slips.numbers import MISTAKES
from cnncalc.check.slips.rules import SLIPS

NAMES = tuple(sorted({*SLIPS, *MISTAKES, *forward.SLIPS, *forward.OTHERS}))

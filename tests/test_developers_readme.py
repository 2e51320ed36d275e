"""The README for developers says what is true: its links lead somewhere, and its example kind is a kind."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "cnncalc"
README = (HOUSE / "README.md").read_text(encoding="utf-8")


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\((.+?)\)", README):
        assert (HOUSE / target).exists(), target


@pytest.mark.parametrize("path", re.findall(r"`((?:tests|cnncalc|cli|render|engine|kinds)/[\w/.]*)`", README))
def test_files_and_folders_that_it_names_are_there(path: str) -> None:
    if not path.endswith(("double.py", "double.yaml")):
        assert any((root / path).exists() for root in (HOUSE, HOUSE.parent)), path


def test_the_example_kind_works() -> None:
    names: dict[str, object] = {}
    imports = (
        "from cnncalc.kinds.base.fields import Count\n"
        "from cnncalc.kinds.base.kind import POINT, Kind, Number, Reach, Weights\n"
        "from cnncalc.shape import Shape\n"
    )
    code = textwrap.dedent(re.findall(r"```python\n(.*?)```", README, re.S)[0])
    exec(imports + code, names)
    kind = names["Double"](times=3)  # type: ignore[operator]
    x = names["Shape"]((5, 6), 4)  # type: ignore[operator]
    y = kind.output(x)
    assert (kind.word(), y.sizes, kind.weights(x), kind.macs(y, x)) == ("double", (5, 6, 12), {"gamma": (12,)}, 0)
    assert len(kind.reach(x)) == 2

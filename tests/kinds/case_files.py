"""The case files beside this one, ``<kind>.yaml``, worked out by hand: each case as a spec, as a test's argument.

A case has ``input`` (or ``inputs``), ``fields``, ``layout``, ``output``, ``params``, ``macs`` (0 where not given),
``weights``, ``notes`` and ``lint`` (how each begins or what it holds); a misfit has what its message ``says``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from cnncalc.shape import LAYOUTS, Shape, read

HERE = Path(__file__).parent


class Case(NamedTuple):
    kind: str
    number: int
    stated: dict[str, Any]

    @property
    def layout(self) -> str:
        return self.stated.get("layout", "channels_last")

    @property
    def inputs(self) -> list[str]:
        return self.stated["inputs"] if "inputs" in self.stated else [str(self.stated["input"])]

    @property
    def text(self) -> str:
        """The case as a spec, its layer called "layer"."""
        return self.spec()

    def spec(self, **more: Any) -> str:
        """The same with ``more`` fields in the layer."""
        names = [f"in{number}" for number in range(len(self.inputs))]
        fields = {"name": "layer", "from": names, **self.stated.get("fields", {}), **more}
        inputs = dict(zip(names, self.inputs, strict=True))
        return flow({"layout": self.layout, "input": inputs, "layers": [{self.kind: fields}]})

    @property
    def turns(self) -> bool:
        """Whether the two layouts write an input differently: only images and volumes."""
        return any(x.rank > 2 for x in self.operands)

    @property
    def turned(self) -> Case:
        """The same inputs and fields in the other layout."""
        (other,) = set(LAYOUTS) - {self.layout}
        inputs = ["x".join(map(str, x.written(other))) for x in self.operands]
        return self._replace(stated={**self.stated, "layout": other, "inputs": inputs})

    @property
    def operands(self) -> tuple[Shape, ...]:
        return tuple(read([int(size) for size in text.split("x")], self.layout) for text in self.inputs)


def flow(data: Any) -> str:
    """``data`` as YAML in one line, words without quotes."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(map(flow, data)) + "]"
    return str(data).lower() if isinstance(data, bool) else str(data)


def files() -> list[Path]:
    return sorted(HERE.glob("*.yaml"))


def load(part: str) -> list[Any]:
    found = []
    for path in files():
        stated = yaml.safe_load(path.read_text(encoding="utf-8"))
        for number, case in enumerate(stated.get(part, []), 1):
            found.append(pytest.param(Case(path.stem, number, case), id=f"{path.stem}-{number}"))
    return found

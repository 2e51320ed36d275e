"""The columns of a summary's table, and the values that each shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from cnncalc.errors import UsageError, nearest
from cnncalc.render.blocks import Shown, inside, shown
from cnncalc.render.forms.sheet import Column

COLUMNS = {
    column.key: column
    for column in (
        Column("number", "#", "number"),
        Column("name", "Layer"),
        Column("kind", "Kind"),
        Column("from", "From", "texts"),
        Column("input", "Input", "sizes"),
        Column("kernel", "Kernel", "sizes"),
        Column("stride", "Stride", "sizes"),
        Column("padding", "Padding", "sizes"),
        Column("output", "Output", "sizes"),
        Column("params", "Params", "number"),
        Column("percent", "% of params", "number"),
        Column("trainable", "Trainable"),
        Column("trainable_params", "Trainable params", "number"),
        Column("non_trainable_params", "Non-trainable", "number"),
        Column("weight_params", "Weights", "number"),
        Column("bias_params", "Biases", "number"),
        Column("macs", "MACs", "number"),
        Column("flops", "FLOPs", "number"),
        Column("receptive_field", "Receptive field", "sizes"),
        Column("effective_stride", "Eff. stride", "sizes"),
        Column("effective_padding", "Eff. padding", "sizes"),
        Column("activations", "Activations", "number"),
        Column("weight_bytes", "Weight bytes", "number"),
        Column("activation_bytes", "Activation bytes", "number"),
        Column("active_params", "Active params", "number"),
        Column("kv_cache_bytes", "KV cache bytes", "number"),
        Column("notes", "Notes", "texts"),
    )
}
_DEFAULT = ("name", "kind", "from", "output", "params", "macs", "receptive_field")
_SPARE = ("from", "kind")  # columns that a narrow terminal leaves out


def default(*, branches: bool) -> list[Column]:
    """The default columns; with the inputs of each layer if the network ``branches``."""
    names = [name for name in _DEFAULT if branches or name != "from"]
    return [COLUMNS[name]._replace(spare=name in _SPARE) for name in names]


def columns(names: str | None) -> list[Column] | None:
    """The columns that ``--columns`` names, in its order; None if it names none. Raises UsageError."""
    if names is None:
        return None
    chosen: list[Column] = []
    for name in (name.strip() for name in names.split(",")):
        if name == "all":
            chosen += COLUMNS.values()
        elif name in COLUMNS:
            chosen.append(COLUMNS[name])
        else:
            hint = nearest(name, COLUMNS)
            listed = f"columns: {', '.join(COLUMNS)}; all"
            raise UsageError(f'--columns: no column is called "{name}"', help=f"{hint} {listed}" if hint else listed)
    return list(dict.fromkeys(chosen))


class Rows:
    """The rows of a table: ``records`` has the value of every column by its key.

    With ``tree``, a row has its name inside its block, indented by level; else its full name. With
    ``brief``, the inputs of a row are shown only if they are not the row above, by their names inside the row's block.
    """

    def __init__(self, data: dict[str, Any], rows: list[Shown], *, tree: bool, brief: bool) -> None:
        self._data, self._rows, self._tree, self._brief = data, rows, tree, brief
        self._blocks = {block["name"] for block in data["blocks"]}
        self._visible = {}  # the row that shows a layer: its own, or its folded block's
        for row, heading in zip(rows, self._headings(), strict=True):
            if not heading:
                for layer in data["layers"][row.first : row.last]:
                    self._visible[layer["name"]] = row.data["name"]
        self._ends: dict[str, list[str]] = {}  # the blocks, outer ones first, that end with a layer
        for row in shown(data, 0, headings=True):
            if row.data["name"] in self._blocks and "fields" not in row.data:
                self._ends.setdefault(data["layers"][row.last - 1]["name"], []).append(row.data["name"])

    def _headings(self) -> list[bool]:
        """For each row, whether it is the heading of a block."""
        following = [*self._rows[1:], None]
        return [bool(after and after.first < row.last) for row, after in zip(self._rows, following, strict=True)]

    @cached_property
    def _branching(self) -> set[tuple[int, int]]:
        """The rows, by their layers, that read anything other than the row above them."""
        found = set()
        above: set[str] = set()
        for row, heading in zip(self._rows, self._headings(), strict=True):
            read = {self._visible.get(name, name) for name in row.data["from"]}
            if (above or len(read) > 1) and read != above:
                found.add((row.first, row.last))
            if not heading:
                above = {row.data["name"]}
        return found

    @property
    def branches(self) -> bool:
        """Whether any row reads anything other than the row above it."""
        return bool(self._branching)

    def _source(self, name: str, row: Shown) -> str:
        """The name of an input for an author: the largest block that ends there and does not contain the row."""
        blocks = (block for block in self._ends.get(name, ()) if not inside(row.data["name"], block))
        return next(blocks, self._visible.get(name, name))

    def records(self, chosen: list[Column]) -> list[dict[str, Any]]:
        """The rows with the values of the columns ``chosen``."""
        own = [column.key for column in chosen if column.key in _SHOWN]
        return [{**row.data, **{key: _SHOWN[key](self, row) for key in own}} for row in self._rows]

    def _name(self, row: Shown) -> str:
        if not self._tree:
            return str(row.data["name"])
        return f"{'  ' * (row.data['depth'] - 1)}{self._inner(row.data['name'], self._block(row))}"

    def _block(self, row: Shown) -> str:
        """The block that a row is inside of, or an empty text."""
        name: str = row.data["name"]
        if name in self._blocks and "fields" in row.data:  # the merge of a block, which has its name
            return name
        path = name.rpartition("/")[0]
        while path and path not in self._blocks:
            path = path.rpartition("/")[0]
        return path

    @staticmethod
    def _inner(name: str, block: str) -> str:
        """A name as it is inside ``block``."""
        if name == block:
            return name.rpartition("/")[2]
        return name[len(block) + 1 :] if block and inside(name, block) else name

    def _from(self, row: Shown) -> list[str]:
        if self._brief and (row.first, row.last) not in self._branching:
            return []
        block = self._block(row) if self._tree or self._brief else ""
        return list(dict.fromkeys(self._inner(self._source(name, row), block) for name in row.data["from"]))

    def _number(self, row: Shown) -> str:
        return f"{row.first + 1}" + (f"–{row.last}" if row.last - row.first > 1 else "")

    def _percent(self, row: Shown) -> str | None:
        part, whole = row.data["params"], self._data.get("totals", {}).get("params")
        return f"{100 * part / whole:.2f}" if isinstance(part, int) and isinstance(whole, int) and whole else None

    def _trainable(self, row: Shown) -> str | None:
        """Whether the layer is trained; only for layers with parameters."""
        found = {layer["trainable"] for layer in self._data["layers"][row.first : row.last] if layer["weights"]}
        return None if not found else "partly" if len(found) > 1 else "yes" if True in found else "no"

    def _field(self, row: Shown, *names: str) -> Any:
        """The field of a layer under one of ``names``; one number is repeated for each spatial axis."""
        fields = row.data.get("fields", {})
        value = next((fields[name] for name in names if fields.get(name) is not None), None)
        if isinstance(value, list):
            return str(value) if isinstance(value[0], list) else value
        return value if value is None or isinstance(value, str) else [value] * (len(row.data["input"]) - 1 or 1)


#: Values of columns that are not keys of the data.
_SHOWN: dict[str, Callable[[Rows, Shown], Any]] = {
    "number": Rows._number,
    "name": Rows._name,
    "from": Rows._from,
    "kernel": lambda rows, row: rows._field(row, "kernel", "size", "patch"),
    "stride": lambda rows, row: rows._field(row, "stride"),
    "padding": lambda rows, row: rows._field(row, "padding"),
    "percent": Rows._percent,
    "trainable": Rows._trainable,
    "notes": lambda rows, row: row.data.get("notes", []),
}

"""The blocks of a network as modules: what each constructs, and its ``forward``, line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cnncalc.export.code.names import Taken, identifier
from cnncalc.export.code.said import Said
from cnncalc.export.missing import Missing, Untranslated
from cnncalc.export.tree import Group
from cnncalc.kinds.base.kind import times
from cnncalc.summary.rows import Row, Summary

#: The names of blocks that the spec does not define.
BLOCKS = ("residual", "parallel", "repeat", "sequential", "moe", "encoder", "decoder")

#: A construction: a text, a block with its own class, or several in nn.Sequential.
Made = Any


class Attribute(NamedTuple):
    """An attribute of a module: its name, its construction, the sizes of its output, and its name in the spec."""

    name: str
    made: Made
    sizes: str
    label: str = ""


class Draft:
    """A block as a module. ``paths`` has the place of each of its rows in it, as ``state_dict`` writes them."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.attributes: list[Attribute] = []
        self.lines: list[str] = []
        self.reads: list[int] = []
        self.gives: list[int] = []
        self.parameters: list[str] = []
        self.paths: dict[int, str] = {}
        self.sequential = False  # its attributes follow each other
        self.class_name, self.arguments = "", ""


class Style(NamedTuple):
    """A framework: its name, its order of axes, the code of each kind, the function that follows a row (None if
    there is none, or the row includes it), how to write a module that is not trained, whether modules can follow each
    other without a ``forward``, and names that no variable may have.
    """

    name: str
    layout: str
    kinds: Mapping[str, Callable[[Row], Said]]
    ending: Callable[[Row], Said | None]
    frozen: Callable[[str], str]
    chains: bool
    reserved: frozenset[str] = frozenset()


class Author:
    """Writes the drafts of a network in the style of a framework. Raises SpecError if it cannot."""

    def __init__(self, summary: Summary, style: Style) -> None:
        self.summary, self.style = summary, style
        self.missing = Missing(style.name)
        self.first = len(summary.inputs)
        self.outputs = [self.first + row.index for row in summary.rows if row.name in summary.outputs]
        self.loads: dict[int, str] = {}  # the conversion of a row's arrays to its module's
        self.said: dict[int, Said] = {}
        self._last_read: dict[int, int] = {}
        for row in summary.rows:
            self._last_read.update(dict.fromkeys(row.layer.sources, row.index))
            self.said[row.index] = self._say(row)
        self.missing.check()

    def _say(self, row: Row) -> Said:
        try:
            found = self.style.kinds.get(row.kind)
            if found is None:
                raise Untranslated(row.kind)
            said = found(row)
            if said.module and row.weights and not row.layer.trainable:
                return said._replace(module=self.style.frozen(said.module))
            return said
        except Untranslated as reason:
            self.missing.add(row, str(reason))
            return Said()

    def draft(self, group: Group) -> Draft:
        """The draft of a group, with those of its blocks inside."""
        rows = group.rows()
        own = {self.first + row.index for row in rows}
        draft = Draft(group)
        draft.reads = list(dict.fromkeys(source for row in rows for source in row.layer.sources if source not in own))
        end = rows[-1].index
        draft.gives = [v for v in sorted(own) if self._last_read.get(v, 0) > end or v in self.outputs]
        if not group.path:
            draft.reads, draft.gives = list(range(self.first)), self.outputs
        _Body(self, draft).write()
        return draft

    def chain(self, group: Group) -> list[Row | Group] | None:
        """The items of a group if each is the only reader of the one above, and only the last is read outside."""
        if not self.style.chains:
            return None
        above: int | None = None
        for item in group.items:
            rows = [item] if isinstance(item, Row) else item.rows()
            own = {self.first + row.index for row in rows}
            reads = {source for row in rows for source in row.layer.sources} - own
            if len(reads) != 1 or (above is not None and reads != {above}):
                return None
            if above is not None and (self._last_read[above] > rows[-1].index or above in self.outputs):
                return None
            if isinstance(item, Row) and not self._chains(item):
                return None
            if any(self._seen_later(value, rows[-1]) for value in own - {self.first + rows[-1].index}):
                return None
            above = self.first + rows[-1].index
        return group.items

    def _seen_later(self, value: int, last: Row) -> bool:
        return self._last_read.get(value, 0) > last.index or value in self.outputs

    def _chains(self, row: Row) -> bool:
        ending = self.style.ending(row)
        modules = [self.said[row.index], *([ending] if ending else [])]
        return row.layer.shares is None and all(said.chains for said in modules)

    def sizes(self, value: int) -> str:
        """The sizes of a value."""
        row = self.summary.rows[value - self.first]
        return times(row.output.written(self.style.layout))

    def name(self, value: int) -> str:
        """The last part of the name of a value."""
        return self.summary.network.value_name(value).rpartition("/")[2]


_STEP = "\0"  # the result of the line before


class _Body:
    """Writes the inside of a draft. ``variables`` has the name of each value in ``forward``."""

    def __init__(self, author: Author, draft: Draft) -> None:
        self.author, self.draft = author, draft
        self.names = Taken()
        self.variables: dict[int, str] = {}
        self.left: dict[int, int] = {}  # how many items have yet to read a value

    def write(self) -> None:
        draft, author = self.draft, self.author
        reads = [self._reads(item) for item in draft.group.items]
        for value in [source for sources in reads for source in sources] + draft.gives:
            self.left[value] = self.left.get(value, 0) + 1
        single = len(draft.reads) == 1
        taken = Taken(*author.style.reserved)
        for value in draft.reads:
            self.variables[value] = "x" if single else taken.free(identifier(author.name(value)))
        draft.parameters = list(self.variables.values())
        for item, sources in zip(draft.group.items, reads, strict=True):
            if isinstance(item, Row):
                self._row(item)
            else:
                self._group(item, sources)
        self._return()

    def _reads(self, item: Row | Group) -> list[int]:
        if isinstance(item, Row):
            return list(dict.fromkeys(item.layer.sources))
        rows = item.rows()
        own = {self.author.first + row.index for row in rows}
        return list(dict.fromkeys(source for row in rows for source in row.layer.sources if source not in own))

    def _row(self, row: Row) -> None:
        author, draft = self.author, self.draft
        said, number = author.said[row.index], author.first + row.index
        wanted = identifier(row.name.rpartition("/")[2])
        owner = draft.paths.get(row.layer.shares) if row.layer.shares is not None else None
        place = owner or ""
        if "{m}" in said.call and owner is None:
            place = self.names.free(wanted)
            draft.attributes.append(Attribute(place, said.module, author.sizes(number), row.name.rpartition("/")[2]))
            if said.loads and row.weights:
                author.loads[row.index] = said.loads
        if place:
            draft.paths[row.index] = place
        reads = [self.variables[source] for source in row.layer.sources]
        first, *rest = said.call.split("\n")
        steps = [
            first.format(*reads, m=f"self.{place}"),
            *(step.format(_STEP, *reads[1:], m=f"self.{place}") for step in rest),
        ]
        ending = author.style.ending(row)
        if ending is not None:
            steps[-1] = ending.call.format(steps[-1])
        sizes = "" if place else author.sizes(number)
        self._assign([number], steps, list(dict.fromkeys(row.layer.sources)), wanted, sizes)

    def _group(self, group: Group, reads: list[int]) -> None:
        author, draft = self.author, self.draft
        rows = group.rows()
        word = "step" if draft.group.word == "repeat" else "branch"
        name = self.names.free(identifier(group.name, word))
        made, paths, gives = self._block(group)
        for index, path in paths.items():
            draft.paths[index] = f"{name}.{path}" if path else name
        draft.attributes.append(Attribute(name, made, author.sizes(author.first + rows[-1].index), group.name))
        given = ", ".join(self.variables[value] for value in reads)
        self._assign(gives, [f"self.{name}({given})"], reads, name)

    def _block(self, group: Group) -> tuple[Made, dict[int, str], list[int]]:
        """The construction of a group, the places of its rows in it, and its output values.

        Consecutive items are in nn.Sequential, which has its own class if the spec defines the
        block; one item alone is by itself.
        """
        author = self.author
        if not author.chain(group):
            inner = author.draft(group)
            return inner, inner.paths, inner.gives or [author.first + group.rows()[-1].index]
        parts, paths = self._elements(group)
        gives = [author.first + group.rows()[-1].index]
        if len(parts) == 1:
            if isinstance(parts[0], Draft):
                parts[0].group = group  # its class is named after the outermost block
            return parts[0], {index: path.partition(".")[2] for index, path in paths.items()}, gives
        if group.word and group.word not in BLOCKS:
            inner = Draft(group)
            inner.sequential, inner.paths = True, paths
            inner.attributes = [Attribute(str(place), part, "") for place, part in enumerate(parts)]
            return inner, paths, gives
        return parts, paths, gives

    def _elements(self, group: Group) -> tuple[list[Made], dict[int, str]]:
        """The modules of consecutive items, and the place of each row among them."""
        author = self.author
        found: list[Made] = []
        paths: dict[int, str] = {}
        for item in group.items:
            place = str(len(found))
            if isinstance(item, Row):
                said, ending = author.said[item.index], author.style.ending(item)
                paths[item.index] = place
                found += [said.module, *([ending.module] if ending else [])]
                if said.loads and item.weights:
                    author.loads[item.index] = said.loads
            else:
                made, inner, _ = self._block(item)
                found.append(made)
                paths |= {index: f"{place}.{path}" if path else place for index, path in inner.items()}
        return found, paths

    def _assign(self, values: list[int], steps: list[str], reads: list[int], wanted: str, sizes: str = "") -> None:
        """Add lines, the last of which computes ``values``; a variable that is no longer read is reused.

        ``wanted`` is the name for a new one.
        """
        for value in reads:
            self.left[value] -= 1
        live = {name for value, name in self.variables.items() if self.left.get(value, 0)}
        names: list[str] = []
        for value in values:
            spare = [self.variables[each] for each in reads if self.variables[each] not in live]
            usual = [name for name in ("x", "y") if name not in live]
            named = Taken(*live, *names, *self.author.style.reserved).free(wanted)
            name = next((name for name in [*spare, *usual, named] if name not in names), named)
            names.append(name)
            self.variables[value] = name
        comment = f"  # {sizes}" if sizes and self.draft.group.path == "" else ""
        for step in steps[:-1]:
            self.draft.lines.append(f"{names[0]} = {step.replace(_STEP, names[0])}")
        text = steps[-1].replace(_STEP, names[0])
        if [text] != names:  # a layer that does nothing needs no line
            self.draft.lines.append(f"{', '.join(names)} = {text}{comment}")

    def _return(self) -> None:
        lines, given = self.draft.lines, ", ".join(self.variables[value] for value in self.draft.gives)
        start = f"{given} = "
        if len(self.draft.gives) == 1 and lines and lines[-1].startswith(start):
            lines[-1] = "return " + lines[-1].removeprefix(start)
        else:
            lines.append(f"return {given}")

"""The blocks of a network as a tree: the names of its layers show how they nest."""

from __future__ import annotations

from cnncalc.summary.rows import Row, Summary


class Group:
    """A block, or a part of one (a branch, a repetition): ``items`` are rows and groups in running order.

    ``path`` is its full name, ``name`` the last part of it; the network itself is the group without a name.
    """

    def __init__(self, path: str, word: str) -> None:
        self.path, self.word = path, word
        self.items: list[Row | Group] = []

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def rows(self) -> list[Row]:
        """Every row inside, in running order."""
        return [row for item in self.items for row in ([item] if isinstance(item, Row) else item.rows())]


def tree(summary: Summary) -> Group:
    """The network as a group. The row of a block, which has the block's name, is the last one inside it."""
    blocks = summary.network.blocks
    root = Group("", "")
    open_ = [root]
    for row in summary.rows:
        path = row.name if row.name in blocks else row.name.rpartition("/")[0]
        wanted = _prefixes(path)
        while len(open_) > 1 and open_[-1].path not in wanted:
            open_.pop()
        for prefix in wanted[len(open_) - 1 :]:
            block = blocks.get(prefix)
            group = Group(prefix, block.word if block else "")
            open_[-1].items.append(group)
            open_.append(group)
        open_[-1].items.append(row)
    return root


def _prefixes(path: str) -> list[str]:
    """``a``, ``a/b`` and ``a/b/c`` of ``a/b/c``; empty for an empty path."""
    parts = path.split("/") if path else []
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]

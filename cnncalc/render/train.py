"""The result of training: the loss curve, the objective with its working, and PCA for comparison."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cnncalc.render import objective
from cnncalc.render.forms import json
from cnncalc.render.forms.sheet import Column, Sheet
from cnncalc.render.forms.text import printable
from cnncalc.render.forms.write import write
from cnncalc.render.objective import finite, percent, short

if TYPE_CHECKING:
    from cnncalc.engine.train.descent import Trained
    from cnncalc.engine.train.principal import Principal
    from cnncalc.engine.weights import Partly

FORMATS = ("table", "json", "csv")
LINES = 16  # epochs that the table shows
WIDTH = 40  # characters of its longest bar

COLUMNS = [
    Column("epoch", "Epoch", "number"),
    Column("loss", "L", "number"),
    Column("divergence", "Σ KL", "number"),
    Column("objective", "J", "number"),
    Column("accuracy", "Accuracy", "number"),
]


def curve(trained: Trained) -> list[dict[str, Any]]:
    """The objective before the first epoch and after each."""
    return [
        {"epoch": number, "loss": reached.loss, "divergence": reached.divergence, "objective": reached.total}
        | ({} if reached.correct is None else {"accuracy": reached.correct})
        for number, reached in enumerate(trained.curve)
    ]


def render(trained: Trained, format: str) -> str:
    """Training in one of FORMATS; CSV has the curve alone."""
    if format == "json":
        return json.dumps(data(trained)) + "\n"
    rows = curve(trained)
    if format == "csv":
        columns = [column for column in COLUMNS if column.key in rows[0]]
        return write(Sheet("", columns, rows, []), "csv")
    hidden = () if trained.curve[0].sparsity is not None else ("divergence", "loss")
    columns = [column for column in COLUMNS if column.key in rows[0] and column.key not in hidden]
    largest = max((row["objective"] for row in rows if math.isfinite(row["objective"])), default=0)
    shown = [
        {
            **{key: _cell(key, value) for key, value in row.items()},
            "bar": "█" * round(WIDTH * row["objective"] / largest)
            if largest and math.isfinite(row["objective"])
            else "",
        }
        for row in _spread(rows)
    ]
    return write(Sheet(_title(trained), [*columns, Column("bar", "Curve")], shown, _footer(trained)), "table")


def _cell(key: str, value: float) -> Any:
    return value if key == "epoch" else percent(value) if key == "accuracy" else short(value)


def _spread(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most LINES of the rows, the first and the last among them."""
    most = min(LINES, len(rows))
    return [rows[number * (len(rows) - 1) // max(1, most - 1)] for number in range(most)]


def _title(trained: Trained) -> str:
    settings = trained.settings
    name = f"{printable(trained.summary.name)}: " if trained.summary.name else ""
    examples = "1 example" if trained.examples == 1 else f"{trained.examples} examples"
    noise = f", noise {settings.noise:g}" if settings.noise else ""
    return (
        f"{name}{examples}, batches of {settings.batch}, {settings.optimizer}, rate {settings.rate:g}, "
        f"decay {settings.decay}, seed {settings.seed}{noise}"
    )


def _footer(trained: Trained) -> list[str]:
    stages = [f"{printable(s.layer)} by itself: J from {short(s.before)} to {short(s.after)}" for s in trained.stages]
    return (
        stages
        + objective.lines(trained.curve[trained.best])
        + (_compared(trained.principal) if trained.principal else [])
    )


def _compared(principal: Principal) -> list[str]:
    """The two errors side by side."""
    components = "1 component" if principal.components == 1 else f"{principal.components} components"
    found = [
        f"½·Σ‖x − x̂‖² without noise: this network {short(principal.network)}, PCA with {components} "
        f"{short(principal.error)}"
    ]
    if principal.error > 0:
        found.append(f"The network's error is {short(principal.network / principal.error)} times PCA's.")
    return found


def partly(found: Partly) -> str:
    """The arrays that were taken from a weights file, and those that were not, as notes."""
    taken = f"note: taken from the file: {', '.join(map(printable, found.taken))}"
    left = [f"note: not taken: {printable(text)}" for text in found.left]
    missing = [f"note: drawn by seed: {', '.join(map(printable, found.missing))}"] if found.missing else []
    return "\n".join([taken, *left, *missing])


def growth(trained: Trained) -> str:
    """The growth of the objective, in words."""
    first, *_, last = (reached.total for reached in trained.curve)
    least = min(reached.total for reached in trained.curve)
    between = f", and it was {short(least)} between" if least < first else ""
    return f"the objective grew: from {short(first)} to {short(last)}{between}"


def data(trained: Trained) -> dict[str, Any]:
    """The data of the JSON."""
    found: dict[str, Any] = {
        "name": trained.summary.name,
        "examples": trained.examples,
        **trained.settings._asdict(),
        "curve": [{key: finite(value) for key, value in row.items()} for row in curve(trained)],
        "reached": objective.data(trained.curve[trained.best]),
        "best": trained.best,
        "pretrained": [stage._asdict() for stage in trained.stages],
        "stopped": None if trained.stopped is None else str(trained.stopped),
    }
    if trained.principal:
        found["pca"] = trained.principal._asdict()
    return found

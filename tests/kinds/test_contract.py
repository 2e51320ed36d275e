"""One contract for every kind, over the case files beside this one (``case_files.py`` says what they hold)."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from case_files import Case, files, load

from cnncalc import SpecError, api, kinds
from cnncalc.kinds.base.kind import Kind
from cnncalc.shape import Shape
from cnncalc.symbolic.expr import Letter, value
from cnncalc.symbolic.tree import substitute


def row_of(case: Case) -> Any:
    (row,) = api.parse(case.text).summary().rows
    return row


#: Cases of kinds that stay one row; those made of parts are checked as their parts.
SINGLE = [case for case in load("cases") if len(api.parse(case.values[0].text).network.layers) == 1]


def numbers_of(kind: Kind, xs: tuple[Shape, ...]) -> dict[str, Any]:
    """Everything that the rules of a kind give for ``xs``, by name."""
    y = kind.output(*xs)
    numbers = {f"output {axis}": size for axis, size in zip(y.axes, y.sizes, strict=True)}
    for name, sizes in kind.weights(*xs).items():
        numbers |= {f"{name} {number}": size for number, size in enumerate(sizes)}
    return numbers | {"macs": kind.macs(y, *xs)}


def test_every_kind_has_a_case_file_and_every_file_a_kind() -> None:
    assert {path.stem for path in files()} == set(kinds.every())


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_case_file_has_cases_and_no_unknown_key(path: Path) -> None:
    stated = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert stated.keys() <= {"cases", "misfits"}
    assert stated["cases"]
    known = {"input", "inputs", "layout", "fields", "output", "params", "macs", "weights", "notes", "lint",
             "trainable_params", "bias_params"}  # fmt: skip
    for case in stated["cases"]:
        assert case.keys() <= known
        assert "output" in case
    for case in stated.get("misfits", []):
        assert case.keys() <= {"input", "inputs", "layout", "fields", "says"}
        assert case["says"]


@pytest.mark.parametrize("case", load("cases"))
def test_numbers_are_those_by_hand(case: Case) -> None:
    summary = api.parse(case.text).summary()
    stated, last = case.stated, summary.rows[-1]
    assert "x".join(map(str, last.output.written(case.layout))) == str(stated["output"])
    totals = summary.totals
    assert totals.params == stated.get("params", 0)
    assert totals.macs == stated.get("macs", 0)
    assert totals.flops == 2 * totals.macs
    assert totals.trainable_params == stated.get("trainable_params", totals.params)
    assert totals.params == totals.trainable_params + totals.non_trainable_params
    assert totals.trainable_params == totals.weight_params + totals.bias_params
    if "bias_params" in stated:
        assert totals.bias_params == stated["bias_params"]
    if "weights" in stated:
        assert {name: list(sizes) for name, sizes in last.weights.items()} == stated["weights"]


@pytest.mark.parametrize("case", load("cases"))
def test_notes_are_those_by_hand(case: Case) -> None:
    summary = api.parse(case.text).summary()
    notes = [note for row in summary.rows for note in summary.notes(row)]
    for wanted, found in (
        (case.stated.get("notes", []), [note.text for note in notes if not note.lint]),
        (case.stated.get("lint", []), [note.text for note in notes if note.lint]),
    ):
        assert len(found) == len(wanted)
        for words, text in zip(wanted, found, strict=True):
            assert words in text


@pytest.mark.parametrize("case", load("cases"))
def test_weights_sum_to_the_parameters(case: Case) -> None:
    for row in api.parse(case.text).summary().rows:
        assert sum(prod(sizes) for sizes in row.weights.values()) == row.params


@pytest.mark.parametrize("case", load("cases"))
def test_working_evaluates_to_the_value(case: Case) -> None:
    net = api.parse(case.text)
    for row, layer in zip(net.summary().rows, net.explain(), strict=True):
        by_quantity: dict[str, list[Any]] = {}
        for step in layer.steps:
            by_quantity.setdefault(step.quantity, []).append(value(step.expression))
        assert None not in by_quantity
        assert by_quantity["output"] == list(row.output.sizes)
        for quantity in ("params", "macs"):
            *_, whole = by_quantity.get(quantity, [0])  # after its parts, of layers and directions
            assert whole == getattr(row, quantity)


def lettered(case: Case, inputs: bool, fields: bool) -> tuple[Kind, tuple[Shape, ...], dict[str, int]]:
    """The kind and its operands with letters for their numbers, and what the letters stand for.

    A size of 1 of several operands stays: it broadcasts, which a letter cannot be seen to do.
    """
    row = row_of(case)
    values: dict[str, int] = {}

    def letter(number: Any, _: str = "") -> Any:
        if type(number) is not int or (number == 1 and len(row.xs) > 1):
            return number
        name = f"v{len(values)}"
        values[name] = number
        return Letter(name)

    kind, xs = row.layer.kind, row.xs
    if fields:
        kind = kind.mapped(letter)
    if inputs:
        xs = tuple(Shape(tuple(map(letter, x.spatial)), letter(x.channels)) for x in xs)
    return kind, xs, values


@pytest.mark.parametrize(("inputs", "fields"), [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("case", SINGLE)
def test_symbols_put_in_give_the_same_numbers(case: Case, inputs: bool, fields: bool) -> None:
    row = row_of(case)
    kind, xs, values = lettered(case, inputs, fields)
    found = {name: substitute(number, values) for name, number in numbers_of(kind, xs).items()}
    assert found == numbers_of(row.layer.kind, row.xs)
    kind.reach(*xs)


@pytest.mark.parametrize("case", SINGLE)
def test_arrays_give_the_same_numbers(case: Case) -> None:
    """Two examples at once."""
    row = row_of(case)

    def both(size: int) -> Any:
        return np.array([size, size])

    xs = tuple(Shape(tuple(map(both, x.spatial)), both(x.channels)) for x in row.xs)
    plain = numbers_of(row.layer.kind, row.xs)
    for name, number in numbers_of(row.layer.kind, xs).items():
        assert np.broadcast_to(number, 2).tolist() == [plain[name]] * 2, name


@pytest.mark.parametrize("case", load("cases"))
def test_trainable_false_moves_the_parameters(case: Case) -> None:
    totals = api.parse(case.spec(trainable=False)).summary().totals
    assert (totals.params, totals.trainable_params) == (case.stated.get("params", 0), 0)
    assert (totals.weight_params, totals.bias_params) == (0, 0)
    assert totals.non_trainable_params == totals.params


@pytest.mark.parametrize("case", load("misfits"))
def test_misfit_says_what_does_not_fit(case: Case) -> None:
    with pytest.raises(SpecError) as caught:
        api.parse(case.text).summary()
    (problem,) = caught.value.problems
    assert caught.value.exit_code == 3
    assert problem.mark is not None
    assert problem.mark.line == 1
    for words in case.stated["says"]:
        assert words in str(problem)

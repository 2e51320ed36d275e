"""Published exercises, recomputed through the library: the answers come out, and the wrong ones do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from cnncalc import parse
from cnncalc.summary.rows import Summary

NOT_OF_THE_NETWORK = ("id", "source", "text", "marks", "answers", "correct", "given", "tolerance")
LETTER = "p"
LARGEST = 12


def text_of(problem: dict[str, Any]) -> str:
    """The network of a problem as a spec. Both files set channels first for all."""
    network = {key: value for key, value in problem.items() if key not in NOT_OF_THE_NETWORK}
    return yaml.safe_dump({"layout": "channels_first", **network}, sort_keys=False)


def summary_of(problem: dict[str, Any]) -> Summary:
    net = parse(text_of(problem))
    assert net.findings() == []
    return net.summary()


def answer(summary: Summary, key: str) -> Any:
    """What the library says to ``layer.quantity`` or ``total.quantity``, sizes as lists."""
    layer, quantity = key.split(".")
    if layer == "total":
        return getattr(summary.totals, quantity)
    row = summary[layer]
    if quantity == "output":
        return row.output.written(summary.layout)
    if quantity == "receptive_field":
        return [field.size for field in summary.fields[row.index].fields or ()]
    return getattr(row, quantity)


def as_published(key: str, published: Any) -> Any:
    """Sizes as a list; one number for a receptive field stands for both axes."""
    if key.endswith(".output"):
        return [int(part) for part in str(published).split("x")]
    if key.endswith(".receptive_field"):
        sizes = [int(part) for part in str(published).split("x")]
        return sizes * 2 if len(sizes) == 1 else sizes
    return published


def test_every_answer_comes_out(exercise: dict[str, Any]) -> None:
    summary = summary_of(exercise)
    assert exercise["answers"]
    for key, published in exercise["answers"].items():
        assert answer(summary, key) == as_published(key, published), key


def test_only_the_answer_fits_in_the_place_of_the_letter(open_exercise: dict[str, Any]) -> None:
    """Every number is tried: the size given comes out with one of them."""
    ((key, given),) = open_exercise["given"].items()
    fits = []
    for number in range(LARGEST):
        tried = text_of(open_exercise).replace(f"padding: {LETTER}", f"padding: {number}")
        if answer(parse(tried).summary(), key)[1:] == as_published(key, given):
            fits.append(number)
    assert fits == [open_exercise["answers"][LETTER]]


def test_the_letter_is_solved_for(
    open_exercise: dict[str, Any], solve: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    spec = tmp_path / "exercise.yaml"
    spec.write_text(text_of(open_exercise) + yaml.safe_dump({"given": open_exercise["given"]}), encoding="utf-8")
    answer = open_exercise["answers"][LETTER]
    assert solve(spec) == {LETTER: {"solutions": [answer], "range": [answer, answer]}}


def test_a_wrong_answer_is_corrected(wrong_exercise: dict[str, Any]) -> None:
    summary = summary_of(wrong_exercise)
    assert wrong_exercise["answers"].keys() == wrong_exercise["correct"].keys()
    for key, correct in wrong_exercise["correct"].items():
        assert answer(summary, key) == as_published(key, correct), key
        assert answer(summary, key) != as_published(key, wrong_exercise["answers"][key]), key

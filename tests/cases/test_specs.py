"""The files in specs/: each states what must come out, and it does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cnncalc import load, parse
from cnncalc.symbolic.tree import letters

#: Totals as published, by file; what each counts is said in the file.
TOTALS = {
    "alexnet": {"params": 61_100_840, "macs": 714_188_480},
    "conv-autoencoder": {"params": 28_353},
    "convnext-t": {"params": 28_589_128, "macs": 4_455_531_264},
    "densenet-121": {"trainable_params": 7_978_856, "macs": 2_834_161_664},
    "efficientnet-b0": {"trainable_params": 5_288_548},
    "gpt2": {"params": 124_439_808, "macs": 145_824_153_600},
    "googlenet": {"trainable_params": 6_624_904, "macs": 1_498_376_192},
    "lenet5": {"params": 61_706},
    "llama-3.2-1b": {"params": 1_235_814_400},
    "mixtral-8x7b": {"params": 46_702_792_704, "active_params": 12_879_925_248},
    "mobilenet-v2": {"params": 3_538_984, "trainable_params": 3_504_872, "macs": 300_774_272},
    "pointnet": {"trainable_params": 3_480_049, "macs": 448_025_856},
    "quiz-1-conv": {"params": 260, "output": [28, 28, 10]},
    "quiz-2-pool": {"params": 0, "output": [10, 10, 32]},
    "quiz-4-network": {"params": 183_242},
    "resnet-18": {"trainable_params": 11_689_512, "macs": 1_814_073_344},
    "resnet-50": {"trainable_params": 25_557_032, "macs": 4_089_184_256},
    "squeezenet": {"params": 1_235_496, "macs": 349_151_936},
    "swin-t": {"trainable_params": 28_288_354, "macs": 4_490_566_656},
    "t5-small": {"params": 60_506_624},
    "u-net": {"params": 31_031_745},
    "vgg-16": {"params": 138_357_544},
    "whisper-tiny-encoder": {"params": 7_632_384},
    "worked-example": {"params": 183_242},
    "yolov8n": {"trainable_params": 3_157_184, "macs": 4_371_993_600},
}


def test_a_spec_has_no_findings_and_states_what_must_come_out(spec_file: Path) -> None:
    net = load(str(spec_file))
    assert net.network.demands or net.network.given, "the file expects nothing"
    assert net.findings() == []


def unknowns(spec_file: Path) -> set[str]:
    """The letters that stand in the sizes of a spec."""
    rows = load(str(spec_file)).summary().rows
    return {letter for row in rows for size in row.output.sizes for letter in letters(size)}


def test_every_letter_has_one_solution(root: Path, solve: Callable[[Path], dict[str, Any]]) -> None:
    networks = {path for path in (root / "specs").glob("*.yaml") if path.stem != "quiz"}  # which has problems
    wanted = {path: found for path in networks if (found := unknowns(path))}
    assert wanted
    for path, found in wanted.items():
        assert {letter: len(answer["solutions"]) for letter, answer in solve(path).items()} == dict.fromkeys(found, 1)


def test_a_changed_expect_is_a_finding(spec_file: Path) -> None:
    """Every number of the last ``expect`` in the file, made larger by one, is found: the demands are alive.

    A demand on a size with a letter in it is open: there the letter is solved for (below).
    """
    text = spec_file.read_text(encoding="utf-8")
    if unknowns(spec_file):
        assert load(str(spec_file)).network.demands
        return
    before, expect, last = text.rpartition("expect: {")
    numbers = list(re.finditer(r"[0-9]+", last))
    assert numbers
    for number in numbers:
        changed = last[: number.start()] + str(int(number[0]) + 1) + last[number.end() :]
        (finding,) = parse(before + expect + changed).findings()
        assert str(finding.got) != str(finding.expected)
        assert finding.quantity in last
        assert finding.mark.line == text.count("\n", 0, text.rindex("expect: {")) + 1


@pytest.mark.parametrize("name", TOTALS)
def test_totals_are_the_published_ones(name: str) -> None:
    summary = load(str(Path(__file__).parents[2] / "specs" / f"{name}.yaml")).summary()
    for quantity, number in TOTALS[name].items():
        if quantity == "output":
            (output,) = summary.outputs.values()
            assert output.written(summary.layout) == number
        else:
            assert getattr(summary.totals, quantity) == number


def test_every_spec_says_where_it_is_from_and_uses_its_blocks(spec_file: Path) -> None:
    text = spec_file.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert spec_file.stem == spec_file.stem.lower() == load(str(spec_file)).name
    defined = re.findall(r"^  (\w+):\s*(?:#.*)?$", text.partition("define:")[2].partition("\nlayers:")[0], re.M)
    for block in defined:
        assert re.search(rf"(block|use): {block}\b", text), f"{block} is defined and never used"


def test_the_layers_of_lenet5_are_those_of_the_table(table: object) -> None:
    modern = table("lenet5_original")["modern_variant"]  # type: ignore[operator]
    summary = load(str(Path(__file__).parents[2] / "specs" / "lenet5.yaml")).summary()
    assert [row.params for row in summary.rows if row.params] == modern["per_layer"]
    assert summary.totals.params == modern["total"]


@pytest.mark.parametrize(("width", "params"), [("a-b", 20), ("a - b", 20), ("(a + b) // 2", 24), ("-b + 2*a", 56)])
def test_a_block_hands_arithmetic_on_to_another(width: str, params: int) -> None:
    text = f"""
input: 8x8x3
define:
  inner: {{args: {{width: null}}, layers: [conv: {{filters: width, kernel: 1}}]}}
  outer: {{args: {{a: 9, b: 4}}, layers: [use: {{block: inner, width: {width}}}]}}
layers: [use: outer]
"""
    assert parse(text).summary().totals.params == params

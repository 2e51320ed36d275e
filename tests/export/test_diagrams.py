"""Diagrams: every layer, every arrow, the blocks as frames, and no text that is read as markup."""

from __future__ import annotations

import re

import pytest

import cnncalc
from cnncalc.export import TARGETS, export, target_of
from cnncalc.limits import Limits

DIAGRAMS = ("mermaid", "dot")
SPEC = """
name: two & <more> "blocks"; %s
input: {image: 8x8x3, tag: 10}
layers:
  - conv: {name: stem, filters: 4, kernel: 3, padding: 1, from: image}
  - residual: {body: [conv: {filters: 4, kernel: 1}], shortcut: [relu]}
  - repeat: {times: 2, layers: [{parallel: {branches: [[relu], []], merge: add}}]}
  - global_avgpool
  - dense: {name: of tag, units: 4, from: tag}
  - add: {from: [global_avgpool1, of tag]}
"""


def written(target: str, text: str = SPEC) -> str:
    return export(cnncalc.parse(text).summary(), target, None, 0, Limits())[0].decode()


def arrows(text: str) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in re.findall(r"n(\d+) --?> n(\d+)", text)]


@pytest.mark.parametrize("target", DIAGRAMS)
def test_each_value_that_a_layer_reads_is_an_arrow(target):
    summary = cnncalc.parse(SPEC).summary()
    first = len(summary.inputs)
    wanted = [(source, first + row.index) for row in summary.rows for source in row.layer.sources]
    assert sorted(arrows(export(summary, target, None, 0, Limits())[0].decode())) == sorted(wanted)


@pytest.mark.parametrize("target", DIAGRAMS)
def test_each_input_and_layer_is_a_box_with_its_name_kind_and_size(target):
    summary = cnncalc.parse(SPEC).summary()
    text = export(summary, target, None, 0, Limits())[0].decode()
    boxes = re.findall(r"^ *n\d+ ?[\[(].*", text, re.M)
    assert len(boxes) == len(summary.inputs) + len(summary.rows)
    assert any("8×8×3" in box and "image" in box for box in boxes)
    for row, box in zip(summary.rows, boxes[2:], strict=True):
        size = "×".join(map(str, row.output.written(summary.layout)))
        assert all(part in box for part in (row.name.rpartition("/")[2], row.kind, size))


@pytest.mark.parametrize("target", DIAGRAMS)
def test_blocks_are_frames_inside_each_other(target):
    """A frame opens where a block begins, and closes after the row that the block gives."""
    lines = [line.strip() for line in written(target).splitlines()]
    opened = [re.sub(r"^subgraph \S+?(?=[\[ ]).*", "open", line) for line in lines]
    depth = deepest = 0
    for line in opened:
        depth += (line == "open") - (line in ("end", "}") and depth > 0)
        deepest = max(deepest, depth)
    assert (depth, deepest, opened.count("open")) == (0, 4, 9)


@pytest.mark.parametrize("target", DIAGRAMS)
@pytest.mark.parametrize("sign", ['"', "\\", "]", "<b>", "#", "|", "`", "\n", "\x1b[31m", ";", "%%", "]]"])
def test_no_text_is_read_as_markup(target, sign):
    summary = cnncalc.parse({"name": f"a{sign}b", "input": 4, "layers": [{"dense": 2}]}).summary()
    text = export(summary, target, None, 0, Limits())[0].decode()
    assert len(text.splitlines()) == len(written(target, "{name: ab, input: 4, layers: [dense: 2]}").splitlines())
    (title,) = (line for line in text.splitlines() if "title" in line or line.strip().startswith("label="))
    if target == "mermaid":
        assert re.fullmatch(r'title: "a(#\d+;|[\w\[])*b"', title)
    else:
        assert re.fullmatch(r'  label="a(\\.|[^"\\\x1b\n])*b"', title)


def test_dot_is_read_by_graphviz_grammar_for_every_spec(root):
    """Braces and brackets are balanced outside of quotes, and quotes end on their line."""
    for path in sorted((root / "specs").glob("resnet*.yaml")):
        for line in export(cnncalc.load(path).summary(), "dot", None, 0, Limits())[0].decode().splitlines():
            bare = re.sub(r'"(\\.|[^"\\])*"', "", line)
            assert '"' not in bare
            assert bare.count("[") == bare.count("]")


def test_letters_stay_letters():
    assert "(H - 2)×(W - 2)×4" in written("dot", "{input: HxWx1, layers: [conv: {filters: 4, kernel: 3}]}")


@pytest.mark.parametrize(
    ("name", "target"), [("a.mmd", "mermaid"), ("a.MERMAID", "mermaid"), ("b.dot", "dot"), ("b.gv", "dot")]
)
def test_the_ending_of_a_file_chooses_the_target(name, target):
    assert target_of(name) == target


@pytest.mark.parametrize("name", ["", "a", "a.txt", "dot"])
def test_an_ending_that_means_no_target_is_refused_with_those_that_do(name):
    with pytest.raises(cnncalc.UsageError) as error:
        target_of(name)
    assert all(target in error.value.problems[0].help for target in TARGETS)


def test_an_unknown_target_is_refused_with_the_nearest():
    with pytest.raises(cnncalc.UsageError, match='did you mean "mermaid"'):
        export(cnncalc.parse(SPEC).summary(), "mermiad", None, 0, Limits())

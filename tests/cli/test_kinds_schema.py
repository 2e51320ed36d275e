"""``cnncalc kinds`` and ``cnncalc schema``."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from cnncalc import kinds as registry

EVERY = sorted(registry.every())


class Loader(yaml.SafeLoader):
    """Reads what an editor reads, YAML 1.2: ``1e-12`` is a number there."""


Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), "-+0123456789")


def loaded(text: str) -> Any:
    """The data of a YAML text."""
    return yaml.load(text, Loader)


def test_kinds_lists_every_kind_with_its_fields(cli):
    out = cli("kinds").out
    first = {line.split()[0] for line in out.splitlines() if line.split()}
    assert set(EVERY) <= first
    assert "filters*, kernel*, stride 1, padding 0" in out
    assert "``" not in out


def test_kinds_as_json(cli):
    data = json.loads(cli("kinds", "--format", "json").out)
    assert [kind["kind"] for kind in data] == EVERY
    conv = next(kind for kind in data if kind["kind"] == "conv")
    assert conv["fields"][0]["name"] == "filters"
    assert conv["rules"]["params"] == "(F·F·(C/G) + 1)·K"


@pytest.mark.parametrize("kind", EVERY)
def test_each_kind_is_shown_with_its_fields(cli, kind):
    out = cli("kinds", kind).out
    assert out.startswith(f"{kind}: ")
    for field in registry.every()[kind].fields:
        assert field in out


def test_one_kind_has_its_rules_and_reference(cli):
    out = cli("kinds", "conv").out
    assert "H_out = ⌊(H − D·(F − 1) + 2P − 1)/S⌋ + 1" in out
    assert "params = (F·F·(C/G) + 1)·K" in out
    assert "Reference: Dumoulin" in out


def test_an_unknown_kind_is_usage(cli):
    result = cli("kinds", "con2d")
    assert (result.code, 'did you mean "conv"?' in result.err) == (2, True)
    assert cli("kinds", "conv", "pool").code == 2
    assert cli("kinds", "--format", "csv").code == 2


@pytest.fixture(scope="module")
def validator():
    jsonschema = pytest.importorskip("jsonschema")
    from cnncalc.network.schema import schema

    jsonschema.Draft7Validator.check_schema(schema())
    return jsonschema.Draft7Validator(schema())


def test_schema_is_the_one_of_the_library(cli):
    from cnncalc.network.schema import schema

    assert json.loads(cli("schema").out) == schema()


def test_the_specs_are_valid(validator, root):
    files = sorted((root / "specs").glob("*.yaml"))
    assert files
    for path in files:
        data = loaded(path.read_text(encoding="utf-8"))
        if "problems" not in data:
            assert [error.message for error in validator.iter_errors(data)] == [], path.name


def test_the_published_networks_are_valid(validator, facts):
    files = sorted((facts / "networks").glob("*.yaml"))
    assert files
    for path in files:
        errors = list(validator.iter_errors(loaded(path.read_text(encoding="utf-8"))))
        assert [error.message for error in errors] == [], path.name


@pytest.mark.parametrize(
    "text",
    [
        "input: 28x28x1\nlayers: [{conv: {fitlers: 10, kernel: 5}}]",
        "input: 28x28x1\nlayers: [{conv: {filters: 10}}]",
        "input: 28x28x1\nlayers: [conv]",
        "input: 28x28x1\nlayers: [{conv: 10}]",
        "input: 28x28x1\nlayers: [{con2vd: {filters: 10, kernel: 5}}]",
        "input: 28x28x1\nlayers: [{conv: {filters: 10, kernel: 5}, relu: null}]",
        "input: 28x28x1\nlayers: [{conv: {filters: 0, kernel: 5}}]",
        "input: 28x28x1\nlayers: [{conv: {filters: 10, kernel: 5, padding: -1}}]",
        "input: 28x28x1\nlayers: [{conv: {filters: 10, kernel: 5, expect: {parms: 3}}}]",
        "input: 28x28x1\nlayers: [{upsample: {mode: cubic}}]",
        "input: 28x28x1\nlayers: [{repeat: {layers: [relu]}}]",
        "input: 28x28x1\nlayout: nhcw\nlayers: [relu]",
        "input: 28x28x1\nlayers: []",
        "layers: [relu]",
        "input: 28x28x1\nlayer: [relu]",
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(validator, cli, text):
    assert list(validator.iter_errors(loaded(text)))
    assert cli("summary", "-", stdin=text).code == 3


def test_the_schema_takes_what_the_reader_takes(validator, cli):
    text = (
        "input: {image: HxWx3, tag: 10}\nlayers:\n"
        "  - conv: {from: image, filters: p, kernel: [3, 1], padding: [[1, 1], [0, 0]], trainable: false}\n"
        "  - maxpool: 2\n  - relu\n  - upsample\n  - upsample: 2\n  - parallel: [[relu], []]\n"
        "  - residual: {body: [relu], activation: relu}\n  - sequential: [relu]\n"
        "  - repeat: {times: 2, layers: [relu]}\n  - use: {block: b, n: 3}\n  - use: b\n"
        "  - global_avgpool: {name: g, expect: {activations: '<= 1000'}}\n"
        "define:\n  b: {args: {n: 1}, layers: [{conv: {filters: 2*n, kernel: 1}}]}\n"
    )
    assert [error.message for error in validator.iter_errors(loaded(text))] == []
    assert cli("summary", "-", stdin=text).code == 0


@pytest.mark.parametrize("name", ["5", "1.5", "true", "1e-5", "NaN", "12_a"])
def test_a_name_that_yaml_takes_for_another_type_is_read_and_is_valid(validator, cli, name):
    text = (
        f"name: {name}\ninput: {{{name}: 8, other: 8}}\ndefine: {{b: {{layers: [relu]}}, {name}: {{layers: [relu]}}}}\n"
        f"layers:\n  - dense: {{name: z{name}, units: 8, from: {name}}}\n  - sequential: [{{relu: {{name: {name}}}}}]\n"
        f"  - add: {{from: [{name}, other]}}\n  - use: {name}\n  - use: {{block: {name}}}\n"
        f"  - use: {{layer: z{name}, from: other}}\n"
    )
    data = loaded(text)
    data["input"], data["define"] = ({str(key): value for key, value in data[k].items()} for k in ("input", "define"))
    assert [error.message for error in validator.iter_errors(data)] == []
    assert cli("summary", "-", stdin=text).code == 0


@pytest.mark.parametrize("block", ["residual", "parallel", "repeat", "sequential", "use"])
def test_a_block_has_a_page_like_a_kind_whose_example_is_valid(cli, block):
    result = cli("kinds", block)
    assert (result.code, result.out.startswith(f"{block}: ")) == (0, True)
    example = result.out.split("Example:\n")[1].split("\n\n")[0]
    assert cli("summary", "-", stdin=f"input: 32x32x3\nlayers:\n{example}").code == 0


@pytest.mark.parametrize(("word", "page"), [("MaxPool2d", "maxpool"), ("Linear", "dense"), ("skip", "residual")])
def test_a_page_is_found_by_the_names_of_others(cli, word, page):
    assert cli("kinds", word).out.startswith(f"{page}: ")


def test_a_page_has_an_example_the_words_of_fields_and_the_names_elsewhere(cli):
    out = cli("kinds", "conv").out
    for line in ("- conv: {filters: 64, kernel: 3}", "or valid, same, same_lower, causal", "In PyTorch: Conv1d, Conv2d",
                 "In Keras: Conv1D, Conv2D"):  # fmt: skip
        assert line in out

"""``cnncalc kinds`` and ``cnncalc schema``."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from cnncalc import guide as pages
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
    assert {*EVERY} - {"moe"} <= first  # which is a block
    assert "filters*, kernel*, stride 1, padding 0" in out
    assert "``" not in out


def test_kinds_as_json(cli):
    data = json.loads(cli("kinds", "--format", "json").out)
    assert [kind["kind"] for kind in data] == [kind for kind in EVERY if kind != "moe"]
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


def networks(root, facts):
    """Every file that holds a network: our specs, published ones, engineers' and newcomers'."""
    folders = (root / "specs", *(facts / name for name in ("networks", "engineers", "newcomers")))
    for folder in folders:
        files = sorted(folder.glob("*.yaml"))
        assert files, folder
        for path in files:
            data = loaded(path.read_text(encoding="utf-8"))
            if "problems" not in data:
                yield path, data


def test_every_network_is_valid(validator, root, facts):
    for path, data in networks(root, facts):
        assert [error.message for error in validator.iter_errors(data)] == [], path.name


def test_the_examples_of_the_pages_and_of_the_guide_are_valid(validator, cli):
    texts = []
    for kind in (*EVERY, "residual", "parallel", "repeat", "sequential", "use", "moe"):
        example = cli("kinds", kind).out.split("Example:\n")[1].split("\n\n")[0]
        texts.append(f"input: 32x32x3\n{'' if 'layers:' in example.split('- ')[0] else 'layers:'}\n{example}")
    for topic in pages.TOPICS:
        texts += re.findall(r"```yaml\n(.*?)```", pages.page(topic), re.DOTALL)
    texts = [text for text in texts if re.search("^layers:", text, re.MULTILINE) and "problems:" not in text]
    assert len(texts) > 80
    for text in texts:
        data = {"input": "28x28x1"} | loaded(text)
        assert [error.message for error in validator.iter_errors(data)] == [], text


def test_a_name_of_another_framework_is_the_kind_that_the_reader_takes(validator):
    from cnncalc.network.blocks import PLACERS
    from cnncalc.spec import vocabulary
    from cnncalc.spec.vocabulary import patterns

    compiled = {kind: re.compile(patterns.kind(kind)) for kind in (*EVERY, *PLACERS)}
    for name in {*vocabulary.every(), *vocabulary._alike()}:
        for spelled in (name, name.lower(), name.upper(), f"nn.{name}", f"tf.keras.layers.{name}"):
            if vocabulary.plain(spelled) == "linear":  # with a value it is dense
                continue
            meaning = vocabulary.kind(spelled)
            taken = [kind for kind, pattern in compiled.items() if pattern.search(spelled)]
            assert taken == ([meaning.kind] if meaning else taken[:1]), (spelled, taken)


@pytest.mark.parametrize("word", ["con2vd", "Conv4d", "MaxPool", "pool", "norm", "Transformer", "max_pol2d", "conv2"])
def test_a_word_that_nobody_uses_is_refused_where_no_block_can_be_called_so(validator, word):
    from cnncalc.spec import vocabulary

    valid = not list(validator.iter_errors({"input": "28x28x1", "layers": [{word: 2}]}))
    assert valid == (vocabulary.kind(word) is not None)


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
        "input: 28x28x1\nlayers: [{Conv2d: {fitlers: 10, kernel_size: 5}}]",
        "input: 28x28x1\nlayers: [{Conv2d: {kernel_size: 5}}]",
        "input: 28x28x1\nlayers: [{Conv2d: {out_channels: 10, kernel_size: 5, activation: swiss}}]",
        "input: 28x28x1\nlayers: [Conv2d]",
        "input: 28x28x1\nlayers: [{residual: {body: [relu], layers: [relu]}}]",
        "input: 28x28x1\nlayers: [{repeat: {times: 2, n: 2, body: relu}}]",
        "input: 28x28x1\nlayers: [{parallel: {branches: [Conv2d, []]}}]",
        "input: 28x28x1\nlayers: [{Linear: 10, ReLU: {}}]",
        "input: 28x28x1\nlayers: [b]",
        "input: 28x28x1\ndefine: {b: {layers: [relu]}}\nlayers: [{conv: {filters: 3, kernal: 3}}]",
        "input: 28x28x1\ndefine: {b: {layers: [{conv: {filters: n}}]}}\nlayers: [b]",
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(validator, cli, text):
    assert list(validator.iter_errors(loaded(text)))
    assert cli("summary", "-", stdin=text).code == 3


OURS = """
input: {image: HxWx3, tag: 10}
layers:
  - conv: {from: image, filters: p, kernel: [3, 1], padding: [[1, 1], [0, 0]], trainable: false}
  - maxpool: 2
  - relu
  - upsample
  - upsample: 2
  - parallel: [[relu], []]
  - residual: {body: [relu], activation: relu}
  - sequential: [relu]
  - repeat: {times: 2, layers: [relu]}
  - use: {block: b, n: 3}
  - use: b
  - global_avgpool: {name: g, expect: {activations: '<= 1000'}}
define:
  b: {args: {n: 1}, layers: [{conv: {filters: 2*n, kernel: 1}}]}
"""
THEIRS = """
inputs: {left: "(28, 28, 1)", right: 28x28x1}
layout: nhwc
layers:
  - flatten: {from: left}
  - Linear: {in_features: 784, out_features: 8, bias: True}
  - linear: 8
  - linear
  - nn.Linear: [8, 8]
  - Dense(8, activation='relu')
  - Dense: {Units: 8, activation: ReLU, kernel_regularizer: null}
  - small
  - small: 4
  - small: {n: 4, name: last one}
  - use: small
    n: 4
  - residual: {layers: [relu]}
  - residual: {body: relu, shortcut: {dense: 8}}
  - residual: [relu]
  - repeat: {n: 2, body: relu}
  - sequential: {body: [relu]}
  - nn.Sequential: [nn.ReLU]
  - parallel: {branches: [relu, {dense: 8}, {layers: [relu, relu]}, []], merge: Add}
  - Dropout: 0.5
    name: dropped
  - tied: 3
  - Conv2D: {filters: 4, kernel_size: (3, 3), activation: swish, from: right}
  - MaxPooling2D: {strides: (2, 2)}
  - MAX_POOL2D: 2
expect: {trainable: "> 0"}
define:
  small: {args: {n: 4, act: relu, wide: true}, layers: [{dense: {units: 2*n, activation: act, bias: wide}}]}
  plain: [relu]
  tied: {args: [n], body: [{dense: $n}, plain], shared: true}
"""


@pytest.mark.parametrize("text", [OURS, THEIRS])
def test_the_schema_takes_what_the_reader_takes(validator, cli, text):
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


@pytest.mark.parametrize("block", ["residual", "parallel", "repeat", "sequential", "moe", "use"])
def test_a_block_has_a_page_like_a_kind_whose_example_is_valid(cli, block):
    result = cli("kinds", block)
    assert (result.code, result.out.startswith(f"{block}: ")) == (0, True)
    example = result.out.split("Example:\n")[1].split("\n\n")[0]
    assert cli("summary", "-", stdin=f"input: {16 if block == 'moe' else '32x32x3'}\nlayers:\n{example}").code == 0


@pytest.mark.parametrize(("word", "page"), [("MaxPool2d", "maxpool"), ("Linear", "dense"), ("skip", "residual")])
def test_a_page_is_found_by_the_names_of_others(cli, word, page):
    assert cli("kinds", word).out.startswith(f"{page}: ")


def test_a_page_has_an_example_the_words_of_fields_and_the_names_elsewhere(cli):
    out = cli("kinds", "conv").out
    for line in ("- conv: {filters: 64, kernel: 3}", "or valid, same, same_lower, causal", "In PyTorch: Conv1d, Conv2d",
                 "In Keras: Conv1D, Conv2D"):  # fmt: skip
        assert line in out

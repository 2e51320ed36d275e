"""What is wrong in a network: the words, the place, all of it at once; and what is refused before it grows."""

from __future__ import annotations

from typing import Any

import pytest

from cnncalc import SpecError, parse

HEAD = "input: 8x8x3\nlayers:\n"  # layers begin on line 3


def problems(text: str) -> list[Any]:
    with pytest.raises(SpecError) as caught:
        parse(text).summary()
    assert caught.value.exit_code == 3
    return caught.value.problems


@pytest.mark.parametrize(("layers", "place", "says"), [
    ("- fitlers", (3, 3), ['no kind of layer is called "fitlers"']),
    ("- con2vd: {filters: 3}", (3, 3), ['no kind of layer is called "con2vd"', 'did you mean "conv"?']),
    ("- conv: {fitlers: 3, filters: 3, kernel: 1}", (3, 10),
     ['conv "conv1" has no "fitlers"', 'did you mean "filters"?', 'conv "conv1" takes filters, kernel']),
    ("- conv: {filters: 3, kernle: 1}", (3, 22), ['conv "conv1" has no "kernle"', 'did you mean "kernel"?']),
    ("- conv: {filters: 3}", (3, 3), ['conv "conv1" needs kernel', "filters*, kernel*, stride"]),
    ("- conv: {filters: 0, kernel: 1}", (3, 19), ['filters must be a whole number of 1 or more; found "0"']),
    ("- conv: {filters: x, kernel: 1}", (3, 19), ['found "x"', "any other letter can be an unknown"]),
    ("- conv: {filters: 3, kernel: 3x}", (3, 32), ["found nothing"]),
    ("- conv: {filters: 3, kernel: 3x3x3x3}", (3, 30), ["kernel must be one number, or one for each"]),
    ("- conv: {filters: 3, kernel: [1, 0]}", (3, 34), ['kernel must be a whole number of 1 or more; found "0"']),
    ("- conv: {filters: 3, kernel: 9}", (3, 30), ["a 9×9 window does not fit into 8×8"]),
    ("- relu: 3", (3, 9), ['relu must be without a value; found "3"']),
    ("- relu\n  tanh", (3, 3), []),
    ("- relu: {}\n  tanh: {}", (4, 3), ['found "relu" and "tanh" side by side', "indent"]),
    ("- [relu]", (3, 3), ["a layer is a kind with its fields; found a list of 1"]),
    ("-", (3, 2), ["found nothing"]),
    ("- relu: {name: a}\n- tanh: {name: a}", (4, 16), ['the name "a" is given twice']),
    ("- relu: {name: input}", (3, 16), ['"input" cannot be the name of a layer']),
    ("- relu: {name: a/b}", (3, 16), ['"a/b" cannot be the name of a layer']),
    ('- relu: {name: ""}', (3, 16), ['"" cannot be the name of a layer']),
    ("- relu: {name: %s}" % ("n" * 201), (3, 16), ["a name of 201 characters is too long"]),
    ("- relu: {from: tanh1}\n- tanh", (3, 16), ['"relu1" reads "tanh1", which comes later', "only layers above it"]),
    ("- relu: {from: relu1}", (3, 16), ['"relu1" reads "relu1", which is this layer itself']),
    ("- residual: {body: [relu: {from: residual1}]}", (3, 34), ['"relu1" reads "residual1", which comes later']),
    ("- tanh\n- relu: {from: tanh2}", (4, 16), ['no layer above is called "tanh2"', 'did you mean "tanh1"?']),
    ("- tanh\n- relu: {from: zzz}", (4, 16), ["known: input, tanh1"]),
    ("- relu: {from: []}", (3, 16), ["from must be the name of a layer, or a list of names; found an empty list"]),
    ("- relu: {from: {a: 1}}", (3, 16), ["from must be the name of a layer"]),
    ("- add", (3, 3), ['add "add1" reads 2 or more layers; it is given 1', "from: [input, another]"]),
    ("- relu: {from: [input, input]}", (3, 16), ['relu "relu1" reads 1 layer; it is given 2']),
    ("- repeat: {layers: [relu]}", (3, 3), ['repeat "repeat1" needs times']),
    ("- repeat: {times: 2}", (3, 3), ['repeat "repeat1" needs layers']),
    ("- repeat: {times: n, layers: [relu]}", (3, 19), ["times must be a number; it cannot be an unknown"]),
    ("- repeat: {times: -1, layers: [relu]}", (3, 19), ["times must be a whole number of 0 or more"]),
    ("- repeat: {times: 2, layers: }", (3, 30), ["layers must be a list of layers"]),
    ("- residual: {body: [relu], layers: [tanh]}", (3, 36), ["has both body and layers"]),
    ("- residual: {shortcut: []}", (3, 3), ['residual "residual1" needs body']),
    ("- residual: {bdoy: [relu]}", (3, 14), ['residual "residual1" has no "bdoy"', 'did you mean "body"?']),
    ("- residual: {body: [relu], activation: rleu}", (3, 40), ["activation must be one of", 'did you mean "relu"?']),
    ("- residual: {from: [input, input], body: [relu]}", (3, 20), ["reads one layer; it is given 2"]),
    ("- residual: {body: [conv: {filters: 4, kernel: 1}]}", (3, 3),
     ['add "residual1" of residual1/conv1 and input: operands of 8×8×4 and 8×8×3 do not match: 4 and 3']),
    ("- parallel: {branches: []}", (3, 3), ['parallel "parallel1" needs branches']),
    ("- parallel: {branches: [null]}", (3, 25), ["a branch must be a list of layers"]),
    ("- parallel: {branches: [[relu], []], merge: glue}", (3, 45), ["merge must be one of concat, add"]),
    ("- sequential: {layers: [relu], times: 2}", (3, 32), ['sequential "sequential1" has no "times"']),
    ("- use: nothing", (3, 8), ['no block is called "nothing"', "define: it at the top"]),
    ("- use: {layer: conv1}", (3, 16), ['no layer above is called "conv1"']),
    ("- dense: 4\n- use: {layer: dense2}", (4, 16), ['did you mean "dense1"?']),
    ("- relu: {expect: {parms: 3}}", (3, 19), ['"parms" is not a quantity', 'did you mean "params"?']),
    ("- relu: {expect: 3}", (3, 18), ["expect must be quantities with their values"]),
    ("- relu: {trainable: maybe}", (3, 21), ["trainable must be true or false"]),
    ("- dense: {units: 4, flatten: yes}", (3, 30), ["flatten must be one of auto, true, false"]),
])  # fmt: skip
def test_one_mistake(layers: str, place: tuple[int, int], says: list[str]) -> None:
    found = problems(HEAD + layers)
    assert len(found) == 1
    assert (found[0].mark.line, found[0].mark.column) == place
    for words in says:
        assert words in str(found[0])


@pytest.mark.parametrize("layer", [
    "lstm: 4", "embedding: {vocab: 3, dim: 2}", "repeat_vector: 2", "add: {from: [input, small]}",
    "concat: {from: [small, input]}",
])  # fmt: skip
def test_sizes_in_a_message_are_in_the_layout_of_the_spec(layer: str) -> None:
    text = f"layout: channels_first\ninput: 3x9x8\nlayers: [{{maxpool: {{name: small, size: 2}}}}, {{{layer}}}]"
    (found,) = problems(text)
    assert "3×4×4" in found.text
    assert "4×4×3" not in found.text


def test_both_places_of_a_name_given_twice() -> None:
    (found,) = problems(HEAD + "- relu: {name: a}\n- tanh: {name: a}")
    assert (found.also.line, found.also.column) == (3, 16)


DEFINE = "define:\n  b: {args: {n: null, word: relu}, layers: [dense: %s]}\ninput: 8\nlayers:\n- use: %s"


@pytest.mark.parametrize(("value", "use", "place", "says"), [
    ("n", "b", (5, 3), ['block "b" needs n']),
    ("n", "{block: b, m: 2}", (5, 19), ['use "b1" has no "m"']),
    ("n", "{block: bb, n: 2}", (5, 16), ['no block is called "bb"', 'did you mean "b"?']),
    ("n // 0", "{block: b, n: 2}", (2, 52), ["a division by zero"]),
    ("n - 3", "{block: b, n: 2}", (2, 52), ["units must be a whole number of 1 or more"]),
    ("n +", "{block: b, n: 2}", (2, 52), ["a number is missing at the end"]),
    ("(n", "{block: b, n: 2}", (2, 52), ["an opening bracket that is never closed"]),
    ("n ^ 2", "{block: b, n: 2}", (2, 52), ['"^" is not one of + - * // ( )']),
    ("2 * nn", "{block: b, n: 2}", (2, 52), ['"nn" is not an argument of this block', "the arguments n"]),
    ("2 * word", "{block: b, n: 2}", (2, 52), ['"word" is the word "relu", not a number']),
])  # fmt: skip
def test_mistakes_with_blocks_of_ones_own(value: str, use: str, place: tuple[int, int], says: list[str]) -> None:
    found = problems(DEFINE % (value, use))
    assert len(found) == 1
    assert (found[0].mark.line, found[0].mark.column) == place
    for words in says:
        assert words in str(found[0])


def test_several_inputs_and_none_is_named() -> None:
    text = "input: {a: 4, b: 5}\nlayers:\n- dense: 3\n- relu: {from: input}"
    first, second = problems(text)
    assert '"dense1" does not say which input it reads' in first.text
    assert first.help == "from: a"
    assert '"input" could be any of the inputs a, b' in second.text


def test_all_mistakes_of_a_file_are_reported_each_with_its_place() -> None:
    text = """layuot: channels_last
input: 8x8x3
layers:
- conv: {filters: ten, kernel: 3, pading: 1}
- relu: {from: nowhere}
- repeat: {times: 3, layers: [dense: {units: 0}, con2v: 3]}
- parallel: {branches: [[relu: {from: gone}], [tanh: 3]]}
expect: {parms: 3}
"""
    lines = text.split("\n")
    found = sorted((p.mark.line, lines[p.mark.line - 1][p.mark.column - 1 :]) for p in problems(text))
    assert [(line, rest.split(":")[0].split(",")[0].rstrip("]}")) for line, rest in found] == [
        (1, "layuot"), (4, "pading"), (4, "ten"), (5, "nowhere"), (6, "0"), (6, "con2v"), (7, "3"), (7, "gone"),
        (8, "parms"),
    ]  # fmt: skip


def test_every_layer_that_does_not_fit_is_reported_but_not_those_that_read_it() -> None:
    text = HEAD + "- conv: {filters: 1, kernel: 9}\n- dense: 3\n- maxpool: {size: 9, from: input}\n"
    text += "- groupnorm: {groups: 2, from: input}"
    assert [p.mark.line for p in problems(text)] == [3, 5, 6]


def test_a_mistake_in_a_block_is_reported_once_however_often_it_is_placed() -> None:
    assert len(problems(HEAD + "- repeat: {times: 999, layers: [relu: {from: gone}]}")) == 1
    assert len(problems("define: {b: {layers: [dense: 0]}}\n" + HEAD + "- use: b\n" * 9)) == 1


@pytest.mark.parametrize(("define", "says"), [
    ("a: {layers: [use: a]}", 'block "a" uses itself'),
    ("a: {layers: [relu, use: b]}, b: {layers: [use: a]}", 'block "a" uses itself, through b'),
    ("a: {layers: [use: b, use: b]}, b: {layers: [use: c, use: c]}, c: {layers: [use: b, use: a]}",
     'block "b" uses itself, through c'),
    ("a: {args: {n: 1}, layers: [{use: {block: a, n: n + 1}}, {use: {block: a, n: 2*n}}]}", 'block "a" uses itself'),
    ("a: {layers: [repeat: {times: 9, layers: [residual: {body: [use: a]}]}]}", 'block "a" uses itself'),
])  # fmt: skip
def test_a_block_that_uses_itself_is_said_to(define: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(f"define: {{{define}}}\n{HEAD}- use: a")
    assert says in [problem.text for problem in caught.value.problems]
    assert len(caught.value.problems) <= 4


def test_a_block_may_use_itself_where_that_comes_to_an_end() -> None:
    inner = "relu, {repeat: {times: n // 2, layers: [{use: {block: a, n: n // 2}}]}}"
    net = parse(f"define: {{a: {{args: {{n: 5}}, layers: [{inner}]}}}}\n{HEAD}- use: a")
    assert len(net.summary().rows) == 1 + 2 * (1 + 1)


@pytest.mark.parametrize(("field", "value"), [("4 - n", "−36"), ("n - n", "0"), ("0 - n*n", "−1600"), ("m", "−3")])
def test_arithmetic_that_comes_out_too_small_is_shown_with_its_value(field: str, value: str) -> None:
    with pytest.raises(SpecError, match=f"a whole number of 1 or more; found .*, which is {value}"):
        parse(f"define: {{b: {{args: {{n: 40, m: -3}}, layers: [dense: {field}]}}}}\n{HEAD}- use: b")


def test_what_stands_below_a_broken_layer_is_not_blamed() -> None:
    (found,) = problems(HEAD + "- conv: {filters: 3}\n- add: {from: [conv1, input]}\n- residual: {body: [dense: 3]}")
    assert found.mark.line == 3

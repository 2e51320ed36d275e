"""``cnncalc solve network`` for layers on the line, and what it says where nothing, or not everything, fits."""

from __future__ import annotations

import json

import pytest

LINE = ("network", "28x28x1", "conv:10,k=5,p=p")


def test_a_network_on_the_line_is_solved_for_what_is_given(cli):
    data = json.loads(cli("solve", *LINE, "--given", "conv1.output=28x28", "--format", "json").out)
    assert data["unknowns"]["p"]["solutions"] == [2]
    line = ("network", "28x28x1", "conv:f,k=5", "maxpool:2", "dense:10")
    for bound in ("params<=10000", "total.params <= 10000", "params≤10000"):
        data = json.loads(cli("solve", *line, "--given", bound, "--format", "json").out)
        assert data["unknowns"]["f"]["solutions"] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("given", "code", "says"), [
    ("params=1", 1, "it is 260 whatever the letters"), ("conv2.params=1", 2, 'did you mean "conv1"?'),
    ("parms=1", 2, 'did you mean "params"?'), ("params", 2, "is not QUANTITY=VALUE"),
    ("conv1.output=", 2, "is not QUANTITY=VALUE"),
])  # fmt: skip
def test_a_bad_given_has_its_place(cli, given, code, says):
    result = cli("solve", *LINE, "--given", given)
    assert (result.code, says in result.err) == (code, True)
    assert "GIVEN 1:1:" in result.err


def test_given_is_for_the_line_alone(cli):
    assert cli("solve", "network", "@lenet-5", "--given", "params=3").code == 2
    assert cli("solve", "network", "28x28x1").code == 2


def test_a_refused_number_has_the_reason_of_the_layer(cli):
    window = cli(
        "solve", "padding", "--kind", "maxpool", "--input", "10", "--kernel", "3", "--stride", "1", "--output", "12"
    )
    line = cli("solve", "network", "10x10x1", "maxpool:3,s=1,p=p", "--given", "maxpool1.output=12x12")
    for result in (window, line):
        assert result.code == 1
        assert "= 2 does not fit: " in result.err
        assert "a pool's padding is at most half its window; 2 is over half of 3" in result.err


@pytest.mark.parametrize(("given", "says"), [
    ("params=280", "f and k depend on each other; together (f = 10, k = 3) or (f = 70, k = 1)"),
    ("params<=200", "f and k depend on each other, so not all their values go together: 81 answers"),
    ("params<=20000", "1,000 or more answers, first (f = 1, k = 1)"),
    ("conv1.output=26x26", ""),
])  # fmt: skip
def test_letters_that_depend_on_each_other_are_said_to(cli, given, says):
    out = cli("solve", "network", "28x28x3", "conv:f,k=k", "--given", given).out
    assert says in out
    assert ("depend" in out) == bool(says)

"""How students write numbers and matrices, and what is read of them."""

from __future__ import annotations

import pytest

from cnncalc.check.answers import matrix


@pytest.mark.parametrize(
    "text",
    [
        "0 2 -1; 2 3 4", "0 2 −1\n2 3 4", "[[0,2,-1],[2,3,4]]", "0,2,-1;2,3,4", "0, 2, -1; 2, 3, 4",
        "0\t2\t-1\n2\t3\t4",
        "[[0 2 -1]\n [2 3 4]]", "[0 2 -1; 2 3 4]", "[0, 2, -1], [2, 3, 4]", "((0, 2, -1), (2, 3, 4))",
        "y = [[0, 2, -1], [2, 3, 4]]",
        "0 & 2 & -1 \\\\ 2 & 3 & 4", "0.0 2.0 -1.0; 2 3 +4", "0 2 -1;\n2 3 4;", "{0, 2, -1}, {2, 3, 4}",
        "0/1 2 -1; 4/2 3 4",
    ],
)  # fmt: skip
def test_a_matrix_is_read_as_people_write_it(text: str) -> None:
    assert [[0, 2, -1], [2, 3, 4]] in [reading.nested() for reading in matrix.read(text)]


@pytest.mark.parametrize(
    "text",
    [
        "h1 = 0.422, h2 = -1", "h_1=0,422; h_2=-1", "h(1) = 0.422\nh(2) = −1", "h1 = 0.422 and h2 = -1",
        "h1 = tanh(0.45) = 0.422, h2 = tanh(-9) = -1", "after 3 steps h1 = 0.422, h2 = -1", "mean = 0.422, low = -1",
    ],
)  # fmt: skip
def test_numbers_with_a_label_each_are_read_in_their_order(text: str) -> None:
    assert [0.422, -1] in [reading.nested() for reading in matrix.read(text)]


def test_labels_in_another_order_than_the_numbers_are_left_to_the_examiner() -> None:
    assert matrix.read("h2 = 0, h1 = 0.422") == []
    assert matrix.read("y[2,1] = 0, y[1,2] = 3") == []


def test_a_number_after_steps_with_labels_is_still_read() -> None:
    assert 0.77 in [reading.nested() for reading in matrix.read("z2 = 1.2, y = tanh(z1) = 0.77")]


@pytest.mark.parametrize(
    "text", ["0.75 units", "about 0.75", "the state is 0.75 (rounded)", "ca. 0.75", "y = 0.75", "0,75"]
)
def test_a_number_may_have_words_around_it(text: str) -> None:
    assert 0.75 in [reading.nested() for reading in matrix.read(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no idea",
        "not 0.5",
        "0.5 or 0.6",
        "[[1, 2], [3]]",
        "[1, 2",
        "1 2 three",
        "1/0",
        "]",
        "?",
        "1e500",
        "9" * 50,
        "a=b",
    ],
)
def test_what_is_no_matrix_is_not_read(text: str) -> None:
    assert matrix.read(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "9" * 99_999 + "x",
        "[" * 99_999,
        "1," * 49_999,
        "\n " * 49_999 + "1",
        "1 " * 49_998 + "?",
        "1;" * 49_999,
        "⁻" * 99_999,
    ],
)
def test_a_long_answer_is_read_in_linear_time(text: str) -> None:
    from time import process_time

    start = process_time()
    matrix.read(text)
    assert process_time() - start < 3

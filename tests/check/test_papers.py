"""``cnncalc paper``: any problem file as a paper, with its key, and for learning platforms."""

from __future__ import annotations

import html
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import importers
import pytest

from cnncalc.check.papers.paper import Paper, of_files
from cnncalc.limits import Limits
from cnncalc.render import papers as render

Call = Callable[..., tuple[int, str, str]]


def test_markdown_asks_what_the_file_asks_and_gives_nothing_away(exam: Path, call: Call) -> None:
    code, out, err = call("paper", exam)
    assert (code, err) == (0, "")
    assert "**Q1 (4 marks)** A 28×28×1 image &lt;script&gt;" in out
    assert "- Output size:\n- Number of parameters:" in out
    assert "28×28×10" not in out
    assert "- (a) 0\n" in out
    assert "- dense2: dense, units 4, bias false, reads tag" in out


def test_a_key_has_the_working_from_the_input_on(call: Call, root: Path) -> None:
    _, out, _ = call("paper", root / "specs" / "quiz.yaml", "--key")
    last = out[out.index("**Q4") :]
    for line in ("Conv1: $H", "Pool2: $H", r"FC: $\mathrm{params}", r"- $\mathrm{params} = \mathrm{Conv1} + "):
        assert line in last
    assert last.index("Conv1: $H") < last.index("Pool1: $H") < last.index("Conv2: $H") < last.index("FC: $")
    assert "183,242" in last


def test_a_single_question_about_a_deep_layer_is_worked_out_from_the_input(tmp_path: Path, call: Call) -> None:
    file = tmp_path / "a.yaml"
    layers = "[{conv: {filters: 4, kernel: 3}}, relu, {maxpool: 2}, {dense: 7}]"
    file.write_text(f"problems:\n  - {{id: Q, input: 12x12x1, layers: {layers}, answers: {{dense1.params: 707}}}}\n")
    _, out, _ = call("paper", file, "--key")
    assert [line.partition(":")[0] for line in out.splitlines() if line.startswith("- ")] == [
        *["- conv1"] * 3, *["- maxpool1"] * 3, "- dense1",
    ]  # fmt: skip


def test_a_key_has_the_algebra_of_a_letter_and_what_follows_from_it(tmp_path: Path, call: Call) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "problems:\n  - {id: Q, input: 8x8x3, layers: [{conv: {filters: 4, kernel: k}}], given: {conv1.output: 6x6}, "
        "answers: {k: 3, conv1.params: 112}}\n"
    )
    _, out, _ = call("paper", file, "--key")
    assert out.index("- $k = 3$") < out.index(r"\left(3 \cdot 3 \cdot 3 + 1\right) \cdot 4 = 112$")


def test_moodle_reads_every_problem(paper: Paper) -> None:
    category, *questions = importers.moodle(str(render.render([paper], "moodle")))
    assert category.name.startswith("$course$/top/Exam")
    assert [question.kind for question in questions] == [
        "cloze", "numerical", "multichoice", "multichoice", "cloze", "numerical",
    ]  # fmt: skip
    assert "<script" not in questions[0].text
    assert html.unescape(questions[0].text).count("{1:SA:=x}") == 1
    assert "⌊(28 − 5 + 2·2)/1⌋ + 1 = 28" in questions[0].told
    fields = importers.cloze(questions[0].text)
    assert [(weight, kind, answers) for weight, kind, answers in fields] == [
        *((1, "NUMERICAL", [(size, 1.0, "0", "")]) for size in ("28", "28", "10")),
        (3, "NUMERICAL", [("260", 1.0, "0", "")]),
    ]
    assert questions[1].answers == [("0", 1.0, "0", "")]
    assert [answer[:2] for answer in questions[2].answers] == [
        ("0", 0.0), ('50% {a} = ~ # "q" }', 0.0), ("2", 1.0),
    ]  # fmt: skip
    first, _, total = importers.cloze(questions[4].text)
    assert first[1] == "SHORTANSWER"
    assert ("40", "0.4") in [(a[0], a[2]) for _, _, answers in importers.cloze(questions[4].text) for a in answers]
    assert total[1] == "SHORTANSWER"
    assert [answer[:3] for answer in questions[5].answers] == [("14", 1.0, "0"), ("15", 1.0, "0")]


def test_options_in_a_cloze_are_read_back(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "problems:\n  - id: Q\n    text: t\n    input: 9x9x3\n    layers: [{conv: {filters: 2, kernel: 3}}]\n"
        "    answers: {conv1.output: 7x7x2, conv1.params: 56}\n"
        '    options: {conv1.output: [7x7x2, "} ~ # / \\" \\\\ <i> & {", 9x9x2], conv1.params: [54, 56]}\n'
    )
    (question,) = importers.moodle(str(render.render([of_files([str(file)], Limits())[0]], "moodle")))[1:]
    first, second = importers.cloze(question.text)
    assert [answer[:2] for answer in first[2]] == [("7x7x2", 1.0), ('} ~ # / " \\ <i> & {', 0.0), ("9x9x2", 0.0)]
    assert second[2] == [("54", 0.0, "", "This is the answer without its 2 biases."), ("56", 1.0, "", "")]


def test_gift_is_imported_by_moodles_rules(paper: Paper) -> None:
    read = importers.gift(str(render.render([paper], "gift")))
    assert [question.kind for question in read] == [
        "category", "shortanswer", "numerical", "numerical", "multichoice", "multichoice", "shortanswer", "numerical",
        "shortanswer", "numerical",
    ]  # fmt: skip
    assert read[0].name == "$course$/top/Exam & more: 50% of $x_1$ \\ {~#^} <b>"
    assert html.unescape(read[1].text) == (
        "A 28×28×1 image <script>, a_b & 100% of #1 {1:SA:=x} \\alpha ~ :: = // -> 李 é<br>Output size:"
    )
    assert {"28x28x10", "28×28×10", "(28, 28, 10)"} <= {answer[0] for answer in read[1].answers}
    assert read[2].answers == [("260", 1.0, "0", "")]
    assert read[3].answers == [("0", 1.0, "0", "")]
    assert [html.unescape(answer[0]) for answer in read[4].answers] == ["0", '50% {a} = ~ # "q" }', "2"]
    assert [answer[1] for answer in read[4].answers] == [0, 0, 1]
    assert [(answer[0], answer[2]) for answer in read[9].answers] == [("14", "0"), ("15", "0")]


def test_the_old_form_of_a_zero_is_refused_by_the_same_rules() -> None:
    assert importers.gift("::a:: b {#=0:0}")[0].answers == [("0", 1.0, "0", "")]
    with pytest.raises(importers.Refused, match="no numerical answers"):
        importers.gift("::a:: b {#0}")


def test_qti_gives_full_marks_for_the_key_and_none_for_anything_else(paper: Paper) -> None:
    data = render.render([paper], "qti")
    assert isinstance(data, bytes)
    assert data == render.render([paper], "qti")
    ((*items,),) = importers.qti(data)
    assert len(items) == 6
    for item, problem in zip(items, paper.items, strict=True):
        score, shown = item.score(dict(item.fields()))
        assert score == pytest.approx(float(problem.marks))
        assert "WORKING" in shown
        assert item.score({name: "777" for name, _ in item.fields()})[0] == 0
        assert item.score({})[0] == 0
    assert items[3].score({"RESPONSE1": "CHOICE1"}) == (0, {"CHOICE1", "WORKING"})
    assert items[4].score({"RESPONSE2": "40.3"})[0] == 1
    assert items[5].score({"RESPONSE1": "15"})[0] == 1


@pytest.mark.parametrize("format", render.FORMATS)
def test_what_moves_a_cursor_or_hides_is_shown_as_an_escape(tmp_path: Path, call: Call, format: str) -> None:
    file, out = tmp_path / "a.yaml", tmp_path / "out"
    hidden = r"\e[31m\a\u202e\u0000"
    file.write_text(
        f'title: "t{hidden}"\nproblems:\n  - id: "i{hidden}"\n    text: "x{hidden}"\n'
        "    input: 4x4x2\n    layers: [relu]\n"
        f'    answers: {{relu1.params: 0, relu1.output: 4x4x2}}\n    options: {{relu1.params: ["o{hidden}", 0]}}\n'
    )
    for arguments in ((), ("--key",)) if format in render.APART else ((),):
        assert call("paper", file, "--format", format, "-o", out, *arguments)[0] == 0
        data = out.read_bytes()
        if format == "qti":
            archive = zipfile.ZipFile(out)
            data = b"".join(archive.read(name) for name in archive.namelist())
        assert all(character.isprintable() or character == "\n" for character in data.decode("utf-8"))


@pytest.mark.parametrize("key", [False, True])
def test_latex_compiles(exam: Path, tmp_path: Path, call: Call, key: bool) -> None:
    """Where there is no TeX, what it would stumble over is looked for."""
    call("paper", exam, "--format", "latex", "--copies", 2, "-o", tmp_path / "a.tex", *["--key"] * key)
    text = (tmp_path / "a.tex").read_text(encoding="utf-8")
    assert text.count(r"\documentclass") == text.count(r"\begin{document}") == text.count(r"\end{document}") == 1
    assert text.count(r"\begin{itemize}") == text.count(r"\end{itemize}")
    body = text[text.index(r"\begin{document}") :]
    assert "\\DeclareUnicodeCharacter{674E}" in text or key
    plain = body.replace(r"\textbackslash{}", "").replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    assert body.replace(r"\$", "").count("$") % 2 == 0
    for sign in ("&", "#", "%"):
        assert body.count(sign) == body.count(f"\\{sign}")
    if shutil.which("pdflatex"):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout[-2000:]


GRADIENT = """
problems:
  - id: G
    input: 2
    layers: [{dense: {name: h, units: 1, activation: sigmoid}}, {dense: {name: o, units: 1, bias: false}}]
    objective: {loss: squared_error}
    values: {input: [1, 2], h.kernel: [[1], [-1]], h.bias: [0], o.kernel: [[0.01]], target: [0]}
    answers: {h.kernel.gradient: "0.0000052877 0.0000105754"}
"""


def test_a_gradient_is_worked_out_back_from_the_output_and_its_field_is_not_lenient(tmp_path: Path, call: Call) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(GRADIENT, encoding="utf-8")
    paper, doubtful = of_files([str(file)], Limits())
    assert not doubtful
    _, key, _ = call("paper", file, "--key")
    lines = [line for line in key.splitlines() if line.startswith("- ")]
    assert [line[:4] for line in lines] == ["- h:", "- o:", "- o:", "- o:", "- h:", "- h:", "- h:", "- h:"]
    assert "= Σ δ·w of the layer above = 0.00268941·0.01" in key
    (question,) = importers.moodle(str(render.render([paper], "moodle")))[1:]
    for _, _, ((right, _, slack, _),) in importers.cloze(question.text):
        assert 0 < float(slack) < float(right) / 10
        assert "e" not in right + slack


@pytest.mark.parametrize(
    ("problem", "arguments", "code", "told"),
    [
        ("{id: a, input: 4x4x1, layers: [relu], answers: {relu1.params: 3}}", (), 0, "this is wrong"),
        ("{id: a, input: 4x4x1, layers: [relu], answers: {relu9.params: 3}}", (), 3, "relu9"),
        ("{id: a, input: 4x4x1, layers: [{conv: {kernel: 3}}], answers: {conv1.params: 3}}", (), 3, "filters"),
        ("{id: a, input: 4x4x1, layers: [relu], answers: {relu1.params: 0}, options: {relu1.params: [1, 2]}}", (), 3,
         "0 of the options are right"),
        ("{id: a, drawn: 7, input: 4x4x1, layers: [relu], answers: {relu1.params: 0}}", (), 3, "drawn is not"),
        ("{id: a, input: 4x4x1, layers: [relu], answers: {relu1.params: 0}}", ("--key", "--format", "gift"), 2,
         "holds its key"),
        ("{id: a, input: 4x4x1, layers: [relu], answers: {relu1.params: 0}}", ("--copies", "0"), 2, "from 1 to 1000"),
        ("{id: a, input: 4x4x1, layers: [relu], answers: {relu1.params: 0}}", ("--shuffle", "-1"), 2, "--shuffle"),
    ],
)  # fmt: skip
def test_what_is_doubtful_or_refused(
    tmp_path: Path, call: Call, problem: str, arguments: tuple[str, ...], code: int, told: str
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"problems:\n  - {problem}\n")
    found, _, err = call("paper", file, *arguments)
    assert (found, told in err) == (code, True), err


def test_a_network_is_no_paper(call: Call) -> None:
    code, out, err = call("paper", "@worked-example")
    assert (code, out, "nothing to ask" in err) == (2, "", True)


NUMBERS = """
problems:
  - id: N
    text: The map is convolved and passed through a sigmoid. What comes out?
    input: 3x3x1
    layers: [{conv: {name: c, filters: 1, kernel: 2, bias: false}}, {sigmoid: {name: s}}]
    values: {input: [[1, 0, 2], [0, 1, 1], [2, 1, 0]], c.kernel: [[1, 0], [0, -1]]}
    answers: {c.values: "0 -1; -1 1", s.values: "0.5 0.27; 0.27 0.73", c.output: 2x2x1}
"""


def test_a_matrix_has_a_field_for_each_cell_and_its_sums_in_the_key(tmp_path: Path, call: Call) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(NUMBERS, encoding="utf-8")
    paper, doubtful = of_files([str(file)], Limits())
    assert not doubtful
    (question,) = importers.moodle(str(render.render([paper], "moodle")))[1:]
    cells = [answers for _, _, answers in importers.cloze(question.text)]
    assert [answer[0][0] for answer in cells[:4]] == ["0", "-1", "-1", "1"]
    assert [(answer[0][0][:4], answer[0][2]) for answer in cells[4:8]] == [
        ("0.5", "0.005"), ("0.26", "0.005"), ("0.26", "0.005"), ("0.73", "0.005"),
    ]  # fmt: skip
    assert [answer[0][0] for answer in cells[8:]] == ["2", "2", "1"]
    assert question.text.count("<br/>") == 4
    assert " × </p>" not in question.text
    _, key, _ = call("paper", file, "--key")
    assert r"- c: y\[1,1,1\] = 1·1 + 0·0 + 0·0 + 1·(−1) = 0" in key
    assert key.count(r"y\[1,1,1\]") == 2
    assert r"- s: y\[2,2,1\] = 1/(1 + e^(−1)) = 0.731059" in key
    ((item,),) = importers.qti(render.render([paper], "qti"))  # type: ignore[arg-type]
    rounded = {name: str(round(float(right), 2)) for name, right in item.fields()}
    assert item.score(rounded)[0] == pytest.approx(3)


@pytest.mark.parametrize("written", ["0.76 0.20", "0.76, 0.2", "0.762 0.197", "0.7616, 0.1974"])
def test_numbers_that_are_text_to_a_platform_may_be_rounded(tmp_path: Path, written: str) -> None:
    (tmp_path / "p.yaml").write_text(
        "problems: [{id: A, text: t, input: 1, layers: [{dense: {name: d, units: 2, activation: tanh}}],"
        " values: {input: 1, d.kernel: [1, 0.2], d.bias: [0, 0]}, answers: {d.values: [0.76, 0.2]}}]"
    )
    paper, _ = of_files([str(tmp_path / "p.yaml")], Limits())
    *_, question = importers.gift(str(render.render([paper], "gift")))
    assert written in [answer[0] for answer in question.answers]
    assert "0.8 0.2" not in [answer[0] for answer in question.answers]

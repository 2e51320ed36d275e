"""What somebody who uses the library writes: mypy reads it as a client's file, in strict mode. It is never run."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import cnncalc
from cnncalc import Finding, Model, Net, Row, Summary, Totals

net = cnncalc.load(Path("network.yaml"), cnncalc.Limits(layers=20_000))
assert_type(net, Net)
assert_type(cnncalc.parse({"input": (28, 28, 1), "layers": [{"conv": {"filters": 10, "kernel": 5}}]}), Net)
assert_type(cnncalc.calc((28, 28, 1), "conv:10,kernel=5", "dense:10", layout="NHWC"), Net)

summary = net.summary()
assert_type(summary, Summary)
assert_type(summary["conv1"], Row)
assert_type(len(summary), int)
assert_type(summary.totals, Totals)
assert_type(summary.axes(), dict[str, list[str]])
for row in summary:
    assert_type(row, Row)
    assert_type(row.name, str)
    assert_type(row.kind, str)
    if isinstance(row.params, int):  # an expression where a letter is unknown
        assert_type(row.params, int)
params = summary.totals.params
if isinstance(params, int):
    assert_type(params / 1e6, float)
doubled = 2 * summary.totals.macs == summary.totals.flops
assert_type(summary["conv1"].receptive_field is None, bool)
assert_type(summary["conv1"].output.rank, int)

for finding in net.findings(strict=True):
    assert_type(finding, Finding)
    assert_type(finding.message, str)
    assert_type(finding.mark.line, int)
    if finding.severity == "error":
        print(finding.layer, finding.expected, finding.got)

assert_type(net.build(seed=1), Model)
assert_type(cnncalc.window("padding", input=28, kernel=5, output=28).solutions, list[int])
for verdict in cnncalc.check_answers(Path("quiz.yaml"), "folder"):
    assert_type(verdict.ok, bool)
for student in cnncalc.mark_answers("answers.csv", "quiz.yaml"):
    assert_type(student.student, str)

try:
    cnncalc.parse("input: 3")
except (cnncalc.SpecError, cnncalc.UsageError, cnncalc.LimitError) as error:
    for problem in error.problems:
        print(problem.mark, problem.text, problem.help)

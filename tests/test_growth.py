"""Errors in great number: the work for twice as many is twice as much, whatever is suggested for the first of them."""

from __future__ import annotations

import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncalc import CnncalcError, Limits, parse
from cnncalc.check import verdicts
from cnncalc.check.marking import exam, sheets
from cnncalc.render.file_names import file_names


def work(call: Callable[[], Any]) -> int:
    """Calls that ``call`` makes, of Python and of C: a measure that no clock disturbs."""
    count = 0

    def see(*_: Any) -> None:
        nonlocal count
        count += 1

    sys.setprofile(see)
    try:
        call()
    except CnncalcError:
        pass
    finally:
        sys.setprofile(None)
    return count


def missing(n: int, folder: Path) -> Callable[[], Any]:
    net = parse(f"input: 2x2x1\nlayers: [{{repeat: {{times: {n}, layers: [scale]}}}}]")
    net.findings()
    arrays = {f"repeat_1/{i}/scale_1/gama": np.ones(1, np.float32) for i in range(n)}
    return lambda: net.build(arrays)


def another_exam(n: int, folder: Path, key: str = "dense1.params", name: str = "qestion") -> Callable[[], Any]:
    problem = "  - {{id: question{}, input: 8, layers: [dense: 2], answers: {{dense1.params: 18}}}}\n"
    (folder / "exam.yaml").write_text("problems:\n" + "".join(map(problem.format, range(n))))
    rows = "".join(f"s{i},{name}{i},{key},18\n" for i in range(n))
    (folder / "sheet.csv").write_text(f"student,problem,key,answer\n{rows}")
    found = exam.Exam([str(folder / "exam.yaml")], Limits())
    cells = sheets.read(str(folder / "sheet.csv"), Limits(), found.labels).cells
    return lambda: found.unknown(cells)


def layers_that_are_not_there(n: int, folder: Path) -> Callable[[], Any]:
    layers = f"[{{repeat: {{times: {n}, layers: [relu]}}}}]"
    answers = ", ".join(f"repaet1/{i}/relu1.params: 0" for i in range(n))
    path = folder / "exam.yaml"
    path.write_text(f"problems:\n  - {{input: 8, layers: {layers}, answers: {{{answers}}}}}\n")
    return lambda: list(verdicts.check(str(path), Limits()))


def spec(n: int, folder: Path, layer: str) -> Callable[[], Any]:
    lines = "".join(f"  - {layer.format(i)}\n" for i in range(n))
    return lambda: parse(f"input: 8x8x1\nlayers:\n{lines}")


MANY: dict[str, Callable[[int, Path], Callable[[], Any]]] = {
    "arrays that are missing": missing,
    "rows for another exam": another_exam,
    "rows for another question": lambda n, folder: another_exam(n, folder, "dense1.parms", "question"),
    "answers about layers that are not there": layers_that_are_not_there,
    "names of feedback that begin alike": lambda n, folder: lambda: file_names("é" * 60 + str(i) for i in range(n)),
    "kinds that are not there": lambda n, folder: spec(n, folder, "con{}v: {{filters: 1, kernel: 1}}"),
    "fields that are not there": lambda n, folder: spec(n, folder, "conv: {{fitlers{}: 1, kernel: 1}}"),
    "layers to read that are not there": lambda n, folder: spec(n, folder, "relu: {{name: r{0}, from: q{0}}}"),
}


@pytest.mark.parametrize("name", MANY)
def test_twice_as_many_errors_take_twice_the_work(tmp_path: Path, name: str) -> None:
    first = 60
    work(MANY[name](first, tmp_path))  # loads what is loaded once
    single, double = (work(MANY[name](n, tmp_path)) for n in (first, 2 * first))
    assert double < 2.4 * single


def test_an_archive_of_many_members_is_read_in_time_that_grows_with_them(tmp_path: Path) -> None:
    """Work in C is not counted by calls: this is the time of the processor, of the shorter of two runs."""
    net = parse("input: 2x2x1\nlayers: [{conv: {filters: 1, kernel: 1}}]")
    net.findings()

    def seconds(members: int) -> float:
        path = tmp_path / f"{members}.npz"
        if not path.exists():
            with zipfile.ZipFile(path, "w") as file:
                for number in range(members):
                    file.writestr(f"a{number}.npy", b"")
                with pytest.warns(UserWarning, match="Duplicate"):
                    file.writestr("a0.npy", b"")
        begun = time.process_time()
        with pytest.raises(CnncalcError):
            net.build(str(path))
        return time.process_time() - begun

    single, double = (min(seconds(members) for _ in range(2)) for members in (8_000, 16_000))
    assert double < 3.2 * single

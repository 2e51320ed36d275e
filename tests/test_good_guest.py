"""The library is a guest in a process: it changes nothing that others use, and closes whatever it opened."""

from __future__ import annotations

import csv
import decimal
import gc
import locale
import os
import random
import signal
import sys
import threading
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cnncalc import CnncalcError, Limits, calc, load, parse
from cnncalc.check import batch, verdicts
from cnncalc.check.marking import exam, sheets
from cnncalc.check.marking.labels import Labels
from cnncalc.engine import run
from cnncalc.engine.files.npz import Arrays

TEXT = "input: 4x4x1\nlayers: [{conv: {name: c, filters: 1, kernel: 1, bias: false}}]"
SHEET = "student,problem,key,answer\nS1,Q1,conv1.params,260\n"
BROKEN = (b"", b"\0" * 20, b"PK\3\4" + b"\0" * 40, b"\x93NUMPY\1\0", b"\x93NUMPY\1\0\xff\xff{", b"\x80\4pickle")
QUIZ = "specs/quiz.yaml"


def state() -> dict[str, object]:
    """What every module of a process shares."""
    return {
        "csv": csv.field_size_limit(),
        "NumPy's errors": np.geterr(),
        "NumPy's printing": {key: value for key, value in np.get_printoptions().items() if key != "override_repr"},
        "NumPy's random numbers": str(np.random.get_state()),
        "random numbers": random.getstate(),
        "recursion": sys.getrecursionlimit(),
        "digits": sys.get_int_max_str_digits(),
        "locale": locale.setlocale(locale.LC_ALL),
        "signals": [signal.getsignal(number) for number in signal.valid_signals()],
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "decimals": (decimal.getcontext().prec, decimal.getcontext().rounding),
        "warnings": list(warnings.filters),
        "garbage": (gc.isenabled(), gc.get_threshold()),
        "path": list(sys.path),
        "threads": threading.enumerate(),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook, sys.displayhook),
    }


def opened() -> dict[str, str]:
    """The open files of this process, by number; nothing where that is not shown."""
    folder = Path("/proc/self/fd")
    names = os.listdir(folder) if folder.exists() else []
    return {name: os.readlink(folder / name) for name in names if (folder / name).is_symlink()}


def mark(folder: Path) -> list[exam.Student]:
    asked = exam.Exam([QUIZ], Limits())
    return list(asked.mark(sheets.read(str(folder / "sheet.csv"), Limits(), asked.labels).cells))


CALLS = {
    "load": lambda tmp: load("specs/worked-example.yaml").summary(),
    "no such file": lambda tmp: load(f"{tmp}/none.yaml"),
    "a folder": lambda tmp: load(str(tmp)),
    "too large": lambda tmp: load("specs/vgg-16.yaml", Limits(file=10)),
    "not UTF-8": lambda tmp: load(str(tmp / "binary")),
    "explain": lambda tmp: parse(TEXT).explain(),
    "calc": lambda tmp: calc("28x28x1", "conv:10,kernel=5").findings(strict=True),
    "solve": lambda tmp: load("specs/quiz-3-padding.yaml").solve(),
    "check": lambda tmp: list(batch.check_all([QUIZ, "specs/lenet5.yaml"], Limits())),
    "check with processes": lambda tmp: list(batch.check_all([QUIZ] * 4, Limits(), jobs=2)),
    "mark": lambda tmp: mark(tmp),
    "a broken sheet": lambda tmp: sheets.read(str(tmp / "broken.csv"), Limits(), Labels([])),
    "a broken problem file": lambda tmp: list(verdicts.check(str(tmp / "broken.csv"), Limits())),
    "build": lambda tmp: parse(TEXT).build(seed=3)(np.ones((1, 4, 4, 1))),
    "infinite numbers": lambda tmp: parse(TEXT).build()(np.full((1, 4, 4, 1), 1e300)),
    "the weights of a file": lambda tmp: parse(TEXT).build(str(tmp / "good.npz")),
    "weights of another shape": lambda tmp: parse(TEXT).build(str(tmp / "other.npz")),
    "run": lambda tmp: run.run(parse(TEXT).summary(), [], None, 0, 1, Limits()),
    "an input of another shape": lambda tmp: run.run(
        parse(TEXT).summary(), [("", str(tmp / "x.npy"))], None, 0, 1, Limits()
    ),
    **{
        f"broken {ending} {number}": lambda tmp, path=f"broken-{number}{ending}": parse(TEXT).build(str(tmp / path))
        for number in range(len(BROKEN))
        for ending in (".npz", ".npy", ".safetensors", ".pt")
    },
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    (folder / "binary").write_bytes(b"\xff\xfe\0")
    (folder / "sheet.csv").write_text(SHEET)
    (folder / "broken.csv").write_text(SHEET + 'S2,"Q1')
    np.savez(folder / "good.npz", **{"c/kernel": np.ones((1, 1, 1, 1), np.float32)})
    np.savez(folder / "other.npz", **{"c/kernel": np.ones((2, 1, 1, 1), np.float32)})
    np.save(folder / "x.npy", np.ones(3))
    for number, data in enumerate(BROKEN):
        for ending in (".npz", ".npy", ".safetensors", ".pt"):
            (folder / f"broken-{number}{ending}").write_bytes(data)
    return folder


@pytest.mark.parametrize("name", CALLS)
def test_nothing_that_is_shared_is_changed_and_nothing_stays_open(files, root, monkeypatch, name):
    """Errors are kept, as a caller may do, and nothing is collected: what is closed was closed on purpose."""
    monkeypatch.chdir(root)
    kept = []

    def call() -> None:
        try:
            kept.append(CALLS[name](files))
        except CnncalcError as error:
            kept.append(error)

    call()  # loads what is loaded once
    gc.collect()
    gc.disable()
    try:
        before, there = state(), opened()
        for _ in range(3):
            call()
        left = {number: path for number, path in opened().items() if there.get(number) != path}
        after = state()
    finally:
        gc.enable()
    assert {key for key, value in after.items() if value != before[key]} == set()
    assert [path for path in left.values() if path.startswith(("/", "pipe:"))] == []


def test_an_archive_is_closed_with_its_file(files):
    with Arrays(str(files / "good.npz")) as file:
        archive = file._archive
        assert isinstance(archive, zipfile.ZipFile)
        assert archive.fp is not None
    assert archive.fp is None

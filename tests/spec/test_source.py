"""Bytes to text: only what is a file, never more than the limit, only UTF-8."""

from __future__ import annotations

import io
import os
import socket
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError, LimitError, Source, SpecError, UsageError
from cnncalc.limits import Limits
from cnncalc.spec.source import load


def write(folder, data: bytes) -> str:
    path = folder / "net.yaml"
    path.write_bytes(data)
    return str(path)


def error(path: str, limits: Limits | None = None):
    with pytest.raises(CnncalcError) as caught:
        load(path, limits or Limits())
    return caught.value


class Endless(io.RawIOBase):
    """A standard input that never ends, and counts what was taken."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        buffer[:] = b"a" * len(buffer)
        self.taken += len(buffer)
        return len(buffer)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a: 1\n", "a: 1\n"),
        (b"a: 1", "a: 1"),
        (b"\xef\xbb\xbfa: 1\n", "a: 1\n"),
        (b"a: 1\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n"),
        ("a: 28×28 😀\tx\x85\u2028".encode(), "a: 28×28 😀\tx\x85\u2028"),
        (b"", ""),
    ],
)
def test_accepted(tmp_path, data, text):
    path = write(tmp_path, data)
    source = load(path, Limits())
    assert (source.name, source.text) == (path, text)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("a: é\n".encode()), encoding="ascii"))
    source = load("-", Limits())
    assert (source.name, source.text) == ("<stdin>", "a: é\n")


def test_standard_input_that_never_ends(monkeypatch):
    endless = Endless()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(endless)))
    raised = error("-", Limits(file=100_000))
    assert isinstance(raised, LimitError)
    assert "more than 100000 is over the limit file = 100000" in str(raised)
    assert "Limits(file=" in str(raised)
    assert raised.problems[0].mark.source.name == "<stdin>"
    assert endless.taken < 200_000


@pytest.mark.parametrize("stdin", [None, io.StringIO("a: 1")])
def test_no_standard_input(monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    raised = error("-")
    assert isinstance(raised, UsageError)
    assert "standard input cannot be read" in str(raised)
    assert "path of a file" in raised.problems[0].help


def test_closed_standard_input(monkeypatch):
    closed = io.TextIOWrapper(io.BytesIO(b""))
    closed.close()
    monkeypatch.setattr(sys, "stdin", closed)
    assert error("-").exit_code == 2


def test_limit_is_exact(tmp_path):
    path = write(tmp_path, b"a" * 100)
    assert len(load(path, Limits(file=100)).text) == 100
    raised = error(path, Limits(file=99))
    assert raised.exit_code == 4
    assert str(raised).startswith(f"{path}:1:1: 100 is over the limit file = 99 (bytes in a spec or problem file)")
    assert raised.problems[0].limit == ("file", 100)


def test_limit_raised_far_takes_no_memory(tmp_path):
    assert load(write(tmp_path, b"a: 1\n"), Limits(file=10**19 - 1)).text == "a: 1\n"


@pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="needs /proc")
def test_limit_holds_for_files_that_tell_no_size():
    assert os.path.getsize("/proc/self/environ") == 0
    assert error("/proc/self/environ", Limits(file=3)).exit_code == 4


def test_not_a_file(tmp_path):
    fifo, sock = str(tmp_path / "fifo"), str(tmp_path / "sock")
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(sock)
        found = {path: error(path) for path in (str(tmp_path), fifo, sock, "/dev/zero", "/dev/null")}
    for path, raised in found.items():
        assert isinstance(raised, UsageError)
        assert path in str(raised)
        assert "- to read standard input" in raised.problems[0].help
    assert [str(raised).split("\n")[0].split(" is ")[1] for raised in found.values()] == [
        "a directory, not a file",
        "a pipe, not a file",
        "a socket, not a file",
        "a device, not a file",
        "a device, not a file",
    ]


def test_missing(tmp_path):
    write(tmp_path, b"")
    raised = error(str(tmp_path / "nett.yaml"))
    assert isinstance(raised, UsageError)
    assert "does not exist" in str(raised)
    assert raised.problems[0].help == 'did you mean "net.yaml"?'
    assert "- to read standard input" in error(str(tmp_path / "no" / "x.yaml")).problems[0].help


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800", "x" * 5000, "/dev/null/x"])
def test_no_path(path):
    assert error(path).exit_code == 2


def test_unreadable(tmp_path, monkeypatch):
    path = write(tmp_path, b"")

    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    raised = error(path)
    assert isinstance(raised, UsageError)
    assert f"{path} cannot be read: Permission denied" in str(raised)


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"a: 1\nb: \xe9t\xe9\n", "2:4", "the byte 0xE9 is not UTF-8"),
        ("é: x\r\n×× ".encode() + b"\xff", "2:4", "0xFF"),
        (b"\xef\xbb\xbf\xff", "1:1", "0xFF"),
        (b"a: \xc3", "1:4", "0xC3"),
        (b"a: \xed\xa0\x80", "1:4", "0xED"),
        ("a: 1\n".encode("utf-16"), "1:1", "UTF-16"),
        ("a: 1\n".encode("utf-16-le"), "1:2", "U+0000"),
        (b"a: 1\nb: \x00", "2:4", "U+0000"),
        (b"\xef\xbb\xbfa: \x1b]52;", "1:4", "U+001B"),
        ("é\x85b: \x7f".encode(), "2:4", "U+007F"),
        (b"a\x0cb\n\x0b", "1:2", "U+000C"),
        ("a: \x9b".encode(), "1:4", "U+009B"),
        ("a: \uffff".encode(), "1:4", "U+FFFF"),
    ],
)
def test_bytes_refused(tmp_path, data, place, words):
    path = write(tmp_path, data)
    raised = error(path)
    assert isinstance(raised, SpecError)
    assert raised.exit_code == 3
    assert str(raised).startswith(f"{path}:{place}: ")
    assert words in str(raised)
    assert raised.problems[0].help


def test_lines_are_those_of_yaml():
    source = Source("x", "a\x0cb\r\nc\rd\x85e\u2028f\u2029g\n")
    assert [source.line(number) for number in range(9)] == ["", "a\x0cb", "c", "d", "e", "f", "g", "", ""]
    assert [str(source.at(offset)) for offset in (0, 2, 5, 12, 13)] == ["x:1:1", "x:1:3", "x:2:1", "x:5:2", "x:6:1"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=60) | st.text(max_size=30).map(lambda text: text.encode("utf-16", "surrogatepass")))
def test_any_bytes(tmp_path, data):
    """Text, or an error of our own."""
    path, code = write(tmp_path, data), 0
    try:
        text = load(path, Limits(file=50)).text
    except CnncalcError as raised:
        code = raised.exit_code
    assert code in (3, 4) or text.encode() in (data, data.removeprefix(b"\xef\xbb\xbf"))

"""JSON, whatever the command: it is valid, and it holds no character that could move a cursor or hide."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cnncalc.cli.app import run
from cnncalc.render.forms.json import dumps, pieces

HOSTILE = "\\u009b31mRED\\u202eabc \\U000E0001 \\u2028"  # as YAML and JSON write them
TEXT = json.loads(f'"{HOSTILE}"'.replace("\\U000E0001", "\\udb40\\udc01"))
NETWORK = f'name: "{HOSTILE}"\ninput: 4x4x1\nlayers: [{{conv: {{filters: 2, kernel: 3}}}}, {{dense: 1}}]\n'
PROBLEMS = f'problems:\n  - {{id: "{HOSTILE}", {", ".join(NETWORK.splitlines()[1:])}, answers: {{conv1.params: 21}}}}\n'
CODED = f'name: "{HOSTILE}"\ninput: 2\nencoder: [{{dense: 1}}]\ndecoder: [{{dense: 2}}]\nobjective: {{}}\n'
COMMANDS = {
    "summary net.yaml": 0,
    "run net.yaml": 0,
    "run coded.yaml": 0,
    "reconcile net.yaml --value 18": 1,
    "check exam.yaml": 1,
    "check exam.yaml --answers sheet.csv": 0,
    "solve network solve.yaml": 0,
    "solve padding --input 28 --kernel 5 --output 28": 0,
    "train coded.yaml --data x.npy --epochs 1": 0,
    "kinds": 0,
    "kinds conv": 0,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    numpy = pytest.importorskip("numpy")
    (tmp_path / "net.yaml").write_text(NETWORK)
    (tmp_path / "coded.yaml").write_text(CODED)
    (tmp_path / "exam.yaml").write_text(PROBLEMS)
    (tmp_path / "solve.yaml").write_text(NETWORK.replace("filters: 2", "filters: f") + "expect: {params: 29}\n")
    (tmp_path / "sheet.csv").write_text(f"student,problem,key,answer\n{TEXT}A,{TEXT},conv1.params,18\n", newline="")
    numpy.save(tmp_path / "x.npy", numpy.ones((3, 2), numpy.float32))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_json_is_printable_in_every_command(capsys, monkeypatch, command, locale):
    monkeypatch.setenv("LC_ALL", locale)
    arguments = [*command.split(), "--format", "json"]
    code = run(arguments)
    text = capsys.readouterr().out
    assert code == COMMANDS[command]
    assert isinstance(json.loads(text), dict | list)
    assert text.replace("\n", "").isprintable()
    assert locale != "C" or text.isascii()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("command", "where"), [("summary net.yaml", "name"), ("check exam.yaml", "id")])
def test_what_is_escaped_is_read_back(capsys, command, where):
    run([*command.split(), "--format", "json"])
    data = json.loads(capsys.readouterr().out)
    assert (data if where == "name" else data["problems"][0])[where] == TEXT


def test_json_is_written_in_one_place():
    house = Path(__file__).parents[2] / "cnncalc"
    writing = {
        path.relative_to(house).as_posix()
        for path in house.rglob("*.py")
        if re.search(r"^ *import json$.*\bjson\.dumps?\(", path.read_text(encoding="utf-8"), re.M | re.S)
    }
    others = {"spec/written.py", "api.py"}  # write YAML
    assert writing - others == {"render/forms/json.py"}


@pytest.mark.parametrize(
    "data", [{"a": []}, {"a": [{}, {"b": "é"}], "c": 1}, {"a": [1, 2]}, {'"': None, "b": {"c": [{}]}}]
)
def test_pieces_are_one_valid_object(data):
    assert json.loads("".join(pieces(data.items()))) == data


def test_a_stream_of_records_holds_one_at_a_time():
    given = []

    def records():
        for number in range(3):
            given.append(number)
            yield {"n": number}

    parts = pieces([("rows", records()), ("count", 3)])
    next(part for part in parts if '"n": 0' in part)
    assert given == [0]
    assert "".join(parts).endswith('"count": 3}\n')


def test_plain_text_is_not_escaped():
    assert dumps("64×64 ⌊é⌋") == '"64×64 ⌊é⌋"'

"""A problem's network: looked for where the problem is, and nothing of any other file is shown."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., tuple[int, str, str]]

SECRET = "topsecret"
NETWORK = "input: 4x4x1\nlayers: [{conv: {name: c, filters: 1, kernel: 1}}]\n"
OUTSIDE = [
    "{away}/secret.yaml", "../away/secret.yaml", "sub/../../away/secret.yaml", "link", "folder/secret.yaml",
    "{away}/secre.yaml", "../away/none.yaml", "/etc/passwd", "/proc/self/status", "/", "..", "\\0",
    "../exam-more/n.yaml",
]  # fmt: skip
NO_NETWORKS = {
    "text": f"{SECRET} line one\nand: {SECRET}: two\n",
    "mapping": f"{SECRET}: 1\nuser: {SECRET}\n",
    "list": f"- {SECRET}\n- {SECRET}\n",
    "broken": f"layers: [{SECRET}\n",
    "twice": f"{SECRET}: 1\n{SECRET}: 2\n",
    "tag": f"!{SECRET} a\n",
    "scalar": SECRET,
    "bytes": SECRET.encode() + b"\xff\xfe",
    "control": f"{SECRET}\x01",
}


@pytest.fixture
def exam(tmp_path: Path, call: Call) -> Callable[..., tuple[int, str, str]]:
    """Checks a problem that names a network, in a folder beside which another one is."""
    folder, away = tmp_path / "exam", tmp_path / "away"
    for made in (folder, folder / "sub", away, tmp_path / "exam-more"):
        made.mkdir()
    (away / "secret.yaml").write_text(f"name: {SECRET}\n{NETWORK}")
    (tmp_path / "exam-more" / "n.yaml").write_text(NETWORK)
    (folder / "link").symlink_to(away / "secret.yaml")
    (folder / "folder").symlink_to(away)
    (folder / "net.yaml").write_text(NETWORK)
    (folder / "sub" / "net.yaml").write_text(NETWORK)
    (folder / "inner").symlink_to("sub/net.yaml")

    def checked(name: str, *options: object) -> tuple[int, str, str]:
        text = f'problems: [{{id: Q, network: "{name.format(away=away)}", answers: {{c.params: 2}}}}]\n'
        (folder / "exam.yaml").write_text(text)
        return call("check", folder / "exam.yaml", *options)

    return checked


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("marking", [False, True])
def test_a_network_elsewhere_is_not_read(exam: Call, tmp_path: Path, name: str, marking: bool) -> None:
    (tmp_path / "sheet.csv").write_text("student,problem,key,answer\nS1,Q,c.params,2\n")
    code, out, err = exam(name, *(["--answers", tmp_path / "sheet.csv"] if marking else []))
    assert code == (2 if marking else 1)  # there is nothing to mark
    assert SECRET not in out + err
    assert "root:" not in out + err
    assert "did you mean" not in out + err
    assert "outside the folder" in " ".join((out + err).split()) or name == "\\0"


@pytest.mark.parametrize("name", ["net.yaml", "sub/net.yaml", "./sub/../net.yaml", "inner"])
def test_a_network_beside_or_below_is_read(exam: Call, name: str) -> None:
    assert exam(name)[0] == 0


@pytest.mark.parametrize("name", ["../away/secret.yaml", "link", "folder/secret.yaml", "../exam-more/n.yaml"])
def test_an_option_names_another_root(exam: Call, tmp_path: Path, name: str) -> None:
    assert exam(name, "--networks", tmp_path)[0] == 0
    assert exam(name, "--networks", tmp_path, "--jobs", "2")[0] == 0
    assert exam(name, "--networks", tmp_path / "exam")[0] == 1
    assert exam(name, "--networks", tmp_path / "none")[0] == 2


def test_standard_input_has_the_current_folder(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.yaml").write_text(NETWORK)
    monkeypatch.chdir(tmp_path)
    for name, code in (("net.yaml", 0), ("/etc/passwd", 1), ("../x", 1)):
        text = f"problems: [{{id: Q, network: {name}, answers: {{c.params: 2}}}}]\n"
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert call("check", "-")[0] == code


@pytest.mark.parametrize("kind", NO_NETWORKS)
@pytest.mark.parametrize("format", ["table", "json"])
def test_nothing_of_a_file_that_is_no_network_is_shown(exam: Call, tmp_path: Path, kind: str, format: str) -> None:
    data = NO_NETWORKS[kind]
    (tmp_path / "exam" / "notes").write_bytes(data if isinstance(data, bytes) else data.encode())
    code, out, err = exam("notes", "--format", format)
    assert code == 1
    assert SECRET not in out + err
    assert "is not a network" in out


def test_what_is_wrong_in_a_network_is_shown(exam: Call, tmp_path: Path) -> None:
    (tmp_path / "exam" / "net.yaml").write_text(NETWORK.replace("kernel", "kernle"))
    code, out, _ = exam("net.yaml", "--format", "json")
    assert (code, "kernle" in out) == (1, True)


def test_a_link_in_a_folder_that_leads_out_of_it_is_refused(exam: Call, call: Call, tmp_path: Path) -> None:
    exam("net.yaml")
    assert call("check", tmp_path / "exam")[0] == 0
    (tmp_path / "exam" / "more.yaml").symlink_to(tmp_path / "away" / "secret.yaml")
    for path in (tmp_path / "exam", f"{tmp_path}/exam/*.yaml"):
        code, out, err = call("check", path)
        assert (code, out, SECRET in err) == (2, "", False)
        assert "leads out of" in err
    (tmp_path / "exam" / "more.yaml").unlink()
    (tmp_path / "exam" / "more.yaml").symlink_to("exam.yaml")
    assert call("check", tmp_path / "exam")[0] == 0

"""What the documents say to type: the operator's lines are run, every name is set before use."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.bootstrap import build_runtime
from api.cli.main import COMMANDS, run
from api.settings import Settings

ROOT = Path(__file__).parents[2]
COMMAND = ".venv/bin/quytrinh"
DOCUMENTS = ("README.md", "docs/api.md", "docs/auditor.md", "docs/operator.md")


def blocks(document: str, kind: str = "sh") -> list[str]:
    """The fenced blocks of a document."""
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL)


def lines(document: str) -> Iterator[list[str]]:
    """Every line of a document's blocks that calls the command, as its arguments."""
    for block in blocks(document):
        for line in block.splitlines():
            if line.startswith(f"{COMMAND} "):
                yield shlex.split(line, comments=True)[1:]


def test_a_bare_machine_becomes_an_office_as_the_operator_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = blocks("docs/operator.md", "yaml")
    (tmp_path / "office.yaml").write_text(file, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(tmp_path / "var"))
    told = {}
    for arguments in lines("docs/operator.md"):
        if arguments != ["serve"]:
            assert run(arguments) == 0, arguments
            told[" ".join(arguments[:3])] = capsys.readouterr().out
    assert "quytrinh organization found" in told["database upgrade"]
    settings = Settings()
    runtime = build_runtime(settings)
    token = told["token create dong-bo"].strip()
    app = create_app(runtime, settings)
    with TestClient(app, base_url=settings.public_url, follow_redirects=False) as client:
        for username in ("quan.tri", "thu.ky", "truong.phong"):
            form = client.get("/login").text
            csrf = re.findall(r'name="csrf_token" value="([^"]+)"', form)[-1]
            answer = client.post(
                "/login",
                data={
                    "username": username,
                    "password": told[f"user add {username}"].strip(),
                    "csrf_token": csrf,
                },
                headers={"Origin": settings.public_url},
            )
            assert answer.status_code == 303, answer.text
            client.cookies.clear()
        asked = {"Authorization": f"Bearer {token}"}
        listed = client.get("/api/v1/definitions", headers=asked).json()["items"]
        assert "internal_audit" in {item["process"] for item in listed}
    runtime.database.close()
    assert run(("audit", "verify")) == 0


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_typed_exists_and_every_name_is_set_before_it_is_used(document: str) -> None:
    known = {"HOME", "QUYTRINH_DATA_DIR"}
    for block in blocks(document):
        assert "uuidgen" not in block
        for line in block.splitlines():
            used = set(re.findall(r"\$\{?([A-Z_]+)", line))
            assert used <= known, line
            known |= set(re.findall(r"^([A-Z_]+)=", line))
        for command in re.findall(rf"{re.escape(COMMAND)} (\w+)", block):
            assert command in COMMANDS
        assert re.search(r"^quytrinh ", block, re.MULTILINE) is None

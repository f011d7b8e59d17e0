"""`audit witnesses`, `audit witness --new` and `audit verify --held`, as somebody types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import build_runtime
from api.cli.main import run
from api.settings import Settings
from engine.audit.cosignature import Cosigner
from engine.audit.note import NoteSigner, sign_note
from engine.commands.publish_log import publish_log
from engine.queries.witnesses import newest_checkpoint, receipt
from engine.runtime import Caller, Runtime
from tests.fixtures import OFFICE, Databases

Tell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    def one(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return one


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A policy of one witness that nobody can reach."""
    key = Cosigner("witness.example/1", b"w" * 32).key.vkey
    path = tmp_path / "policy"
    path.write_text(f"witness Kho-bạc {key} https://witness.example\nquorum Kho-bạc\n")
    return path


@pytest.fixture
def runtime(
    sqlite_databases: Databases, tmp_path: Path, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """An installation with a published log, as the environment tells it."""
    monkeypatch.setenv("QUYTRINH_DATABASE_URL", sqlite_databases.founded())
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUYTRINH_WITNESS_POLICY", str(policy))
    # The office was founded under the key of the tests.
    (tmp_path / "log.key").write_text(b"a key of thirty-two bytes or more".hex() + "\n")
    found = build_runtime(Settings())
    for organization in found.organizations():
        publish_log(found, organization.id)
    yield found
    found.database.close()


def test_the_state_of_every_witness_is_told(tell: Tell, runtime: Runtime) -> None:
    assert runtime.publishing is not None
    code, out, _ = tell("--lang", "en", "audit", "witnesses")
    assert code == 1
    assert "NOT enough witnesses" in out
    assert "Kho-bạc: not asked yet" in out
    code, out, _ = tell("audit", "witnesses", "--format", "json")
    (office, _) = json.loads(out)
    assert (code, office["quorum_met"], office["alarm"]) == (1, False, False)
    assert office["witnesses"][0]["said"] == "never_asked"


@pytest.mark.usefixtures("runtime")
def test_a_policy_that_cannot_be_read_is_named_with_its_line(tell: Tell, policy: Path) -> None:
    policy.write_text("witness\nquorum none\n")
    code, _, err = tell("--lang", "en", "audit", "witnesses")
    assert (code, "line 1: words_wrong" in err) == (2, True)
    policy.unlink()
    assert tell("audit", "witnesses")[0] == 2


def test_a_paper_that_was_kept_is_held_against_the_log(
    tell: Tell, runtime: Runtime, tmp_path: Path
) -> None:
    found = newest_checkpoint(runtime, OFFICE)
    assert found is not None
    note, head = found
    paper, kept = tmp_path / "paper.txt", tmp_path / "entry.tlog-proof"
    # As a telephone hands it on: other line ends, none at the end.
    paper.write_bytes(note.strip().replace(b"\n", b"\r\n"))
    with runtime.read(OFFICE) as uow:
        person = uow.tables.organization.people(uow.today)[0].id
    caller = Caller(organization_id=OFFICE, person=person)
    kept.write_bytes(receipt(runtime, caller, 0).content or b"")
    code, out, _ = tell("audit", "verify", "--held", str(paper), "--held", str(kept))
    assert code == 0, out
    # The log is rewritten under the real key: only the paper knows.
    assert runtime.publishing is not None
    signer = NoteSigner(head.origin, runtime.publishing.keys.seeds()[0])
    other = type(head)(head.origin, head.size, bytes(32))
    paper.write_bytes(sign_note(other.text(), [signer]))
    code, out, _ = tell("audit", "verify", "--held", str(paper), "--format", "json")
    codes = {finding["code"] for told in json.loads(out) for finding in told["findings"]}
    assert (code, codes) == (1, {"checkpoint_differs"})
    longer = type(head)(head.origin, head.size + 99, bytes(32))
    paper.write_bytes(sign_note(longer.text(), [signer]))
    code, out, _ = tell("audit", "verify", "--held", str(paper), "--format", "json")
    assert "truncated" in out
    assert code == 1


def test_a_paper_that_anybody_could_print_accuses_nobody(
    tell: Tell, runtime: Runtime, tmp_path: Path
) -> None:
    found = newest_checkpoint(runtime, OFFICE)
    assert found is not None
    head, paper = found[1], tmp_path / "paper.txt"
    for content, said in (
        (sign_note(head.text(), [NoteSigner(head.origin, b"x" * 32)]), "no key of this log"),
        (sign_note(head.text().replace("skhcn", "khac"), [NoteSigner("x", b"x" * 32)]), "another"),
        (b"scribbles", "holds no checkpoint"),
    ):
        paper.write_bytes(content)
        code, _, err = tell("--lang", "en", "audit", "verify", "--held", str(paper))
        assert (code, said in err) == (2, True), err
    assert tell("audit", "verify", "--held", str(tmp_path / "nowhere"))[0] == 2


def test_a_witness_is_begun_once(tell: Tell, tmp_path: Path) -> None:
    files = ("--key", str(tmp_path / "key"), "--state", str(tmp_path / "state"))
    code, out, _ = tell("audit", "witness", *files, "--new", "nhanchung.example.vn/1")
    assert code == 0
    assert "nhanchung.example.vn/1+" in out
    for more in (("--new", "again"), (), ("--log", "nonsense"), ("--log", out.split()[-1])):
        assert tell("audit", "witness", *files, *more)[0] == 2
    log = NoteSigner("log.example/1", b"l" * 32).vkey
    for listen in ("nowhere", "127.0.0.1:99999", "203.0.113.1:1"):
        assert tell("audit", "witness", *files, "--log", log, "--listen", listen)[0] == 2
    (tmp_path / "state").unlink()
    assert tell("audit", "witness", *files, "--log", log)[0] == 2
    (tmp_path / "key").unlink()
    assert tell("audit", "witness", *files, "--log", log)[0] == 2

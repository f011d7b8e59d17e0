"""The commands that work on a database: schema, organisation, users, plan, log."""

import copy
import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from api.auth.passwords import Passwords
from api.bootstrap import build_runtime
from api.cli import plan
from api.cli.main import run
from api.seeds import DEFINITIONS, read_plan
from api.settings import Settings
from engine.commands.enter_plan import enter_plan
from engine.commands.manage_accounts import token_of
from engine.runtime import Runtime
from engine.storage.database import Database
from tests.api.web import EXPORT, EXPORT_ROW
from tests.fixtures import Databases

Tell = Callable[..., tuple[int, str, str]]
PAGE_BYTES = 4096
ORGANIZATION = DEFINITIONS / "organizations" / "demonstration.yaml"


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Runs a command; its exit code and what it said."""

    def one(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return one


@pytest.fixture
def installation(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation on an empty database, as the environment tells it; on both engines."""
    monkeypatch.setenv("QUYTRINH_DATABASE_URL", databases.empty())
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(tmp_path))
    return Settings()


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the command line founded an organisation, to be copied."""
    folder = tmp_path_factory.mktemp("founded")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("QUYTRINH_DATA_DIR", str(folder))
        assert run(("database", "upgrade")) == 0
        assert run(("organization", "found", str(ORGANIZATION))) == 0
    return folder


@pytest.fixture
def office(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """The founded organisation, in a data folder of its own."""
    folder = tmp_path / "data"
    shutil.copytree(founded, folder)
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(folder))
    runtime = build_runtime(Settings())
    yield runtime
    runtime.database.close()


def test_a_database_is_behind_until_it_is_upgraded(installation: Settings, tell: Tell) -> None:
    # An empty database is behind; without one there is nothing to be behind.
    there = not str(installation.database_url).startswith("sqlite")
    assert tell("database", "check")[0] == (1 if there else 2)
    code, _, err = tell("audit", "verify")
    assert code == 2
    assert "quytrinh database upgrade" in err
    assert tell("serve", "--port", "8765")[::2] == (2, err)
    assert tell("worker")[::2] == (2, err)
    assert tell("database", "upgrade")[0] == 0
    assert tell("database", "upgrade")[0] == 0
    assert tell("--lang", "en", "database", "check")[:2] == (
        0,
        "The database is at its newest revision.\n",
    )


def test_a_founded_office_has_every_shipped_version(office: Runtime, tell: Tell) -> None:
    with office.read("skhcn") as uow:
        assert "internal_audit" in uow.tables.definitions.processes()
        assert not uow.organization.demonstration
    assert tell("database", "upgrade")[1].count("Đã ban hành") == 0
    code, _, err = tell("organization", "found", str(ORGANIZATION))
    assert code == 2
    assert err.strip()


def test_an_upgrade_refuses_a_number_with_another_content(
    office: Runtime, tell: Tell, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    shipped = (DEFINITIONS / "review_decision.yaml").read_text("utf-8")
    changed = folder / "review_decision.yaml"
    changed.write_text(shipped.replace("due: 3wd", "due: 4wd", 1), "utf-8")
    code, _, err = tell("definitions", "publish", str(changed))
    assert code == 2
    assert "review_decision" in err
    changed.write_text(shipped.replace("version: 1", "version: 2", 1), "utf-8")
    code, out, _ = tell("definitions", "publish", str(folder))
    assert (code, out.splitlines()) == (
        0,
        [
            "Đã ban hành review_decision phiên bản 2.",
            "Mới ban hành: 1; đã ban hành từ trước: 0.",
        ],
    )
    assert tell("definitions", "publish", str(folder))[1].splitlines() == [
        "review_decision phiên bản 2 đã được ban hành trước đó.",
        "Mới ban hành: 0; đã ban hành từ trước: 1.",
    ]
    *each, all_known = tell("definitions", "publish")[1].splitlines()
    assert "internal_audit phiên bản 5 đã được ban hành trước đó." in each
    assert all_known == f"Mới ban hành: 0; đã ban hành từ trước: {len(each)}."
    code, out, _ = tell("definitions", "diff", "review_decision@1", "review_decision@2")
    assert code == 0
    assert "~ version: 1 → 2" in out.splitlines()
    assert tell("definitions", "diff", "review_decision", "review_decision@2")[1] == out
    code, _, err = tell("definitions", "diff", "review_decision@1", "review_decision@9")
    assert (code, err) == (
        2,
        "Quy trình “review_decision” không có phiên bản 9. Đã ban hành: 1, 2.\n",
    )
    database = office.database.engine.url.render_as_string(hide_password=False)
    arguments = ("definitions", "check", str(changed), "--against", database)
    assert tell(*arguments)[0] == 0
    changed.write_text(changed.read_text("utf-8").replace("due: 3wd", "due: 4wd", 1), "utf-8")
    code, out, _ = tell(*arguments)
    assert code == 1
    assert "E70" in out


def test_a_user_is_added_and_only_the_password_is_printed(office: Runtime, tell: Tell) -> None:
    code, out, err = tell(
        *("user", "add", "chi.lan", "--role", "unit_head", "--unit", "office"),
        *("--full-name", "Chu Thị Lan Chi"),
    )
    assert (code, err) == (0, "")
    password = out.strip()
    assert len(password) >= 12
    with office.credentials() as (accounts, _):
        account = accounts.by_username("chi.lan")
    assert account is not None
    assert Passwords().matches(password, account.password_hash)
    with office.read("skhcn") as uow:
        actor = uow.tables.organization.actor(account.person, on=uow.today)
        known = uow.tables.organization.known([account.person], on=uow.today)
    assert actor is not None
    assert [(grant.role, grant.unit) for grant in actor.grants] == [("unit_head", "office")]
    assert known[account.person].name == "Chu Thị Lan Chi"
    assert tell("audit", "verify")[0] == 0


WRONG = (
    (("user", "add", "x", "--role", "king"), "king"),
    (("user", "add", "x", "--role", "unit_head"), "--unit"),
    (("user", "add", "x", "--role", "unit_head", "--unit", "moon"), "moon"),
    (("user", "add", "x", "--role", "system"), "system"),
    (("user", "add", "x", "--role", "clerk", "--organization", "other"), "skhcn"),
    (("token", "create", "t", "--user", "nobody"), "nobody"),
    (("plan", "show", "1999"), "1999"),
    (("organization", "found", "nowhere.yaml"), "nowhere.yaml"),
)


def test_what_cannot_be_done_is_a_sentence(office: Runtime, tell: Tell) -> None:
    with office.read("skhcn") as uow:
        size = uow.tables.log.size()
    for arguments, word in WRONG:
        code, out, err = tell(*arguments)
        assert (code, out) == (2, ""), arguments
        assert word in err
        assert not err.startswith("error.")
    with office.read("skhcn") as uow:
        assert uow.tables.log.size() == size


def test_a_token_opens_the_house_for_its_user_alone(office: Runtime, tell: Tell) -> None:
    assert tell("user", "add", "quan.tri", "--role", "administrator")[0] == 0
    code, out, err = tell(
        *("token", "create", "đồng bộ", "--user", "quan.tri"),
        *("--scope", "read", "--scope", "evidence", "--expires", "2999-12-31"),
    )
    assert (code, err) == (0, "")
    token = token_of(office, out.strip())
    assert token is not None
    assert token.scopes == {"read", "evidence"}
    assert token.name == "đồng bộ"
    assert tell("token", "create", "x", "--user", "quan.tri", "--scope", "fly")[0] == 2
    assert tell("token", "create", "x", "--user", "quan.tri", "--expires", "soon")[0] == 2


def test_the_plan_is_shown_row_by_row(office: Runtime, tell: Tell) -> None:
    body = read_plan(DEFINITIONS / "plans" / "2023.yaml")
    enter_plan(office, "skhcn", 2023, body)
    code, out, err = tell("plan", "show", "2023")
    assert (code, err) == (0, "")
    heading, *lines = out.splitlines()
    assert heading == "Kế hoạch mục tiêu chất lượng năm 2023, lần ban hành 1"
    rows_told = [line for line in lines if not line.startswith(" ")]
    assert [line.split()[0] for line in rows_told] == [row["code"] for row in body["rows"]]
    # The plan of a year that is over, of which no case was ever opened here.
    assert lines[1].startswith("      Cần xử lý: Báo cáo tuần về nhiệm vụ Thành phố giao: hết ")
    code, out, _ = tell("--lang", "en", "plan", "show", "2023", "--format", "json")
    rows = {row["code"]: row for row in json.loads(out)}
    assert rows["5.3"]["time"] == "November 2023"
    assert rows["2"]["time"] == ""
    assert rows["4"]["instances"] == []


def test_a_plan_is_opened_once_and_says_what_became_of_each_row(
    office: Runtime, tell: Tell
) -> None:
    code, out, err = tell("plan", "open", "2023")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "Đã nhập kế hoạch năm 2023, lần ban hành 1."
    assert lines[-1].endswith("mở 8 hồ sơ, đã có 0.")
    told = {tuple(line.split()[:2]): line for line in lines[1:-1]}
    assert told["4", "internal_audit"].split()[2:] == ["đã", "mở", "IA-2023-01"]
    assert told["4", "corrective_action"].endswith("mở khi phát sinh")
    assert told["2.1", "tthc_publication"].endswith("mở khi phát sinh")
    code, out, _ = tell("--lang", "en", "plan", "open", "2023")
    assert code == 0
    assert out.splitlines()[-1].endswith("0 cases opened, 8 were there.")
    code, out, _ = tell("plan", "open", "2023", "--format", "json", "--organization", "skhcn")
    found = json.loads(out)
    assert (found["year"], found["entered"], found["edition"]) == (2023, False, 1)
    # The audit of 2023 is due after the review of 2023: it was opened too late.
    assert "Đánh giá nội bộ" in found["warnings"][0]
    assert {row["outcome"] for row in found["rows"]} == {"there", "as_it_arises"}
    with office.read("skhcn") as uow:
        assert uow.tables.plans.years() == (2023,)
    assert tell("audit", "verify")[0] == 0


def test_an_order_that_a_plan_cannot_keep_is_a_warning(office: Runtime, tell: Tell) -> None:
    body = copy.deepcopy(dict(read_plan(DEFINITIONS / "plans" / "2023.yaml")))
    next(row for row in body["rows"] if row["code"] == "4")["time"]["window"]["months"] = [12]
    enter_plan(office, "skhcn", 2023, body)
    for command in ("open", "show"):
        code, out, _ = tell("plan", command, "2023")
        assert code == 0
        assert "Cảnh báo: Bước “" in out
        assert "“Đánh giá nội bộ” có thể đến " in out


def test_a_year_without_a_plan_or_with_that_of_another_is_not_opened(
    office: Runtime, tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = tell("plan", "open", "2031")
    assert code == 2
    assert "definitions/plans/2031.yaml" in err
    plans = tmp_path / "plans"
    plans.mkdir()
    shutil.copy(DEFINITIONS / "plans" / "2023.yaml", plans / "2031.yaml")
    monkeypatch.setattr(plan, "PLANS", plans)
    code, _, err = tell("plan", "open", "2031")
    assert code == 2
    assert "2023" in err
    with office.read("skhcn") as uow:
        assert uow.tables.plans.years() == ()


def test_the_log_leaves_whole_in_both_forms(office: Runtime, tell: Tell) -> None:
    assert tell("user", "add", "quan.tri", "--role", "administrator")[0] == 0
    with office.read("skhcn") as uow:
        size = uow.tables.log.size()
    _, out, _ = tell("audit", "export", "--format", "jsonl")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["idx"] for line in lines] == list(range(size))
    assert lines[0]["body"]["type"] == "organization_changed"
    _, out, _ = tell("audit", "export", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["leaf_hash"] for row in rows[:size]] == [line["leaf_hash"] for line in lines]
    # The first export is itself an entry.
    assert [row["type"] for row in rows[size - 1 :]] == ["account_changed", "data_exported"]


def test_a_changed_entry_is_named(installation: Settings, tell: Tell) -> None:
    assert tell("database", "upgrade")[0] == 0
    assert tell("organization", "found", str(ORGANIZATION))[0] == 0
    code, out, _ = tell("audit", "verify", "--database", str(installation.database_url))
    assert code == 0
    assert "skhcn: nguyên vẹn" in out
    # The order of times is held in a real organisation: it is not among what was left out.
    assert "skhcn: chưa kiểm chứng được:\n  - điểm kiểm tra giữ bên ngoài: " in out
    assert "thứ tự thời gian" not in out
    assert "  - dữ liệu cơ quan: người, đơn vị, vai trò được giao\n" in out
    _, out, _ = tell("--lang", "en", "audit", "verify")
    assert "skhcn: not checked:\n  - checkpoints kept outside" in out
    assert "whether the times of the entries rise" not in out
    _spoil(str(installation.database_url))
    code, out, _ = tell("audit", "verify")
    assert code == 1
    assert "skhcn: Mục 1: nội dung không khớp dấu vân tay" in out
    assert "[leaf_hash_differs]" in out
    assert "KHÔNG nguyên vẹn" in out
    assert "None" not in out
    code, out, _ = tell("audit", "verify", "--format", "json")
    assert code == 1
    (verdict,) = json.loads(out)
    assert verdict["intact"] is False
    assert {finding["entry"] for finding in verdict["findings"]} >= {1}
    assert any(finding["message"].startswith("Mục 1: ") for finding in verdict["findings"])


def _spoil(address: str) -> None:
    """Change one byte as somebody with the database's own password could."""
    database = Database(address)
    with database.writing() as session:
        if database.is_sqlite:
            session.execute(text("DROP TRIGGER log_entry_no_update"))
        else:
            session.execute(text("DROP TRIGGER log_entry_no_change ON log_entry"))
        body = session.execute(text("SELECT body FROM log_entry WHERE idx = 1")).scalar_one()
        changed = bytes(body).replace(b"accepted", b"acceptef")
        assert changed != bytes(body)
        session.execute(text("UPDATE log_entry SET body = :b WHERE idx = 1"), {"b": changed})
        session.commit()
    database.close()


def test_several_organisations_must_be_told_apart(
    office: Runtime, tell: Tell, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(ORGANIZATION.read_text("utf-8").replace("slug: skhcn", "slug: other"), "utf-8")
    assert tell("organization", "found", str(other))[::2] == (0, "")
    code, _, err = tell("audit", "export")
    assert code == 2
    assert "other" in err
    assert "skhcn" in err
    assert tell("audit", "export", "--organization", "other")[0] == 0
    assert tell("audit", "verify")[1].count("nguyên vẹn") == 2
    assert len(office.organizations()) == 2


def test_settings_that_make_no_sense_are_named(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUYTRINH_PORT", "many")
    code, _, err = tell("database", "check")
    assert code == 2
    assert "QUYTRINH_PORT" in err


def test_the_language_of_the_shell_is_taken(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(tmp_path))
    assert tell("database", "upgrade")[0] == 0
    said = {}
    for language in ("en_GB.UTF-8", "vi_VN.UTF-8", "C.UTF-8"):
        monkeypatch.setenv("LANG", language)
        said[language] = tell("database", "check")[1]
    assert said["en_GB.UTF-8"] == "The database is at its newest revision.\n"
    assert said["vi_VN.UTF-8"] == said["C.UTF-8"] == "Cơ sở dữ liệu ở bản mới nhất.\n"


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("garbage", "Không đọc được địa chỉ"),
        ("mysql://user:secret@host/x", "Không đọc được địa chỉ"),
        ("postgresql+psycopg://127.0.0.1:port/x", "Không đọc được địa chỉ"),
        ("postgresql+psycopg://127.0.0.1:1/x", "chưa kết nối được"),
        ("sqlite:////nonexistent/x.db", "Không có cơ sở dữ liệu ở /nonexistent/x.db."),
        ("sqlite:///{folder}/no.db", "không phải là cơ sở dữ liệu"),
    ],
)
def test_a_database_that_cannot_be_used_is_a_sentence_and_no_verdict(
    tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, word: str
) -> None:
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(tmp_path))
    (tmp_path / "no.db").write_bytes(b"This is not a database. " * 400)
    told = address.format(folder=tmp_path)
    sound = str(DEFINITIONS / "review_decision.yaml")
    lines = [
        ("audit", "verify", "--database", told),
        ("definitions", "check", sound, "--against", told),
    ]
    for line in lines if "://" in told else lines[:1]:
        code, out, err = tell(*line)
        assert (code, out) == (2, "")
        assert word in err
        assert len(err.splitlines()) == 1
        assert "secret" not in err
    monkeypatch.setenv("QUYTRINH_DATABASE_URL", told)
    for line in (("database", "check"), ("audit", "export"), ("plan", "show", "2023")):
        code, out, err = tell(*line)
        assert (code, out) == (2, "")
        assert word in err


LOOKING = (
    ("database", "check"),
    ("audit", "verify"),
    ("audit", "verify", "--format", "json"),
    ("audit", "export"),
    ("plan", "show", "2023"),
    ("definitions", "diff", "internal_audit@1", "internal_audit@2"),
    ("user", "add", "an", "--role", "director"),
    ("serve", "--port", "8765"),
    ("worker",),
)


@pytest.mark.parametrize("line", LOOKING)
def test_what_needs_a_database_makes_none_where_there_is_none(
    tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: tuple[str, ...]
) -> None:
    folder = tmp_path / "wrong"
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(folder))
    code, out, err = tell(*line)
    assert (code, out) == (2, "")
    assert err.startswith(f"Không có cơ sở dữ liệu ở {folder / 'quytrinh.db'}.")
    assert not folder.exists()


def test_a_copy_is_looked_at_without_making_a_key(
    office: Runtime, tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = office.database.engine.url.render_as_string(hide_password=False)
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(elsewhere))
    code, out, _ = tell("audit", "verify", "--database", database, "--format", "json")
    assert code == 0
    (verdict,) = json.loads(out)
    assert verdict["intact"] is True
    assert "hmac" in verdict["not_checked"]
    assert not elsewhere.exists()


def test_a_damaged_file_is_a_fault_and_no_traceback(office: Runtime, tell: Tell) -> None:
    file = Path(str(office.database.engine.url.database))
    office.database.close()
    whole = file.read_bytes()
    pages = len(whole) // PAGE_BYTES
    told = set()
    for page in range(1, pages, max(1, pages // 25)):
        at = page * PAGE_BYTES
        file.write_bytes(whole[:at] + b"\xa5" * PAGE_BYTES + whole[at + PAGE_BYTES :])
        code, out, err = tell("audit", "verify")
        assert code in {0, 1}, err
        assert err == ""
        if "[database_malformed]" in out:
            assert (code, out.splitlines()) == (1, [out.strip()])
            told.add(page)
    assert told
    file.write_bytes(whole[:PAGE_BYTES] + b"\xa5" * (len(whole) - PAGE_BYTES))
    code, out, _ = tell("audit", "verify", "--format", "json")
    assert code == 1
    ((fault,),) = (verdict["findings"] for verdict in json.loads(out))
    assert fault["code"] == "database_malformed"
    for line in (("audit", "export"), ("plan", "show", "2023"), ("database", "check")):
        code, _, err = tell(*line)
        assert code == 2
        assert "bị hỏng" in err
    file.write_bytes(whole)
    assert tell("audit", "verify")[0] == 0


def test_bytes_of_a_page_that_nothing_uses_are_no_fault(office: Runtime, tell: Tell) -> None:
    file = Path(str(office.database.engine.url.database))
    for statement in ("CREATE TABLE scrap (x)", "INSERT INTO scrap VALUES (zeroblob(200000))"):
        with office.database.writing() as session:
            session.execute(text(statement))
            session.commit()
    with office.database.writing() as session:
        session.execute(text("DROP TABLE scrap"))
        session.commit()
    with office.database.engine.connect() as connection:
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
    office.database.close()
    assert free > 10
    whole = file.read_bytes()
    file.write_bytes(whole[:-PAGE_BYTES] + b"\xa5" * PAGE_BYTES)
    assert tell("audit", "verify")[0] == 0


def test_a_database_without_an_organisation_has_no_verdict(
    tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(tmp_path))
    assert tell("database", "upgrade")[0] == 0
    code, out, err = tell("audit", "verify")
    assert (code, out) == (2, "")
    assert "Chưa có cơ quan nào" in err


def check_register(tell: Tell) -> None:
    """Without a file the register is counted, units by their titles."""
    window = ("--from", "2026-01-01", "--to", "2026-12-31", "--by", "unit")
    code, out, err = tell("dossiers", "analyse", *window)
    assert code == 0
    assert "Theo đơn vị" in out
    assert "Sổ hồ sơ của" in err
    told = json.loads(tell("dossiers", "analyse", *window, "--format", "json")[1])
    (group,) = told["by"]["unit"]
    assert group["figures"]["received"] == told["total"]["received"] == 1
    assert group["group"] not in out
    assert told["source"]["as_of"]
    code, out, err = tell("dossiers", "analyse", "--preview")
    assert (code, out, "nêu tệp" in err) == (2, "", True)


def test_an_empty_register_is_a_sentence(
    tell: Tell, founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(founded, tmp_path / "var")
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(tmp_path / "var"))
    code, out, err = tell("--lang", "en", "dossiers", "analyse")
    assert (code, out, "no export was imported yet" in err) == (2, "", True)


def test_an_export_is_imported_from_the_command_line(
    tell: Tell, founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "var"
    shutil.copytree(founded, folder)
    monkeypatch.setenv("QUYTRINH_DATA_DIR", str(folder))
    for role in ("one_stop", "clerk"):
        assert tell("user", "add", role, "--role", role, "--unit", "one_stop")[0] == 0
    file = tmp_path / "tuan.csv"
    file.write_text(EXPORT.replace("Văn phòng Sở", "VP") + EXPORT_ROW, "utf-8")
    line = ("dossiers", "import", str(file), "--user", "one_stop", "--rows", "3")
    code, out, err = tell(*line)
    assert code == 0
    assert "2 dòng, 1 hồ sơ mới" in out
    assert "khai báo 3 dòng, đọc được 2 dòng" in err
    assert "Cơ quan không có đơn vị “VP”" in err
    assert "Người nộp" in err
    assert "Bình" not in out + err
    check_register(tell)
    code, out, err = tell("--lang", "en", *line, "--alias", "VP=office")
    assert (code, "2 rows, 1 new, 0 changed, 1 unchanged" in out) == (0, True)
    assert "imported before" in tell("--lang", "en", *line, "--alias", "VP=office")[2]
    assert tell(*line, "--alias", "VP")[0] == 2
    assert tell("dossiers", "import", str(file), "--user", "clerk")[0] == 2
    assert tell("dossiers", "import", str(file), "--user", "nobody")[0] == 2
    assert tell("dossiers", "import", "no.csv", "--user", "one_stop")[0] == 2
    assert tell("audit", "verify")[0] == 0


@pytest.mark.usefixtures("office")
def test_a_pack_is_made_by_command_and_judged_by_command(
    tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tell("plan", "open", "2023")[0] == 0
    assert tell("audit", "pack", "--year", "2023")[0] == 2
    assert tell("audit", "publish")[0] == 0
    for wrong in ((), ("IA-2023-01", "--year", "2023"), ("IA-1999-01",)):
        assert tell("audit", "pack", *wrong)[0] == 2
    making = ("audit", "pack", "--year", "2023", "--output", "year.zip")
    code, out, err = tell(*making)
    assert (code, err, "SHA-256" in out) == (0, "", True)
    assert tell(*making)[0] == 2, "what is there is not written over"
    assert [path.name for path in tmp_path.glob("*.zip*")] == ["year.zip"]
    key = tell("audit", "key", "show")[1]
    (tmp_path / "policy").write_text(f"log {key}quorum none\n", "utf-8")
    judging = ("audit", "verify", "--bundle", "year.zip")
    code, out, err = tell(*judging, "--policy", "policy", "--held", "year.zip")
    assert (code, err) == (0, "")
    assert "NGUYÊN VẸN" in out
    content = bytearray((tmp_path / "year.zip").read_bytes())
    content[-60] ^= 1
    (tmp_path / "year.zip").write_bytes(content)
    code, out, _ = tell(*judging, "--format", "json")
    assert (code, json.loads(out)["exit_code"]) == (1, 10)
    assert tell("audit", "verify", "--bundle", "nowhere.zip")[0] == 2

"""`quytrinh dossiers analyse`: figures of a file, without any database, in both languages."""

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pytest

from api.cli.main import run
from tests import dossier_reference as reference
from tests.dossier_exports import Style, write_csv

Tell = Callable[..., tuple[int, str, str]]
QUARTER = ("--from", "2026-04-01", "--to", "30/06/2026")


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "xuat.csv"
    write_csv(path, 1_500, seed=11, style=Style(late=30, twice=10, wrong=10))
    return path


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    def one(*arguments: str) -> tuple[int, str, str]:
        code = run(("dossiers", "analyse", *arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return one


def test_the_figures_are_those_of_an_independent_computation(tell: Tell, export: Path) -> None:
    code, out, _ = tell(str(export), *QUARTER, "--by", "unit", "--format", "json")
    told = json.loads(out)
    raws = reference.dossiers(export, encoding="utf-8-sig", delimiter=";")
    expected = reference.figures(
        raws, *(reference.day(day) for day in ("2026-04-01", "2026-06-30"))
    )
    assert code == 0
    total = told["total"]
    for name in ("opening", "received", "finished", "closing", "late", "pending_late", "overdue"):
        assert total[name] == expected[name]
    assert total["time_cut"] == {
        "numerator": expected["cut"],
        "denominator": expected["regulated"],
    }
    assert told["source"]["accepted"] == len(raws)
    assert sum(group["figures"]["overdue"] for group in told["by"]["unit"]) == expected["overdue"]


def test_tables_are_told_in_both_languages_and_the_source_apart(tell: Tell, export: Path) -> None:
    code, out, err = tell(str(export), *QUARTER, "--by", "cause", "--by", "stage")
    assert code == 0
    assert "Tỷ lệ đúng và trước hạn (%)" in out
    assert "Theo nguyên nhân" in out
    assert "Bỏ cột có thông tin cá nhân: Họ và tên người nộp, Số điện thoại, Số CCCD." in err
    assert "Phải là ngày" in err


def test_the_english_is_english(capsys: pytest.CaptureFixture[str], export: Path) -> None:
    assert run(("--lang", "en", "dossiers", "analyse", str(export), *QUARTER)) == 0
    captured = capsys.readouterr()
    assert "Time cut against regulation (%)" in captured.out
    assert not re.search(r"dossier\.[a-z]|cli\.", captured.out + captured.err)
    assert "Columns with personal data left out" in captured.err


def test_figures_are_set_for_word_with_their_tables_and_their_chart(
    tell: Tell, export: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.docx"
    line = (str(export), *QUARTER, "--by", "unit", "--format", "docx", "--out", str(out))
    assert tell(*line)[0] == 0
    first = out.read_bytes()
    document = docx.Document(str(out))
    told = json.loads(tell(str(export), *QUARTER, "--by", "unit", "--format", "json")[1])
    total, by_count, _, by_unit = document.tables
    figures = {row.cells[0].text: row.cells[1].text for row in total.rows}
    assert figures["Tiếp nhận trong kỳ"] == str(told["total"]["received"])
    causes = [int(row.cells[1].text) for row in by_count.rows[1:]]
    assert sum(causes) == told["total"]["overdue"]
    assert len(by_unit.rows) == 1 + len(told["by"]["unit"])
    assert len(document.inline_shapes) == 1
    assert tell(*line)[0] == 0
    assert out.read_bytes() == first, "the same figures are the same file"


def test_no_cell_becomes_a_formula(tell: Tell, tmp_path: Path) -> None:
    desk, out = tmp_path / "a.csv", tmp_path / "out"
    desk.write_text(
        "Mã hồ sơ;Tên thủ tục;Đơn vị;Ngày tiếp nhận;Ngày hẹn trả;Nguyên nhân\n"
        "H-1;=cmd|'/c calc'!A0;@SUM(A1);01/06/2026;05/06/2026;=1+1\n",
        "utf-8",
    )
    faults = tmp_path / "faults.csv"
    line = (str(desk), *QUARTER, "--by", "procedure", "--by", "unit", "--out", str(out))
    assert tell(*line, "--format", "csv", "--faults", str(faults))[0] == 0
    cells = [
        cell
        for file in (out, faults)
        for row in csv.reader(io.StringIO(file.read_text("utf-8-sig")), delimiter=";")
        for cell in row
    ]
    assert "'=cmd|'/c calc'!A0" in cells
    assert "'@SUM(A1)" in cells
    assert not any(cell.startswith(("=", "+", "@", "-")) for cell in cells)
    assert tell(*line, "--format", "xlsx", "--faults", str(tmp_path / "faults.xlsx"))[0] == 0
    out.rename(out.with_suffix(".xlsx"))
    for file in ("out.xlsx", "faults.xlsx"):
        book = openpyxl.load_workbook(tmp_path / file)
        kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
        assert "f" not in kinds
    assert tell(str(desk), *QUARTER, "--format", "table")[0] == 0


def test_columns_are_set_on_the_line_in_a_file_and_seen_in_a_preview(
    tell: Tell, tmp_path: Path
) -> None:
    desk = tmp_path / "a.csv"
    desk.write_text(
        "Mã;Tên thủ tục;Đơn vị;Ngày tiếp nhận;Hạn\nH-1;A;B;01/06/2026;05/06/2026\n", "utf-8"
    )
    code, _, err = tell(str(desk))
    assert (code, "code, due_on" in err) == (2, True)
    columns = ("--map", "code=Mã", "--map", "due_on=hạn")
    code, out, _ = tell(str(desk), *columns, "--preview")
    assert code == 0
    assert "Dòng 2: H-1 | A | B" in out
    saved = tmp_path / "mapping.json"
    saved.write_text(json.dumps({"columns": {"code": "Mã", "due_on": "Hạn"}}), "utf-8")
    code, out, _ = tell(str(desk), *QUARTER, "--mapping", str(saved), "--format", "json")
    assert json.loads(out)["total"]["received"] == 1


def test_remedies_are_compared(tell: Tell, export: Path, tmp_path: Path) -> None:
    remedies = tmp_path / "remedies.json"
    remedies.write_text('[{"cause": "late_update", "on": "2026-05-15"}]', "utf-8")
    line = (str(export), *QUARTER, "--remedies", str(remedies))
    code, out, _ = tell(*line, "--format", "json")
    (found,) = json.loads(out)["recurrence"]
    assert (code, found["cause"], found["unit"]) == (0, "late_update", None)
    assert found["after"] > 0
    assert found["first_again"] > "2026-05-15"
    assert "Tái diễn sau khắc phục" in tell(*line)[1]
    remedies.write_text('[{"cause": "late_update"}]', "utf-8")
    code, _, err = tell(*line)
    assert (code, "dòng 1" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.csv",), "nowhere.csv"),
        (("{file}", "--from", "2026-07-02", "--to", "2026-07-01"), "trước khi bắt đầu"),
        (("{file}", "--map", "due_on"), "--map CỘT=TIÊU ĐỀ"),
        (("{file}", "--map", "name=x"), "name"),
        (("{file}", "--format", "odt"), "odt"),
        (("{file}", "--by", "weather"), "weather"),
    ],
)
def test_what_is_wrong_is_a_sentence(
    tell: Tell, export: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = tell(*(argument.format(file=export) for argument in arguments))
    assert (code, out) == (2, "")
    assert said in err


def test_a_file_without_a_single_dossier_exits_with_one(tell: Tell, tmp_path: Path) -> None:
    desk = tmp_path / "a.csv"
    desk.write_text(
        "Mã hồ sơ;Tên thủ tục;Đơn vị;Ngày tiếp nhận;Ngày hẹn trả\nH-1;A;B;x;y\n", "utf-8"
    )
    assert tell(str(desk), *QUARTER)[0] == 1


def test_no_database_is_behind_it(export: Path) -> None:
    line = (
        "import sys; from api.cli.main import run; "
        f"code = run(['dossiers', 'analyse', {str(export)!r}, *{QUARTER!r}]); "
        "print('IMPORTED', code, {'sqlalchemy', 'fastapi', 'dbos'} & set(sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 - this interpreter, our own line.
        [sys.executable, "-c", line], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines()[-1] == "IMPORTED 0 set()"

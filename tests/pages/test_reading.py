"""What a page leaves out, puts aside or says in other words, so that it is read."""

from tests.pages.conftest import Enter
from tests.pages.equipment import Page
from tests.pages.office_work import Audit


def test_a_step_that_rows_hold_back_waits_in_the_inbox_with_every_reason(audit: Audit) -> None:
    page = audit.at("lead_auditor").open("/")

    ready, _, waiting = page.text.partition("Đang chờ")
    assert "Kết thúc đánh giá tại chỗ" not in ready
    assert "Để thực hiện “Kết thúc đánh giá tại chỗ”" in waiting
    assert "Mọi lượt đánh giá phải hoàn thành" in waiting
    assert "Mọi câu trong phiếu hỏi phải có kết quả" in waiting


def test_a_column_is_left_out_where_the_name_of_the_slot_tells_it_in_every_row(
    audit: Audit,
) -> None:
    page = audit.see("lead_auditor")

    headings = headings_of(page, "set-finding")
    assert headings[0] == "Lượt đánh giá"
    assert "Đơn vị" not in headings
    # Somebody else than the auditor of the slot found it.
    assert "Người phát hiện" in headings
    assert "Đơn vị" in headings_of(page, "set-slot")


def test_rows_that_nobody_may_write_stand_behind_one_click(audit: Audit) -> None:
    lead = audit.see("lead_auditor").html
    reader = audit.see("external_auditor").html

    assert "Xem các dòng" not in lead
    assert reader.count("Xem các dòng") == 3


def test_figures_that_have_nothing_to_count_stand_aside(audit: Audit) -> None:
    page = audit.see("director")

    told, _, silent = page.html.partition("chỉ số chưa có số liệu")
    assert "Đơn vị đã đánh giá trên kế hoạch" in told
    assert "Số ngày làm việc trung vị để đóng phiếu" in silent
    assert "Số ngày làm việc trung vị để đóng phiếu" not in told


def test_promises_are_told_in_words(enter: Enter) -> None:
    page = enter("director").open("/definitions/internal_audit")

    assert "Trước “Trình duyệt” luôn phải có “Kế hoạch đánh giá”" in page.text
    assert "Trước “Đã thông báo” luôn phải qua bước “Phê duyệt kế hoạch”" in page.text
    assert "không do người đã thực hiện “Trình kế hoạch đánh giá”" in page.text
    assert "Từ “Dự thảo” không đến “Đang đánh giá” mà không qua “Đã phê duyệt”" in page.text
    assert "before submitted" not in page.text


def test_the_log_names_the_table_of_a_row_and_not_its_id(audit: Audit) -> None:
    page = audit.at("director").open("/log")

    assert "Phiếu hỏi · Lượt đánh giá: → một dòng của “Lịch đánh giá”" in page.text


def test_a_role_is_told_with_its_unit_only_away_from_home(enter: Enter) -> None:
    page = enter("administrator").open("/admin")

    people = page.text.partition("Giao vai trò")[2]
    assert "Thủ trưởng phòng, đơn vị (Thanh tra Sở)" not in people


def test_styles_and_scripts_are_named_by_what_is_in_them_and_kept(enter: Enter) -> None:
    browser = enter("director")
    page = browser.open("/")

    (style,) = [given["href"] for tag, given in page.tags if given.get("rel") == "stylesheet"]
    assert style.startswith("/static/style.css?v=")
    answer = browser.client.get(style)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def headings_of(page: Page, table: str) -> list[str]:
    """The headings of the table of a record set."""
    _, _, rest = page.html.partition(f'aria-labelledby="{table}">\n<table')
    head = rest.partition("</thead>")[0]
    return [part.partition(">")[2].partition("</th>")[0] for part in head.split("<th ")[1:]]

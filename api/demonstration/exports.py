"""The export of the one-stop desk that the demonstration imports: made up, the same every time.

1. It tells no applicant: there is none. Days count from the last day of the story, so that it is of
   the present in any year.
2. Nearly all of it is finished in time. A few dossiers were late for a reason, three are late now
   and two will be the day after tomorrow: their cases are opened by the import, as always.
"""

import csv
import io
from datetime import date, timedelta
from random import Random
from typing import Final

from engine.calendars.business_days import Calendar

DOSSIERS: Final = 160
LATE_NOW: Final = range(3)
AT_RISK: Final = range(3, 5)
PROCEDURES: Final = (
    ("Cấp giấy phép tiến hành công việc bức xạ", 22),
    ("Đăng ký hoạt động khoa học và công nghệ", 10),
    ("Công bố sử dụng dấu định lượng", 5),
    ("Chứng nhận doanh nghiệp khoa học và công nghệ", 15),
)
UNITS: Final = (
    "Phòng Quản lý chuyên ngành",
    "Phòng Quản lý khoa học",
    "Chi cục Tiêu chuẩn Đo lường Chất lượng",
    "Phòng Quản lý công nghệ",
)
CAUSES: Final = (
    *("Chậm thao tác trên phần mềm",) * 4,
    *("Chậm tham mưu, thụ lý",) * 2,
    "Lỗi hoặc đồng bộ hệ thống",
    "Chậm trình, ký",
)
HEADINGS: Final = (
    "Mã hồ sơ",
    "Thủ tục hành chính",
    "Đơn vị giải quyết",
    "Ngày tiếp nhận",
    "Ngày hẹn trả",
    "Trạng thái",
    "Ngày trả kết quả",
    "Nguyên nhân quá hạn",
    "Thời hạn quy định",
)


def export_on(today: date, calendar: Calendar) -> bytes:
    """The export of a day, as CSV."""
    dice = Random(today.year)  # noqa: S311 - the same demonstration each time.
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEADINGS)
    writer.writerows(_row(number, today, calendar, dice) for number in range(DOSSIERS))
    return text.getvalue().encode("utf-8-sig")


def _row(number: int, today: date, calendar: Calendar, dice: Random) -> list[str]:
    place = number % len(PROCEDURES)
    procedure, term = PROCEDURES[place]
    if number in LATE_NOW:
        due = calendar.subtract_working_days(today, 1 + 2 * number)
    elif number in AT_RISK:
        due = calendar.add_working_days(today, 2)
    else:
        # What is appointed for these days is done already, or has time.
        due = calendar.add_working_days(today - timedelta(days=dice.randrange(-20, 110)), 1)
    received = calendar.subtract_working_days(due, term)
    open_now = number in LATE_NOW or number in AT_RISK or received > today
    status, ended, cause = "Đang xử lý", "", ""
    if not open_now and (due <= today + timedelta(days=7) or dice.random() < 0.5):
        status, late = "Đã trả kết quả", due < today - timedelta(days=30) and dice.random() < 0.1
        day = (
            calendar.add_working_days(due, dice.randrange(1, 6))
            if late
            else max(received, calendar.subtract_working_days(due, dice.randrange(term // 2 + 1)))
        )
        ended = f"{min(day, today):%d/%m/%Y}"
        cause = dice.choice(CAUSES) if late else ""
    return [
        f"H15.22-{received:%y%m%d}-{number:04}",
        procedure,
        UNITS[place],
        f"{min(received, today):%d/%m/%Y}",
        f"{due:%d/%m/%Y}",
        status,
        ended,
        cause,
        str(term),
    ]

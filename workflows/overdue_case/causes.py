"""Words that the house itself writes into a slip, in the language of the office's papers.

A test holds the titles of causes equal to the definition's.
"""

from typing import Final

CAUSES: Final = {
    "late_update": "Chậm thao tác trên phần mềm",
    "system_fault": "Lỗi hoặc đồng bộ hệ thống",
    "slow_handling": "Chậm tham mưu, thụ lý",
    "slow_signing": "Chậm trình, ký",
    "interagency": "Chậm ý kiến phối hợp",
    "field_check": "Thẩm tra, thực địa",
    "supplement": "Hồ sơ phải bổ sung",
    "staffing": "Thiếu người, bàn giao",
    "overload": "Hồ sơ tăng đột biến",
    "legal_gap": "Vướng quy định",
    "force_majeure": "Bất khả kháng",
    "other": "Khác",
}
"""Code of a cause → what the definition calls it."""


def slip_title(cause: str, quarter: str) -> str:
    """What a slip against a repeated cause is called."""
    return f"Nguyên nhân lặp lại: {CAUSES[cause]} ({_said(quarter)})"


def slip_statement(cause: str, quarter: str, count: int) -> str:
    """What is wrong, in one sentence."""
    return (
        f"{count} hồ sơ quá hạn có cùng nguyên nhân đã được xác nhận "
        f"“{CAUSES[cause]}” trong {_said(quarter)} tại cùng một đơn vị."
    )


def _said(quarter: str) -> str:
    year, _, number = quarter.partition("-Q")
    return f"quý {number}/{year}"

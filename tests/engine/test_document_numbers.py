"""The register of numbers: no gap and no double whoever asks at once, each number with its file.

A paper is made by a function here that writes the number into the bytes, so that what was issued
can be held against the line of the register.
"""

import threading
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.commands.issue_document import (
    Issued,
    IssueDocument,
    MadePaper,
    Numbered,
    issue_document,
)
from engine.commands.keep_register import (
    BeginSeries,
    CancelNumber,
    FillNumber,
    TakeNumber,
    Written,
    begin_series,
    cancel_number,
    fill_number,
    take_number,
)
from engine.commands.manage_accounts import NotAllowed
from engine.commands.set_letterhead import set_letterhead
from engine.commands.sweep_orphans import sweep_orphans
from engine.errors import Conflict, Invalid, NotFound
from engine.queries.audit_trail import verify_log
from engine.runtime import Caller
from engine.storage.audit_log import LogFilter
from engine.storage.document_numbers import DocumentNumber, RegisterFilter
from engine.storage.letterheads import Letterhead
from engine.transaction.stepping import Taken
from tests.engine.equipment import Check, another, publish, text_file
from tests.fixtures import NEIGHBOUR, OFFICE, Office
from tests.scale import at_scale

TODAY = date(2026, 7, 6)
ISSUERS = 4


@dataclass(slots=True)
class Printer:
    """Makes papers that hold their own number, and remembers how often it did."""

    made: list[int] = field(default_factory=list)

    def __call__(self, numbered: Numbered) -> MadePaper:
        self.made.append(numbered.number)
        text = f"số {numbered.number} ngày {numbered.dated}"
        return MadePaper(
            reference=f"{numbered.number:02d}/TB-SKHCN",
            subject="Thông báo kiểm tra",
            signer="Nguyễn Khắc Hải Đăng",
            content=text.encode() if numbered.file else b"",
            media_type="application/pdf",
            filename="thông báo.pdf",
        )


def issue(office: Office, check: Check, document: str = "notice", **more: Any) -> Any:
    """Issue a paper of a case as the records clerk, today."""
    asked = {"dated": TODAY, **more}
    make = asked.pop("make", Printer())
    caller = office.as_(asked.pop("by", "clerk"))
    request = IssueDocument(caller=caller, instance_id=check.id, document=document, **asked)
    return issue_document(office.runtime, request, make)


def take(office: Office, kind: str = "TB", **more: Any) -> DocumentNumber:
    """Take a number that belongs to no case."""
    asked = {"issuer": "agency", "dated": TODAY, "status": "issued", "subject": "Ngoài", **more}
    request = TakeNumber(caller=office.as_("clerk"), kind=kind, **asked)
    line = take_number(office.runtime, request, Written(after=f"/{kind}-SKHCN"))
    assert isinstance(line, DocumentNumber)
    return line


def register(office: Office, **wanted: Any) -> tuple[DocumentNumber, ...]:
    with office.runtime.read(OFFICE) as uow:
        return uow.tables.documents.read(RegisterFilter(**wanted), limit=1000)


def content(office: Office, line: DocumentNumber) -> str:
    assert line.sha256 is not None
    with office.runtime.store.open(OFFICE, line.sha256) as stream:
        return stream.read().decode()


def test_a_paper_is_issued_with_its_number_its_file_and_its_entries(office: Office) -> None:
    publish(office)
    check = another(office)
    issued = issue(office, check, note="Bản chính")
    assert isinstance(issued, Issued)
    line = issued.line
    assert (line.reference, line.number, line.year, line.series) == ("01/TB-SKHCN", 1, 2026, "TB")
    assert (line.status, line.note, line.instance_id) == ("issued", "Bản chính", check.id)
    assert content(office, line) == "số 1 ngày 2026-07-06"
    with office.runtime.read(OFFICE) as uow:
        file = uow.tables.evidence.get(line.evidence_id or "")
        entries = uow.tables.log.read(LogFilter(), limit=1000)[-3:]
        length = uow.tables.log.length("register:documents")
    assert file is not None
    assert (file.status, file.requirement, file.sha256) == (
        "frozen", "document:notice", line.sha256,
    )  # fmt: skip
    assert [entry.type for entry in entries] == [
        "evidence_attached", "number_issued", "document_issued",
    ]  # fmt: skip
    assert length == 1
    # The sweep leaves what was issued, and the log tells of the case what the tables hold.
    sweep_orphans(office.runtime, OFFICE, youngest=timedelta(0))
    assert verify_log(office.runtime, OFFICE).findings == ()
    with pytest.raises(Conflict) as again:
        issue(office, check)
    assert again.value.code == "document_issued_already"
    assert issue(office, another(office)).line.number == 2


def test_who_issue_at_once_get_numbers_without_gaps_or_doubles(office: Office) -> None:
    publish(office)
    checks = [another(office) for _ in range(ISSUERS)]
    office.runtime.ids = type(office.runtime.ids)()
    outcomes: list[Any] = [None] * (2 * ISSUERS)
    gate = threading.Barrier(2 * ISSUERS)

    def of_case(place: int) -> None:
        gate.wait()
        outcomes[place] = issue(office, checks[place]).line

    def outside(place: int) -> None:
        gate.wait()
        outcomes[place] = take(office)

    threads = [
        threading.Thread(target=of_case if place < ISSUERS else outside, args=(place,))
        for place in range(2 * ISSUERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(line.number for line in outcomes) == list(range(1, 2 * ISSUERS + 1))
    for line in outcomes[:ISSUERS]:
        assert content(office, line).startswith(f"số {line.number} "), "the number in the file"
    assert [line.number for line in register(office, kind="TB")] == list(range(1, 2 * ISSUERS + 1))
    assert verify_log(office.runtime, OFFICE).findings == ()


def test_a_paper_that_cannot_be_made_takes_no_number(sqlite_office: Office) -> None:
    office = sqlite_office
    publish(office)
    check = another(office)

    def broken(_numbered: Numbered) -> MadePaper:
        raise RuntimeError("the press is broken")

    with pytest.raises(RuntimeError):
        issue(office, check, make=broken)
    assert issue(office, check).line.number == 1


def test_a_paper_is_made_anew_when_its_case_went_on_or_its_number_went_away(
    sqlite_office: Office,
) -> None:
    office = sqlite_office
    publish(office)
    check = another(office)
    printer = Printer()

    def disturbed(numbered: Numbered) -> MadePaper:
        paper = printer(numbered)
        if len(printer.made) == 1:
            take(office)
        if len(printer.made) == 2:
            check.step("unit_head_science_management", "report", file=("check_sheet", text_file()),
                       faults=1)  # fmt: skip
        return paper

    line = issue(office, check, make=disturbed).line
    assert printer.made == [1, 2, 2]
    assert content(office, line).startswith("số 2 ")


@pytest.mark.parametrize("by", ["director", "administrator"])
def test_nobody_but_the_records_clerk_keeps_the_register(sqlite_office: Office, by: str) -> None:
    office = sqlite_office
    publish(office)
    check = another(office)
    line = take(office)
    caller = office.as_(by)
    plain = Written(after="/TB")
    number = TakeNumber(
        caller=caller, issuer="agency", kind="TB", dated=TODAY, status="reserved", subject="x"
    )
    begun = BeginSeries(caller=caller, issuer="agency", kind="QĐ", dated=TODAY, last=3)
    outcomes = [
        issue(office, check, by=by),
        take_number(office.runtime, number, plain),
        begin_series(office.runtime, begun, plain),
        fill_number(office.runtime, FillNumber(caller=caller, line_id=line.id, subject="x")),
        cancel_number(office.runtime, CancelNumber(caller=caller, line_id=line.id, reason="x")),
    ]
    assert all(isinstance(outcome, NotAllowed) for outcome in outcomes)
    assert register(office) == (line,)
    with office.runtime.read(OFFICE) as uow:
        refused = uow.tables.log.read(LogFilter(outcome="refused"), limit=100)
    assert len(refused) == len(outcomes), "each attempt is written down"


def test_a_signed_paper_gets_no_number_before_its_signature_and_no_day_before_it(
    sqlite_office: Office,
) -> None:
    office = sqlite_office
    publish(office)
    check = another(office)
    with pytest.raises(Conflict) as unsigned:
        issue(office, check, "result")
    assert unsigned.value.code == "document_not_signed"
    office.clock.forward(days=1)
    check.step("unit_head_science_management", "report", file=("check_sheet", text_file()),
               faults=1)  # fmt: skip
    with pytest.raises(Conflict) as early:
        issue(office, check, "result", dated=TODAY)
    assert early.value.code == "number_day_before_signature"
    assert issue(office, check, "result", dated=TODAY + timedelta(days=1)).line.number == 1


def test_a_file_that_was_signed_outside_is_what_is_issued(sqlite_office: Office) -> None:
    office = sqlite_office
    publish(office)
    check = another(office)
    check.step("unit_head_science_management", "report", file=("check_sheet", text_file()),
               faults=1)  # fmt: skip
    with office.runtime.read(OFFICE) as uow:
        (file,) = uow.tables.evidence.of_instance(check.id)
    line = issue(office, check, "result", evidence=file.id).line
    assert (line.evidence_id, line.sha256) == (file.id, file.sha256)
    assert verify_log(office.runtime, OFFICE).findings == ()
    other = another(office)
    with pytest.raises(NotFound):
        issue(office, other, "notice", evidence=file.id)


def test_a_step_says_of_an_issued_paper_what_the_register_says(sqlite_office: Office) -> None:
    office = sqlite_office
    publish(office)
    check, head = another(office), "unit_head_science_management"
    check.step(head, "report", file=("check_sheet", text_file()), faults=1)
    check.step(head, "repaired", file=("repair_proof", text_file("đã sửa")))
    line = issue(office, check, "result").line
    wrong = ({"number": "77/BC"}, {"dated": "2026-07-05"})
    for fields in wrong:
        with pytest.raises(Invalid) as other:
            check.step("office", "accept", **fields)
        ((fault,)) = other.value.params["faults"]
        assert fault["code"] == "not_as_registered"
    taken = check.step("office", "accept", number=line.reference, dated="2026-07-06")
    assert isinstance(taken, Taken)

    # What a step was given elsewhere is no matter of the register.
    other_check = another(office)
    other_check.step(head, "report", file=("check_sheet", text_file()), faults=1)
    other_check.step(head, "repaired", file=("repair_proof", text_file("đã sửa")))
    other_check.step("office", "accept", number="77/BC", dated="2026-07-05")
    with pytest.raises(Conflict) as elsewhere:
        issue(office, other_check, "result")
    assert elsewhere.value.params["reference"] == "77/BC"


def test_days_rise_with_numbers_and_a_late_paper_takes_a_reserved_one(
    sqlite_office: Office,
) -> None:
    office = sqlite_office
    publish(office)
    check = another(office)
    reserved = take(office, status="reserved", subject="Vào sổ muộn")
    office.clock.forward(days=3)
    later = TODAY + timedelta(days=3)
    assert take(office, dated=later).number == 2
    with pytest.raises(Conflict) as behind:
        issue(office, check, dated=TODAY)
    assert behind.value.code == "number_day_before_last"
    with pytest.raises(Invalid) as ahead:
        issue(office, check, dated=later + timedelta(days=1))
    assert ahead.value.code == "number_day_in_future"
    line = issue(office, check, dated=None, reserved=reserved.id).line
    assert (line.id, line.number, line.dated, line.status) == (reserved.id, 1, TODAY, "issued")
    assert content(office, line) == "số 1 ngày 2026-07-06"
    with pytest.raises(Conflict) as twice:
        issue(office, another(office), dated=None, reserved=reserved.id)
    assert twice.value.code == "number_not_for_this"
    with pytest.raises(Conflict) as filled:
        fill_number(
            office.runtime,
            FillNumber(caller=office.as_("clerk"), line_id=reserved.id, subject="x"),
        )
    assert filled.value.code == "number_not_reserved"


def test_a_cancelled_number_stays_and_its_paper_is_a_draft_again(sqlite_office: Office) -> None:
    office = sqlite_office
    publish(office)
    check = another(office)
    first = issue(office, check).line
    clerk = office.as_("clerk")
    with pytest.raises(Invalid):
        cancel_number(office.runtime, CancelNumber(caller=clerk, line_id=first.id, reason=" "))
    gone = cancel_number(
        office.runtime, CancelNumber(caller=clerk, line_id=first.id, reason="Sai thể thức")
    )
    assert isinstance(gone, DocumentNumber)
    assert (gone.status, gone.cancelled_for) == ("cancelled", "Sai thể thức")
    with office.runtime.read(OFFICE) as uow:
        assert uow.tables.documents.issued(check.id) == {}
    assert issue(office, check).line.number == 2, "never given again"
    assert [(line.number, line.status) for line in register(office)] == [
        (1, "cancelled"), (2, "issued"),
    ]  # fmt: skip
    with pytest.raises(Conflict):
        cancel_number(office.runtime, CancelNumber(caller=clerk, line_id=first.id, reason="x"))
    assert verify_log(office.runtime, OFFICE).findings == ()


def test_a_register_goes_on_after_an_older_one_once(sqlite_office: Office) -> None:
    office = sqlite_office
    clerk, plain = office.as_("clerk"), Written(after="/BC-SKHCN")
    begun = BeginSeries(caller=clerk, issuer="agency", kind="BC", dated=TODAY, last=87)
    line = begin_series(office.runtime, begun, plain)
    assert isinstance(line, DocumentNumber)
    assert (line.reference, line.status) == ("87/BC-SKHCN", "earlier")
    assert take(office, "BC").number == 88
    with pytest.raises(Conflict) as again:
        begin_series(office.runtime, begun, plain)
    assert again.value.code == "series_begun_already"
    with pytest.raises(Conflict):
        cancel_number(office.runtime, CancelNumber(caller=clerk, line_id=line.id, reason="x"))


def test_an_issuer_may_count_its_kinds_together_and_each_issuer_counts_alone(
    sqlite_office: Office,
) -> None:
    office = sqlite_office
    head = Letterhead(
        issuer="office", place={"vi": "X", "en": "X"}, symbol="VP", filing="VP",
        together=True, valid_from=TODAY,
    )  # fmt: skip
    assert isinstance(set_letterhead(office.runtime, office.as_("administrator"), head), str)
    assert take(office, "BC").number == 1
    assert [take(office, kind, issuer="office").number for kind in ("BC", "TB", "BC")] == [1, 2, 3]
    assert take(office, "TB").number == 1
    with pytest.raises(Invalid) as unknown:
        take(office, issuer="nobody")
    assert unknown.value.code == "unknown_issuer"


def test_numbers_begin_anew_with_the_year(sqlite_office: Office) -> None:
    office = sqlite_office
    assert [take(office).number for _ in range(2)] == [1, 2]
    office.clock.forward(days=200)
    line = take(office, dated=date(2027, 1, 4))
    assert (line.year, line.number) == (2027, 1)
    assert [one.year for one in register(office)] == [2027, 2026, 2026]


def test_a_form_of_the_house_bears_no_number_and_a_neighbour_finds_nothing(
    sqlite_office: Office,
) -> None:
    office = sqlite_office
    publish(office)
    check = another(office)
    with pytest.raises(Invalid) as form:
        issue(office, check, "sheet")
    assert form.value.code == "document_bears_no_number"
    with pytest.raises(NotFound):
        issue(office, check, "unheard_of")
    stranger = Caller(organization_id=NEIGHBOUR, person=office.people["clerk"])
    line = take(office)
    request = IssueDocument(caller=stranger, instance_id=check.id, document="notice", dated=TODAY)
    with pytest.raises(NotFound):
        issue_document(office.runtime, request, Printer())
    with pytest.raises(NotFound):
        cancel_number(office.runtime, CancelNumber(caller=stranger, line_id=line.id, reason="x"))


KINDS = count()
ACTIONS = st.lists(
    st.sampled_from(("issued", "reserved", "cancel", "fill", "day")), min_size=1, max_size=12
)


@pytest.fixture
def clerks_office(sqlite_office: Office) -> Office:
    return sqlite_office


@settings(
    max_examples=at_scale(dev=6, ci=40), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=ACTIONS)
def test_whatever_the_clerk_does_numbers_have_no_gap_and_days_rise(
    clerks_office: Office, actions: list[str]
) -> None:
    office, nth = clerks_office, next(KINDS)
    # Every example has a series of its own, all in one office.
    kind = "".join(chr(ord("A") + (nth // 26**place) % 26) for place in range(4))
    clerk = office.as_("clerk")
    taken = 0
    for action in actions:
        lines = register(office, kind=kind)
        live = [line for line in lines if line.status in {"issued", "reserved"}]
        waiting = [line for line in lines if line.status == "reserved"]
        if action == "day":
            office.clock.forward(days=1)
        elif action == "cancel" and live:
            request = CancelNumber(caller=clerk, line_id=live[0].id, reason="Sai")
            cancel_number(office.runtime, request)
        elif action == "fill" and waiting:
            filling = FillNumber(caller=clerk, line_id=waiting[-1].id, subject="Muộn")
            fill_number(office.runtime, filling)
        elif action in {"issued", "reserved"}:
            with office.runtime.read(OFFICE) as uow:
                today = uow.today
            take(office, kind, status=action, dated=today)
            taken += 1
    lines = register(office, kind=kind)
    for year in {line.year for line in lines}:
        of_year = [line for line in lines if line.year == year]
        assert [line.number for line in of_year] == list(range(1, len(of_year) + 1))
        assert [line.dated for line in of_year] == sorted(line.dated for line in of_year)
    assert len(lines) == taken

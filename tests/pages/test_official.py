"""Who signs a paper: the holder of the role, then who took the step, as what they are."""

from datetime import date
from zoneinfo import ZoneInfo

from api.pages.official import Around
from api.pages.showing import Voice
from engine.machine.instance import Step
from engine.storage.letterheads import Signer
from tests.pages.equipment import WORDS
from tests.unit.workflows.made_cases import case, step
from workflows.documents.official_form import Letterhead, OfficialForm, Signature

DAY = date(2026, 8, 10)
SIGNERS = {
    "director": Signer(role="director", title={"vi": "Giám đốc", "en": "Director"}),
    "deputy_director": Signer(
        role="deputy_director",
        title={"vi": "Phó Giám đốc", "en": "Deputy Director"},
        authority={"vi": "KT. Giám đốc", "en": "On behalf of the Director"},
    ),
}


def around(*steps: Step, language: str = "vi") -> Around:
    return Around(
        form=OfficialForm(letterhead=Letterhead(agency="Sở"), year=2026),
        case=case("internal_audit", history=steps),
        voice=Voice(
            words=WORDS,
            language=language,
            zone=ZoneInfo("Asia/Ho_Chi_Minh"),
            people={"an": "Nguyễn Văn An", "binh": "Lê Thị Bình"},
        ),
        signers=SIGNERS,
        holders={"director": "Nguyễn Văn An"},
    )


def test_until_the_step_is_taken_stands_who_holds_the_role() -> None:
    assert around().signature("director", "sign") == Signature(
        lines=("Giám đốc",), name="Nguyễn Văn An"
    )
    assert around().signature("lead_auditor").lines == ("Trưởng đoàn đánh giá",)
    assert around().signature("deputy_director").name == "", "several may hold it"


def test_a_deputy_signs_as_a_deputy_for_the_one_who_lent_the_role() -> None:
    lent = step("sign", DAY, person="binh", role="director", behalf="an")
    assert around(lent).signature("director", "sign") == Signature(
        lines=("KT. Giám đốc", "Phó Giám đốc"), name="Lê Thị Bình"
    )
    english = around(lent, language="en").signature("director", "sign")
    assert english.lines == ("On behalf of the Director", "Deputy Director")


def test_who_signed_in_the_own_right_stands_there_whoever_holds_the_role_now() -> None:
    signed = step("sign", DAY, person="binh", role="director")
    assert around(signed).signature("director", "sign") == Signature(
        lines=("Giám đốc",), name="Lê Thị Bình"
    )

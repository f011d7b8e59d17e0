"""Two wordings in one: nothing that went or came is lost, and what stayed is told once."""

from hypothesis import given
from hypothesis import strategies as st

from api.pages.plan import ALIKE, pieces

WORDS = st.lists(st.sampled_from(("Quý", "II", "III", "năm", "2026", "2027", "phòng")), max_size=9)


@given(WORDS, WORDS)
def test_both_wordings_can_be_read_out_of_it(old: list[str], new: list[str]) -> None:
    told = pieces(" ".join(old), " ".join(new))

    def read(*kinds: str) -> list[str]:
        return [word for kind, text in told for word in text.split() if kind in kinds]

    assert read("same", "gone") == (old or ["—"])
    assert read("same", "come") == (new or ["—"])
    assert all(text for _, text in told)


def test_one_changed_word_is_marked_and_a_long_run_keeps_its_ends() -> None:
    assert pieces("Quý II, III/2026 cả năm", "Quý II, III/2027 cả năm") == [
        ("same", "Quý II,"),
        ("gone", "III/2026"),
        ("come", "III/2027"),
        ("same", "cả năm"),
    ]
    long = " ".join(f"từ{n}" for n in range(40))
    assert pieces(f"{long} cũ", f"{long} mới")[0] == (
        "same",
        "từ0 từ1 từ2 từ3 từ4 … từ35 từ36 từ37 từ38 từ39",
    )


def test_wordings_with_little_in_common_stand_whole() -> None:
    assert 0 < ALIKE < 1
    assert pieces("Văn phòng", "Các phòng chuyên môn, đơn vị trực thuộc") == [
        ("gone", "Văn phòng"),
        ("come", "Các phòng chuyên môn, đơn vị trực thuộc"),
    ]

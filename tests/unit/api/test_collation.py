"""Vietnamese order, as a dictionary and a list of people have it."""

from hypothesis import given
from hypothesis import strategies as st

from api.collation import alphabetical, by_given_name


def test_letters_stand_in_the_order_of_the_vietnamese_alphabet() -> None:
    words = ["Văn phòng", "Đoàn", "Âu", "Dương", "Ấm", "An", "Bùi", "Bạch", "Ăn", "Ơn", "Ôn"]
    assert sorted(words, key=alphabetical) == [
        "An", "Ăn", "Ấm", "Âu", "Bạch", "Bùi", "Dương", "Đoàn", "Ôn", "Ơn", "Văn phòng",
    ]  # fmt: skip


def test_tones_decide_only_between_words_of_the_same_letters() -> None:
    assert sorted(["mạ", "má", "mã", "mả", "mà", "ma", "man"], key=alphabetical) == [
        "ma", "mà", "mả", "mã", "má", "mạ", "man",
    ]  # fmt: skip


def test_a_shorter_word_comes_before_what_it_begins() -> None:
    assert min(["Phòng 2", "Phòng", "Phòng 10 A"], key=alphabetical) == "Phòng"
    assert alphabetical("an khang") < alphabetical("anh")


def test_people_stand_by_their_given_name() -> None:
    people = ["Vũ Ngọc Quỳnh Anh", "Đặng Xuân An", "Bùi Thị Đào", "Âu Dương Bình", "Lê Ái Anh"]
    assert sorted(people, key=by_given_name) == [
        "Đặng Xuân An",
        "Lê Ái Anh",
        "Vũ Ngọc Quỳnh Anh",
        "Âu Dương Bình",
        "Bùi Thị Đào",
    ]


@given(st.text(), st.text())
def test_any_text_has_its_place_whatever_its_form(one: str, other: str) -> None:
    first, second = alphabetical(one), alphabetical(other)
    assert (first < second) + (second < first) + (first == second) == 1

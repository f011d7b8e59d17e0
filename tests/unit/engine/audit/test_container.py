"""A container has one spelling, opens everywhere, and shows every flipped bit."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit import container
from engine.audit.container import Container, ContainerWriter
from engine.audit.profile import AuditInputError

NAMES = st.from_regex(r"[a-z0-9_][a-zA-Z0-9._-]{0,8}(/[a-z0-9_]{1,8}){0,2}", fullmatch=True)


def written(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    writer = ContainerWriter(file)
    for name, content in members.items():
        writer.add(name, content)
    assert writer.finish() == len(file.getvalue())
    return file.getvalue()


def faults(content: bytes) -> tuple[str, ...]:
    try:
        return Container(io.BytesIO(content)).faults
    except AuditInputError as error:
        return (error.code,)


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=6))
def test_what_was_put_in_comes_out_here_and_in_every_other_program(
    members: dict[str, bytes],
) -> None:
    content = written(members)
    assert written(members) == content
    found = Container(io.BytesIO(content))
    assert found.faults == ()
    assert {name: found.content(name, bytes_max=300) for name in found.members} == members
    with zipfile.ZipFile(io.BytesIO(content)) as other:
        assert other.testzip() is None
        assert {name: other.read(name) for name in other.namelist()} == members


@given(
    st.dictionaries(NAMES, st.binary(max_size=50), min_size=1, max_size=4),
    st.data(),
)
def test_any_change_of_any_byte_is_found(members: dict[str, bytes], data: st.DataObject) -> None:
    content = bytearray(written(members))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    assert faults(bytes(content))


@given(st.dictionaries(NAMES, st.binary(max_size=50), min_size=1, max_size=3), st.data())
def test_nothing_can_be_cut_off_or_put_around_it(
    members: dict[str, bytes], data: st.DataObject
) -> None:
    content = written(members)
    cut = data.draw(st.integers(0, len(content) - 1))
    for other in (content[:cut], content + b"\0", b"\0" + content):
        with pytest.raises(AuditInputError, match="container_unreadable"):
            Container(io.BytesIO(other))


@pytest.mark.parametrize("name", ["", "/x", "../x", "a/../b", "a//b", ".x", "a/", "đ", "x" * 201])
def test_a_name_that_could_lead_elsewhere_is_never_written(name: str) -> None:
    with pytest.raises(AuditInputError, match="container_name"):
        ContainerWriter(io.BytesIO()).add(name, b"")


def test_a_name_comes_once() -> None:
    writer = ContainerWriter(io.BytesIO())
    writer.add("a", b"")
    with pytest.raises(AuditInputError, match="container_repeated"):
        writer.add("a", b"")


def test_more_than_a_pack_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "BYTES_MAX", 100)
    with pytest.raises(AuditInputError, match="container_too_large"):
        ContainerWriter(io.BytesIO()).add("a", bytes(100))
    with pytest.raises(AuditInputError, match="container_unreadable"):
        Container(io.BytesIO(bytes(101)))
    monkeypatch.setattr(container, "MEMBERS_MAX", 0)
    with pytest.raises(AuditInputError, match="container_too_large"):
        ContainerWriter(io.BytesIO()).add("a", b"")


def test_members_and_lines_have_bounds() -> None:
    found = Container(io.BytesIO(written({"lines": b"one\ntwo\n", "torn": b"one\ntwo"})))
    assert list(found.lines("lines", bytes_max=3)) == [b"one", b"two"]
    with pytest.raises(AuditInputError, match="line_unfinished"):
        list(found.lines("torn", bytes_max=3))
    with pytest.raises(AuditInputError, match="line_too_long"):
        list(found.lines("torn", bytes_max=2))
    with pytest.raises(AuditInputError, match="member_too_large"):
        found.content("lines", bytes_max=7)
    with pytest.raises(AuditInputError, match="member_missing"):
        found.content("other", bytes_max=7)

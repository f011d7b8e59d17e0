"""Tokens of a real authority are checked by two programs, and nothing else passes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.audit.profile import AuditInputError
from engine.audit.timestamp import TimestampFiles
from engine.commands.publish_log import publish_log
from engine.commands.timestamp_log import timestamp_log
from engine.runtime import SystemClock
from engine.storage.log_witnesses import LogWitness
from engine.witness.calling import Answer, Call, CallFailed
from engine.witness.outside import Outside, TimeAuthority
from engine.witness.timestamping import check_token, stamp
from tests.engine.test_publishing import write
from tests.fixtures import OFFICE, Office
from tests.publishing import Auditor, auditor_in
from tests.witness.time_authority import Authority

MESSAGE = b"log.example/1\n5\nroot\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("tsa") / "authority")


@pytest.fixture(scope="module")
def token(authority: Authority) -> bytes:
    named = TimeAuthority(url="http://tsa.example", roots=(authority.root,))
    return stamp(MESSAGE, named, send=authority.send).token


def refused(token: bytes, message: bytes, authority: Authority) -> str:
    with pytest.raises(AuditInputError) as fault:
        check_token(token, message, roots=[authority.root])
    assert fault.value.code == "timestamp_invalid"
    return str(fault.value.params["problem"])


@pytest.mark.parametrize("kind", ["one", "two"])
def test_a_token_with_one_or_two_certificates_is_checked(authority: Authority, kind: str) -> None:
    def send(_url: str, call: Call) -> Answer:
        return Answer(200, authority.token(call.content, kind), "application/timestamp-reply")

    named = TimeAuthority(url="http://tsa.example", roots=(authority.root,))
    stamped = stamp(MESSAGE, named, send=send)
    assert stamped.timestamp is not None
    assert stamped.timestamp.authority == "Test TSA"
    assert abs(stamped.timestamp.time - SystemClock().now()) < timedelta(minutes=5)
    assert stamped.chain.count(b"BEGIN CERTIFICATE") == (1 if kind == "one" else 2)
    # Another program, which shares nothing with the first, says the same.
    folder = authority.folder
    (folder / "message").write_bytes(MESSAGE)
    (folder / "token.tsr").write_bytes(stamped.token)
    line = ("ts", "-verify", "-data", "message", "-in", "token.tsr", "-CAfile", "root.pem")
    assert "Verification: OK" in authority.run(*line)


def test_a_token_serves_for_its_own_bytes_and_roots_alone(
    authority: Authority, token: bytes, tmp_path: Path
) -> None:
    assert check_token(token, MESSAGE, roots=[authority.root]).authority == "Test TSA"
    refused(token, MESSAGE + b"x", authority)
    refused(token, MESSAGE, Authority.made(tmp_path / "other"))


def test_a_token_in_which_a_byte_was_changed_is_refused(authority: Authority, token: bytes) -> None:
    for at in range(20, len(token), len(token) // 10):
        bent = bytearray(token)
        bent[at] ^= 1
        if bytes(bent) == token:
            continue
        try:
            found = check_token(bytes(bent), MESSAGE, roots=[authority.root])
        except AuditInputError:
            continue
        # The certificate of the root travels unsigned and unused: only there a bit may lie.
        assert found == check_token(token, MESSAGE, roots=[authority.root])


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x30\x03\x02\x01\x00", bytes(5000)])
def test_what_is_no_token_is_refused(authority: Authority, content: bytes) -> None:
    refused(content, MESSAGE, authority)


def test_a_token_of_another_request_is_refused(token: bytes) -> None:
    named = TimeAuthority(url="http://tsa.example")

    def old(_url: str, _call: Call) -> Answer:
        return Answer(200, token, "application/timestamp-reply")

    with pytest.raises(AuditInputError) as fault:
        stamp(MESSAGE, named, send=old)
    assert fault.value.params["problem"] == "of another request"


@pytest.mark.parametrize(
    "answer", [Answer(500, b""), Answer(200, b"", "text/html"), Answer(302, b"")]
)
def test_an_answer_of_another_kind_is_no_answer(answer: Answer) -> None:
    with pytest.raises(CallFailed):
        stamp(MESSAGE, TimeAuthority(url="http://tsa.example"), send=lambda _url, _call: answer)


class TestTheJob:
    @pytest.fixture
    def reader(self, sqlite_office: Office, tmp_path: Path) -> Auditor:
        reader = auditor_in(sqlite_office.runtime, tmp_path / "published")
        publish_log(sqlite_office.runtime, OFFICE)
        return reader

    def trust(self, office: Office, authority: TimeAuthority | None) -> None:
        publishing = office.runtime.publishing
        assert publishing is not None
        office.runtime.publishing = replace(publishing, outside=Outside(time=authority))

    def row(self, office: Office) -> LogWitness:
        with office.runtime.read(OFFICE) as uow:
            (row,) = uow.tables.witnesses.all()
        return row

    def test_the_newest_checkpoint_is_stamped_once_and_hourly(
        self, sqlite_office: Office, reader: Auditor, authority: Authority
    ) -> None:
        runtime, now = sqlite_office.runtime, SystemClock().now()
        assert not timestamp_log(runtime, OFFICE, now=now)
        with authority.serving() as url:
            self.trust(sqlite_office, TimeAuthority(url=url, roots=(authority.root,)))
            assert timestamp_log(runtime, OFFICE, now=now)
            assert not timestamp_log(runtime, OFFICE, now=now + timedelta(hours=3))
            write(runtime, 1)
            publish_log(runtime, OFFICE)
            assert not timestamp_log(runtime, OFFICE, now=now + timedelta(minutes=40))
        row = self.row(sqlite_office)
        files = TimestampFiles(row.size or 0)
        note, token, chain = (
            reader.files.read(OFFICE, f"1/{path}")
            for path in (files.checkpoint, files.token, files.chain)
        )
        assert (row.name, row.said) == ("tsa", "stamped")
        assert check_token(token, note, roots=[authority.root]).time == row.signed_at
        assert b"BEGIN CERTIFICATE" in chain
        assert TimestampFiles.of(files.token) == files
        assert TimestampFiles.of("timestamps/1/other") is None
        assert TimestampFiles.of("tile/0/000") is None

    @pytest.mark.usefixtures("reader")
    def test_without_roots_a_token_is_kept_and_told_as_unchecked(
        self, sqlite_office: Office, authority: Authority
    ) -> None:
        self.trust(sqlite_office, TimeAuthority(url="http://tsa.example"))
        now = SystemClock().now()
        assert timestamp_log(sqlite_office.runtime, OFFICE, now=now, send=authority.send)
        row = self.row(sqlite_office)
        assert (row.said, row.signed_at) == ("unchecked", None)

    def test_a_token_of_nobody_known_or_of_another_day_is_not_kept(
        self, sqlite_office: Office, reader: Auditor, authority: Authority, tmp_path: Path
    ) -> None:
        other = Authority.made(tmp_path / "other")
        runtime, now = sqlite_office.runtime, SystemClock().now()
        self.trust(sqlite_office, TimeAuthority(url="http://t.example", roots=(other.root,)))
        assert not timestamp_log(runtime, OFFICE, now=now, send=authority.send)
        self.trust(sqlite_office, TimeAuthority(url="http://t.example", roots=(authority.root,)))
        yesterday = datetime.now(UTC) - timedelta(days=1)  # noqa: TID251 - beside a real clock.
        later = now + timedelta(days=1)
        for moment in (yesterday, later):
            assert not timestamp_log(runtime, OFFICE, now=moment, send=authority.send)
        assert self.row(sqlite_office).said == "refused"
        assert not any("timestamps" in path for path in reader.files.list(OFFICE))

    def test_an_authority_that_is_away_is_asked_again_later_and_the_last_token_stays(
        self, sqlite_office: Office, reader: Auditor, authority: Authority
    ) -> None:
        runtime, now = sqlite_office.runtime, SystemClock().now()
        self.trust(sqlite_office, TimeAuthority(url="http://t.example", roots=(authority.root,)))
        assert timestamp_log(runtime, OFFICE, now=now, send=authority.send)
        size = reader.checkpoint().size
        write(runtime, 1)
        publish_log(runtime, OFFICE)
        asked: list[str] = []

        def away(url: str, _call: Call) -> Answer:
            asked.append(url)
            raise CallFailed("unreachable")

        for minutes in (60, 65, 70):
            moment = now + timedelta(minutes=minutes)
            assert not timestamp_log(runtime, OFFICE, now=moment, send=away)
        row = self.row(sqlite_office)
        assert (row.said, row.failures, row.size, len(asked)) == ("failed", 2, size, 2)

"""Evidence packs in the hands of those who mean harm: the verifier names what they did.

An outsider changes a pack; an insider holds the real key of the log and writes everything anew so
that all hashes fit. What cannot be seen from a pack alone is held against what an auditor kept.
"""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.checkpoint import Checkpoint
from engine.audit.cosignature import Cosigner
from engine.audit.heads import heads_of
from engine.audit.leaf import EntryType
from engine.audit.merkle import HASH_BYTES
from engine.audit.note import NoteSigner, join_note, parse_note, sign_note
from engine.audit.words import CLASSES, class_of
from engine.machine.actor import SYSTEM
from engine.storage.audit_log import LogDraft
from engine.storage.database import Database
from tests.api.web import web_of
from tests.fixtures import (
    OFFICE,
    START,
    Databases,
    MovedClock,
    Office,
    people_of,
    runtime_on,
    seed_data,
)
from tests.packs import (
    ORIGIN,
    SIGNER,
    Insider,
    Packed,
    codes_of,
    judged,
    members_of,
    note_of,
    pack_of,
    packed_again,
)
from tests.security.test_tampering import at_work

LATER = START + timedelta(days=1)


@pytest.fixture(scope="module")
def office_at_work(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An office with two cases; the heads of its log are recorded, and more happened since."""
    folder = tmp_path_factory.mktemp("packs")
    database = Database(sqlite_databases.founded())
    office = Office(
        runtime=runtime_on(database, folder, MovedClock()),
        clock=MovedClock(),
        people=people_of(seed_data()),
    )
    web = web_of(office, folder)
    with web.client:
        audit, case = at_work(web)
        record_heads(office)
        web.attach("iso_secretary", audit, "notice", content=b"%PDF-1.7\n% later\n%%EOF\n")
    yield office, audit, case
    database.close()


def record_heads(office: Office) -> None:
    """Write down the newest entry of every stream."""
    with office.runtime.write(OFFICE) as uow:
        log = uow.tables.log
        heads = heads_of(log.newest_heads(log.size()))
        draft = LogDraft(
            type=EntryType.HEADS_RECORDED,
            stream="log",
            at=uow.now,
            actor=SYSTEM,
            subject=heads.subject(),
        )
        log.append(draft)
        uow.commit()


@pytest.fixture(scope="module")
def pack(office_at_work: Any) -> Packed:
    office, audit, _ = office_at_work
    return pack_of(office, "instance", audit, note=note_of(office))


@pytest.fixture(scope="module")
def whole_year(office_at_work: Any) -> Packed:
    office, _, _ = office_at_work
    return pack_of(office, "year", "2026", note=note_of(office))


@pytest.fixture
def insider(whole_year: Packed) -> Insider:
    return Insider.with_(whole_year.content)


def test_sound_packs_are_intact_and_say_what_was_not_checked(
    pack: Packed, whole_year: Packed
) -> None:
    for found in (pack, whole_year):
        report = judged(found.content, now=LATER)
        assert report.findings == (), report.findings
        assert report.extra == ()
        assert report.signers == (ORIGIN,)
        assert report.size == found.made.size
        assert {"guards", "witnesses", "no_held_checkpoint"} <= report.not_checked.keys()
        assert "roles" not in report.not_checked
    assert "scope" in judged(whole_year.content).not_checked
    assert "checkpoint_signature" in judged(pack.content, policy=None).not_checked


def test_what_an_insider_writes_anew_without_a_change_stays_intact(
    insider: Insider,
) -> None:
    assert judged(insider.sealed()).findings == ()


Change = Callable[[Insider], object]
SUBMIT = {"type": "transition", "transition": "submit"}


def changed(wanted: dict[str, Any], **values: Any) -> Change:
    """Write other values into the first entry like this one; None takes a key away."""

    def change(insider: Insider) -> None:
        body = insider.find(**wanted)
        for key, value in values.items():
            body.pop(key.rstrip("_"), None)
            if value is not None:
                body[key.rstrip("_")] = value

    return change


def dropped(**wanted: Any) -> Change:
    """Leave an entry out, and number its stream anew."""

    def drop(insider: Insider) -> None:
        gone = insider.find(**wanted)
        insider.entries = [(i, b) for i, b in insider.entries if b is not gone]
        for _, body in insider.entries:
            if body["stream"] == gone["stream"] and body["seq"] > gone["seq"]:
                body["seq"] -= 1

    return drop


def every(**values: Any) -> Change:
    """Write other values into every entry that has such keys."""

    def change(insider: Insider) -> None:
        for _, body in insider.entries:
            body.update({key: value for key, value in values.items() if key in body})

    return change


def resting_on_another_file(insider: Insider) -> None:
    """Let a step name a file that was never attached."""
    insider.find(**SUBMIT)["evidence"][0]["id"] = "other"


OTHER = "0" * 64
FORGERIES: dict[str, tuple[Change, str]] = {
    "the step leads elsewhere": (changed(SUBMIT, to="closed"), "wrong_target"),
    "it came from elsewhere": (changed(SUBMIT, from_="closed"), "wrong_source"),
    "there is no such step": (changed(SUBMIT, transition="vanish"), "unknown_transition"),
    "a role that may not": (changed(SUBMIT, role="clerk"), "wrong_role"),
    "the role was another's": (changed(SUBMIT, actor="p030"), "role_not_held"),
    "acting for one who never lent it": (changed(SUBMIT, on_behalf="p030"), "role_not_held"),
    "evidence left out of the step": (changed(SUBMIT, evidence=None), "evidence_absent"),
    "a step with files never attached": (resting_on_another_file, "evidence_unknown"),
    "opened in the middle": (changed({"type": "instance_created"}, to="closed"), "wrong_initial"),
    "rules that were never published": (
        dropped(type="definition_published", process="internal_audit"),
        "definition_not_published",
    ),
    "other rules": (changed(SUBMIT, def_=OTHER), "definition_changed"),
    "rules that are not there": (changed(SUBMIT, def_=OTHER), "definition_missing"),
    "an unknown kind of entry": (changed(SUBMIT, type="gossip"), "entry_malformed"),
    "an unknown key": (changed(SUBMIT, mood="good"), "entry_malformed"),
    "another version": (changed(SUBMIT, v=2), "entry_malformed"),
    "time falls": (changed(SUBMIT, recorded_at="2026-07-05T01:00:00.000000Z"), "time_falls"),
    "time to come": (changed(SUBMIT, recorded_at="2031-01-01T00:00:00.000000Z"), "time_in_future"),
    "another file": (
        changed(
            {"type": "evidence_attached"},
            evidence=[{"id": "e", "requirement": "notice", "sha256": OTHER, "size": 1}],
        ),
        "evidence_missing",
    ),
    "another payload": (changed({"type": "instance_created"}, payload=OTHER), "payload_differs"),
    "no payload at all": (
        changed({"type": "instance_created"}, payload=None),
        "payload_unexpected",
    ),
    "the number of the case": (every(code="IA-2026-07"), "code_gap"),
    "the newest entries of a stream": (
        dropped(type="waiver_granted"),
        "newest_withheld",
    ),
}


@pytest.mark.parametrize("forged", FORGERIES)
def test_an_insider_who_writes_everything_anew_is_found_by_what_was_forged(
    insider: Insider, forged: str
) -> None:
    change, code = FORGERIES[forged]
    change(insider)
    report = judged(insider.sealed(), now=LATER)
    assert code in codes_of(report), report.findings


def test_a_rewritten_history_is_found_by_any_checkpoint_that_was_kept(
    office_at_work: Any, whole_year: Packed, insider: Insider
) -> None:
    office, audit, _ = office_at_work
    old = note_of(office, size=whole_year.made.size - 3)
    assert judged(whole_year.content, held={"old": old}).findings == ()
    # Nothing but a hash beside the cases: no other check can see it.
    insider.find(type="definition_published", process="internal_audit")["actor"] = "p001"
    forged = insider.sealed()
    assert codes_of(judged(forged)) <= {"head_differs"}
    report = judged(forged, held={"old": old})
    assert "history_differs" in codes_of(report)
    assert class_of("history_differs") == "history"
    # Two auditors lay their packs side by side; the same log in part and whole agrees.
    part = pack_of(office, "instance", audit, note=old)
    assert judged(whole_year.content, others={"mine": io.BytesIO(part.content)}).findings == ()
    assert judged(part.content, others={"theirs": io.BytesIO(whole_year.content)}).findings == ()
    for one, other in ((forged, part.content), (part.content, forged)):
        assert "history_differs" in codes_of(judged(one, others={"x": io.BytesIO(other)}))


def test_a_newer_checkpoint_alone_cannot_be_compared_and_that_is_told(
    office_at_work: Any, whole_year: Packed
) -> None:
    office, audit, _ = office_at_work
    part = pack_of(office, "instance", audit, note=note_of(office, size=whole_year.made.size - 3))
    report = judged(part.content, held={"new": whole_year.note})
    assert report.findings == ()
    assert report.not_checked["held_is_newer"] == 1


def test_what_is_held_must_be_of_the_same_log_and_signed(pack: Packed) -> None:
    stranger = NoteSigner("log.example.vn/other", b"t" * 32)
    text = Checkpoint("log.example.vn/other", 1, b"r" * 32).text()
    cases = {
        "held_of_other_log": sign_note(text, [stranger]),
        "held_untrusted": sign_note(parse_note(pack.note).text, [stranger]),
        "held_unreadable": b"nothing",
    }
    for code, note in cases.items():
        assert code in codes_of(judged(pack.content, held={"held": note}))


def resigned(pack: Packed, note: bytes) -> bytes:
    insider = Insider.with_(pack.content)
    insider.members["log/checkpoint"] = note
    return insider.packed()


def test_only_the_policy_says_whose_signature_counts(pack: Packed) -> None:
    text = parse_note(pack.note).text
    thief = NoteSigner(ORIGIN, b"t" * 32)
    own = f"log {thief.vkey}\nquorum none\n".encode()
    report = judged(resigned(pack, sign_note(text, [thief])))
    assert codes_of(report) == {"note_not_signed"}
    assert judged(pack.content, policy=own).signers == ()
    broken = pack.note[:-6] + b"AAAA=\n"
    assert not judged(resigned(pack, broken)).intact
    other = Checkpoint("log.example.vn/other", pack.made.size, b"r" * 32).text()
    report = judged(resigned(pack, sign_note(other, [SIGNER])))
    assert {"origin_differs", "root_differs", "note_not_signed"} <= codes_of(report)


def test_a_quorum_of_witnesses_is_asked_for_and_their_time_binds_the_entries(
    pack: Packed,
) -> None:
    witness = Cosigner("w.example.vn", b"w" * 32)
    policy = b"log %b\nwitness w %b\nquorum w\n" % (
        SIGNER.vkey.encode(),
        witness.key.vkey.encode(),
    )
    assert codes_of(judged(pack.content, policy=policy)) == {"quorum_not_met"}
    text, signed = parse_note(pack.note)

    def seen_at(moment: Any) -> bytes:
        line = witness.cosign(text, time=int(moment.timestamp()))
        return resigned(pack, join_note(text, [*signed, line]))

    report = judged(seen_at(START + timedelta(hours=1)), policy=policy, now=LATER)
    assert report.findings == ()
    assert "w.example.vn" in report.signers
    assert not {"witnesses", "time_from_outside"} & report.not_checked.keys()
    early = judged(seen_at(START - timedelta(days=2)), policy=policy, now=LATER)
    assert "time_after_outside" in codes_of(early)
    late = judged(seen_at(LATER + timedelta(days=2)), policy=policy, now=LATER)
    assert "quorum_not_met" in codes_of(late)


def test_entries_dated_before_a_moment_at_which_they_were_not_there(
    office_at_work: Any, pack: Packed
) -> None:
    office, _, _ = office_at_work
    witness = Cosigner("w.example.vn", b"w" * 32)
    policy = b"log %b\nwitness w %b\nquorum none\n" % (
        SIGNER.vkey.encode(),
        witness.key.vkey.encode(),
    )
    text, signed = parse_note(note_of(office, size=4))
    line = witness.cosign(text, time=int(LATER.timestamp()))
    held = {"old": join_note(text, [*signed, line])}
    report = judged(pack.content, policy=policy, held=held)
    assert "time_before_outside" in codes_of(report)


Outside = Callable[[dict[str, bytes]], object]


def without(prefix: str) -> Outside:
    """Take the first file away whose name begins so."""

    def take(members: dict[str, bytes]) -> None:
        members.pop(next(name for name in members if name.startswith(prefix)))

    return take


def with_bytes(prefix: str, content: bytes) -> Outside:
    """Write other bytes into the first file whose name begins so."""

    def write(members: dict[str, bytes]) -> None:
        members[next(name for name in members if name.startswith(prefix))] = content

    return write


def lines_of(name: str, edit: Callable[[list[bytes]], list[bytes]]) -> Outside:
    """Write the lines of a file anew."""

    def write(members: dict[str, bytes]) -> None:
        members[name] = b"".join(edit(members[name].splitlines(keepends=True)))

    return write


ENTRIES, PAYLOADS = "log/entries.tsv", "log/payloads.tsv"
OUTSIDERS: dict[str, tuple[Outside, str, str]] = {
    "an entry taken away": (
        # The newest of the case when the heads were recorded; what follows depends on who exported.
        lines_of(ENTRIES, lambda x: [y for y in x if b'"transition":"submit"' not in y]),
        "newest_withheld",
        "history",
    ),
    "from the middle": (lines_of(ENTRIES, lambda x: x[:3] + x[4:]), "stream_gap", "entries"),
    "an entry twice": (lines_of(ENTRIES, lambda x: [*x[:3], *x[2:]]), "index_repeated", "entries"),
    "two entries swapped": (
        lines_of(ENTRIES, lambda x: [x[1], x[0], *x[2:]]),
        "index_repeated",
        "entries",
    ),
    "an entry beyond the log": (
        lines_of(ENTRIES, lambda x: [*x, b"999\t" + x[-1].split(b"\t", 1)[1]]),
        "beyond_checkpoint",
        "entries",
    ),
    "no line": (lines_of(ENTRIES, lambda x: [*x, b"gossip\n"]), "entries_unreadable", "container"),
    "a payload taken away": (lines_of(PAYLOADS, lambda x: x[1:]), "manifest_differs", "container"),
    "a payload of nobody": (
        lines_of(PAYLOADS, lambda x: [*x, b"9999" + x[-1][x[-1].index(b"\t") :]]),
        "payload_without_entry",
        "payloads",
    ),
    "no payload line": (
        lines_of(PAYLOADS, lambda x: [*x, b"gossip\n"]),
        "payloads_unreadable",
        "container",
    ),
    "a file taken away": (without("evidence/"), "evidence_missing", "evidence"),
    "a file changed": (with_bytes("evidence/", b"other"), "evidence_differs", "evidence"),
    "of another size": (with_bytes("evidence/", b"other"), "evidence_size_differs", "evidence"),
    "rules taken away": (without("definitions/"), "definition_missing", "replay"),
    "rules changed": (with_bytes("definitions/", b"{}"), "definition_differs", "replay"),
    "the tree taken away": (without("log/tile/"), "tile_missing", "container"),
    "the tree changed": (with_bytes("log/tile/", bytes(96 * 10)), "tile_missing", "container"),
    "no checkpoint": (without("log/checkpoint"), "member_missing", "container"),
    "no checkpoint in it": (with_bytes("log/checkpoint", b"x"), "note_malformed", "checkpoint"),
    "no manifest": (without("manifest"), "member_missing", "container"),
    "no manifest in it": (with_bytes("manifest", b"{}"), "format_unknown", "container"),
    "no heads": (without("log/heads"), "head_missing", "history"),
    "heads of nothing": (with_bytes("log/heads", b"x\n"), "heads_unreadable", "container"),
    "a page changed": (with_bytes("index.html", b"hello"), "manifest_differs", "container"),
}


@pytest.mark.parametrize("done", OUTSIDERS)
def test_what_an_outsider_did_is_named_and_has_its_class(pack: Packed, done: str) -> None:
    change, code, kind = OUTSIDERS[done]
    members = members_of(pack.content)
    change(members)
    report = judged(packed_again(members))
    assert code in codes_of(report), report.findings
    assert class_of(code) == kind


def test_files_that_nobody_speaks_of_are_listed(pack: Packed) -> None:
    members = members_of(pack.content)
    members[f"evidence/{OTHER}.pdf"] = b"smuggled"
    members["letter.txt"] = b"smuggled"
    report = judged(packed_again(members))
    assert set(report.extra) == {f"evidence/{OTHER}.pdf", "letter.txt"}
    assert "manifest_differs" in codes_of(report)


def test_a_head_that_is_another_streams_is_found(pack: Packed) -> None:
    members = members_of(pack.content)
    lines = members["log/heads.tsv"].splitlines(keepends=True)
    cut = [line.rpartition(b"\t")[0] + b"\t\n" for line in lines]
    members["log/heads.tsv"] = b"".join(cut)
    assert "head_not_proven" in codes_of(judged(packed_again(members)))


def test_any_flipped_byte_of_a_pack_is_found(pack: Packed) -> None:
    places = st.integers(0, len(pack.content) - 1)

    @given(places, st.integers(0, 7))
    def flip(place: int, bit: int) -> None:
        content = bytearray(pack.content)
        content[place] ^= 1 << bit
        assert not judged(bytes(content)).intact

    flip()


def test_any_flipped_byte_is_found_by_whoever_makes_the_file_fit_again(pack: Packed) -> None:
    """The container and its checksums are mended: what is proven still shows it, or is listed."""
    members = members_of(pack.content)
    proven = sorted(name for name in members if name.startswith(("log/", "evidence/", "defin")))

    @given(st.sampled_from(proven), st.data())
    def flip(name: str, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(members[name]) - 1))
        content = bytearray(members[name])
        content[place] ^= 1 << data.draw(st.integers(0, 7))
        forged = {**members, name: bytes(content)}
        del forged["manifest.json"]
        codes = codes_of(judged(packed_again(forged))) - {"member_missing"}
        assert codes, (name, place)

    flip()


def zipped(**how: Any) -> bytes:
    """A ZIP as any other program makes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how.get("compression", zipfile.ZIP_STORED)) as made:
        made.writestr(how.get("name", "log/checkpoint"), how.get("content", b"x"))
    return file.getvalue()


def claiming(size: int) -> bytes:
    """A pack whose checkpoint, well signed, claims a log of any size."""
    text = Checkpoint(ORIGIN, size, b"r" * HASH_BYTES).text()
    return packed_again({"log/checkpoint": sign_note(text, [SIGNER])})


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no zip": b"PK\3\4" + b"x" * 100,
    "a bomb": zipped(compression=zipfile.ZIP_DEFLATED, content=bytes(10_000_000)),
    "a path out": zipped(name="../../etc/passwd"),
    "an absolute path": zipped(name="/etc/passwd"),
    "a folder of Windows": zipped(name="..\\x"),
    "a name that is no text": zipped(name="bằng chứng"),
    "an empty zip": zipped()[-22:],
    "a log beyond all bounds": claiming(2**62),
    "a table that is none": packed_again({"definitions/" + OTHER + ".json": b"[]"}),
    "deeper than any reader": packed_again({"manifest.json": b"[" * 100_000}),
    "one endless line": packed_again({ENTRIES: b"1" * 1_000_000}),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused_in_no_time_and_nothing_is_written(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not judged(HOSTILE[what]).intact
    assert list(tmp_path.iterdir()) == []


def test_two_files_of_one_name_are_no_pack(pack: Packed) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(zipfile.ZipInfo("log/checkpoint"), pack.note)
        with pytest.warns(UserWarning, match="Duplicate name"):
            made.writestr(zipfile.ZipInfo("log/checkpoint"), pack.note)
    assert codes_of(judged(file.getvalue())) == {"container_unreadable"}


def test_every_class_of_fault_has_an_exit_code_of_its_own() -> None:
    assert len(set(CLASSES.values())) == len(CLASSES)
    assert all(code not in {0, 1, 2} for code in CLASSES.values())

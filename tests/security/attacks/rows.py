"""The attack table: each attack as it is carried out, and who finds it, by what code.

1. A row of the table (A1 … A19) has one attack or more; a test finds a row that has none.
2. `found`: the eyes that must name it. `unseen`: eyes that cannot see it, by design; the documents
   say so. Where an eye has `bugs`, with these checks taken out it must miss the attack.
3. Attackers have what their row says they have, and nothing more.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from engine.audit.leaf import EntryType
from engine.audit.note import NoteSigner
from engine.audit.policy import write_policy
from engine.audit.profile import canonical_text
from engine.commands.change_log_keys import begin_log_key, end_former_log_key
from engine.commands.publish_log import publish_log
from engine.commands.witness_log import witness_log
from engine.machine.actor import SYSTEM
from engine.queries.witnesses import WITNESSED_PATH
from engine.runtime import Caller
from engine.storage.audit_log import LogDraft
from tests.fixtures import OFFICE, people_of, seed_data
from tests.publishing import ORIGIN, SEED
from tests.security.attacks.crime import (
    SIGNER,
    THIEF,
    WRONG_KEY,
    Line,
    Packer,
    blobs,
    fold,
    lines_of,
    one,
    rebuild_files,
    refit,
    sign_anew,
    write_lines,
)
from tests.security.attacks.scene import WITNESSED_POLICY, Stage, trusting

Act = Callable[[Stage], object]


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who finds an attack.

    Attributes:
        eye: who (`eyes.EYES`).
        code: how it is named.
        bugs: checks without which this eye misses it (`eyes.PLANTED`); none: others see it, too.
    """

    eye: str
    code: str
    bugs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack of a row of the table."""

    row: str
    what: str
    act: Act
    found: tuple[Found, ...]
    unseen: tuple[str, ...] = ()


REFUSAL: Final = {"type": "transition", "outcome": "refused"}
EARLY_REFUSAL: Final = {**REFUSAL, "actor": "p012"}
"""Somebody who tried to seal and was refused: before the auditor's first visit."""
LATE_REFUSAL: Final = {**REFUSAL, "actor": "p008"}
"""Another refusal, after it."""


def house_key(stage: Stage) -> bytes:
    """The key of the seals: stolen with the server's file system."""
    return stage.runtime.log_key


# A1, A2: rows edited.


def edit_a_body(stage: Stage) -> None:
    stage.drop_triggers()
    line = one(lines_of(stage), **EARLY_REFUSAL)
    other = bytes(line.row["body"]).replace(b'"actor":"p012"', b'"actor":"p011"')
    stage.run(
        "UPDATE log_entry SET body = :body WHERE organization_id = :org AND idx = :idx",
        body=other,
        idx=line.row["idx"],
    )


def blame_another(lines: list[Line]) -> None:
    one(lines, **EARLY_REFUSAL).told["actor"] = "p011"


def edit_and_fit(stage: Stage) -> None:
    refit(stage, blame_another)


def edit_a_column(stage: Stage) -> None:
    stage.drop_triggers()
    stage.run(
        """UPDATE log_entry SET actor = 'p011'
           WHERE organization_id = :org AND outcome = 'refused' AND actor = 'p012'"""
    )


def edit_a_case(stage: Stage) -> None:
    stage.run("UPDATE instance SET state = 'approved' WHERE id = :audit")


def edit_with_the_files(stage: Stage) -> None:
    """With the seals, too: only the key that signs is missing."""
    size = stage.auditor.checkpoint().size
    refit(stage, blame_another, key=house_key(stage))
    rebuild_files(stage, size=size)


def edit_in_the_pack(stage: Stage) -> None:
    """A pack with everything written anew but the checkpoint."""
    packer = Packer(stage.scene.pack)
    note = packer.insider.members["log/checkpoint"]
    packer.insider.find(**EARLY_REFUSAL)["actor"] = "p011"
    packer.insider.members.pop("log/heads.tsv")
    packer.signed(SIGNER)
    packer.insider.members["log/checkpoint"] = note
    stage.pack = packer.again()


def edit_in_the_pack_alone(stage: Stage) -> None:
    """The last words of a case, about which no later entry says anything."""

    def edit(lines: list[bytes]) -> list[bytes]:
        return [
            line.replace(b'"actor":"p008"', b'"actor":"p009"') if b'"refused"' in line else line
            for line in lines
        ]

    packer = Packer(stage.scene.pack)
    packer.insider.members.pop("log/heads.tsv")
    stage.pack = packer.lines(edit)


# A3, A4: rows deleted, moved, inserted.


def delete_a_row(stage: Stage) -> None:
    stage.drop_triggers()
    stage.run(
        """DELETE FROM log_entry
           WHERE organization_id = :org AND outcome = 'refused' AND actor = 'p012'"""
    )


def without(**wanted: Any) -> Callable[[list[Line]], None]:
    def edit(lines: list[Line]) -> None:
        lines.remove(one(lines, **wanted))

    return edit


def delete_and_close_ranks(stage: Stage) -> None:
    refit(stage, without(**EARLY_REFUSAL))


def delete_with_the_seals(stage: Stage) -> None:
    refit(stage, without(**EARLY_REFUSAL), key=house_key(stage))


def swap(lines: list[Line]) -> None:
    first = lines.index(one(lines, type="account_changed", actor="system"))
    lines[first - 1], lines[first] = lines[first], lines[first - 1]


def reorder(stage: Stage) -> None:
    refit(stage, swap)


def reorder_with_the_seals(stage: Stage) -> None:
    refit(stage, swap, key=house_key(stage))


def insert(lines: list[Line]) -> None:
    """A refusal of somebody who never tried."""
    there = one(lines, **EARLY_REFUSAL)
    lines.insert(lines.index(there), there.copy(actor="p011"))


def insert_in_the_middle(stage: Stage) -> None:
    refit(stage, insert)


def insert_with_the_seals(stage: Stage) -> None:
    refit(stage, insert, key=house_key(stage))


# A5, A6: the end of the log.


def slip_in(stage: Stage) -> None:
    def edit(lines: list[Line]) -> None:
        lines.append(one(lines, **LATE_REFUSAL).copy(actor="p011"))

    refit(stage, edit)


def slip_in_with_a_made_up_seal(stage: Stage) -> None:
    before = {line.row["idx"]: line.row["hmac"] for line in lines_of(stage)}
    slip_in(stage)
    refit(stage, lambda _: None, key=WRONG_KEY)
    lines = lines_of(stage)
    for line in lines:
        line.row["hmac"] = before.get(line.row["idx"], line.row["hmac"])
    write_lines(stage, lines)


def cut_the_tail(stage: Stage) -> None:
    """Everything from the last refusal on: nothing in the tables speaks of it."""
    lines = lines_of(stage)
    write_lines(stage, lines[: lines.index(one(lines, **LATE_REFUSAL))])
    fold(stage)


# A7, A8, A9: signed anew.


def sign_as_an_outsider(stage: Stage) -> None:
    packer = Packer(stage.scene.pack)
    packer.insider.members.pop("log/heads.tsv")
    packer.insider.find(**EARLY_REFUSAL)["actor"] = "p011"
    stage.pack = packer.signed(THIEF)


def publish_as_an_outsider(stage: Stage) -> None:
    delete_with_the_seals(stage)
    sign_anew(stage, THIEF)


def rewrite(stage: Stage) -> None:
    """The insider has both keys, the database and the files: all of it is written anew."""
    delete_with_the_seals(stage)
    sign_anew(stage, SIGNER)
    stage.held = {"first visit": stage.scene.held}


def rewrite_and_trust_nobody(stage: Stage) -> None:
    """The same before an auditor who kept nothing and asks for no witness."""
    rewrite(stage)
    stage.held = {}


def forget_what_was_published(stage: Stage) -> None:
    """Let the house believe that it never published anything."""
    shutil.rmtree(stage.folder / "published")
    stage.run("UPDATE log_origin SET published = false WHERE organization_id = :org")
    stage.run("DELETE FROM log_publication WHERE organization_id = :org")


def edit_and_forget(stage: Stage) -> None:
    edit_and_fit(stage)
    forget_what_was_published(stage)


def let_the_house_sign(stage: Stage) -> None:
    """Without the key that signs: the house, made to forget, signs the forged history itself."""
    delete_with_the_seals(stage)
    forget_what_was_published(stage)
    publish_log(stage.runtime, OFFICE)
    stage.held = {"first visit": stage.scene.held}


def fork(stage: Stage) -> None:
    """The same, from after the auditor's first visit on."""
    refit(stage, without(**LATE_REFUSAL), key=house_key(stage))
    sign_anew(stage, SIGNER)
    stage.held = {"first visit": stage.scene.held}


def fork_before_witnesses(stage: Stage) -> None:
    fork(stage)
    stage.policy = WITNESSED_POLICY


def fork_before_two_auditors(stage: Stage) -> None:
    fork(stage)
    stage.others = {"the other auditor": stage.scene.pack}


def fork_before_another_checkpoint(stage: Stage) -> None:
    """The other auditor kept the newest checkpoint alone; the fork has grown past it."""
    refit(stage, without(**LATE_REFUSAL), key=house_key(stage))
    go_on(stage, 3)
    sign_anew(stage, SIGNER)
    stage.held = {"first visit": stage.scene.held, "the other auditor": stage.scene.newest}


# A10, A11: back in time.


def restore(stage: Stage) -> None:
    stage.put_back(files=False)


def restore_and_go_on(stage: Stage) -> None:
    stage.put_back(files=False)
    go_on(stage, 20)


def restore_with_the_files(stage: Stage) -> None:
    stage.put_back(files=True)


def restore_with_the_files_and_go_on(stage: Stage) -> None:
    stage.put_back(files=True)
    go_on(stage, 20)
    publish_log(stage.runtime, OFFICE)


def go_on(stage: Stage, count: int) -> None:
    """Let something happen in the log."""
    with stage.runtime.write(OFFICE) as uow:
        draft = LogDraft(
            type=EntryType.SETTING_CHANGED, stream="organization", at=uow.now, actor=SYSTEM
        )
        uow.tables.log.append_all([draft] * count)
        uow.commit()


def turn_the_clock_back(stage: Stage) -> None:
    """What happens now is to have happened three days ago; the office is no demonstration."""
    stage.run("UPDATE organization SET demonstration = false WHERE id = :org")
    now = stage.clock.now()
    stage.clock.move_to(now - timedelta(days=3))
    go_on(stage, 1)
    publish_log(stage.runtime, OFFICE)
    stage.clock.move_to(now)


def stop_the_clock(stage: Stage) -> None:
    """A week passes, and the log is told that it does not: its own times never fall."""
    frozen = stage.clock.now()
    go_on(stage, 1)
    publish_log(stage.runtime, OFFICE)
    stage.clock.forward(days=7)
    _witnessed(stage)
    stage.clock.move_to(frozen + timedelta(minutes=1))
    go_on(stage, 1)
    publish_log(stage.runtime, OFFICE)
    stage.clock.move_to(frozen + timedelta(days=8))


def _witnessed(stage: Stage) -> None:
    """The witnesses sign what was published, with the time that they know; the auditor keeps it."""
    with stage.witnesses() as send:
        witness_log(stage.runtime, OFFICE, now=stage.clock.now(), send=send)
    stage.held = {"of the week": stage.files.read(OFFICE, f"1/{WITNESSED_PATH}")}


# A12, A13: evidence.


def swap_a_file(stage: Stage) -> None:
    first, second, *_ = blobs(stage)
    first.chmod(0o600)
    first.write_bytes(second.read_bytes())


def swap_a_file_in_the_pack(stage: Stage) -> None:
    packer = Packer(stage.scene.pack)
    name = packer.member("evidence/")
    members = packer.insider.members
    members[name] = members[name].replace(b"%PDF-1.7\n%", b"%PDF-1.7\n#")
    stage.pack = packer.again()


def delete_a_file(stage: Stage) -> None:
    blobs(stage)[0].unlink()


def delete_a_file_in_the_pack(stage: Stage) -> None:
    packer = Packer(stage.scene.pack)
    packer.insider.members.pop(packer.member("evidence/"))
    stage.pack = packer.again()


# A14: an approval that nobody gave.


def forge_an_approval(stage: Stage, sig: dict[str, Any] | None = None) -> None:
    """The operator lets the log say that the Director sealed the paper."""
    signed = one(lines_of(stage), type="transition", transition="sign").told
    with stage.runtime.write(OFFICE) as uow:
        uow.tables.log.append(
            LogDraft(
                type=EntryType.TRANSITION,
                stream=signed["stream"],
                at=uow.now,
                actor=uow.actor(_director()),
                role="director",
                definition=signed["def"],
                instance=signed["instance"],
                code=signed.get("code"),
                process=signed["process"],
                transition="seal",
                from_state="signed",
                to_state="signed",
                sig=sig,
            )
        )
        uow.commit()
    at = one(lines_of(stage), transition="seal").row["recorded_at"]
    stage.run("UPDATE instance SET version = 2, entered_at = :at WHERE id = :paper", at=at)
    stage.run(
        """INSERT INTO step (organization_id, instance_id, version, transition, from_state,
             to_state, person, on_behalf_of, role, unit, at, "on", internal, reason, flags, entry)
           SELECT organization_id, instance_id, 2, 'seal', 'signed', 'signed', person,
             on_behalf_of, role, unit, :at, "on", internal, NULL, flags, entry + 1
           FROM step WHERE instance_id = :paper AND version = 1""",
        at=at,
    )
    publish_log(stage.runtime, OFFICE)


def _director() -> Any:
    return Caller(organization_id=OFFICE, person=people_of(seed_data())["director"])


def forge_with_an_old_assertion(stage: Stage) -> None:
    """The same with the assertion that the Director once gave for something else."""
    signed = one(lines_of(stage), type="transition", transition="sign").told
    forge_an_approval(stage, {**signed["sig"], "version": 2})


# A15: other rules.


def weaken_the_rules(stage: Stage) -> None:
    stage.run(
        """UPDATE definition_version
           SET body = replace(body, '"not_of_unit": ["unit"]', '"not_of_unit": []')
           WHERE organization_id = :org AND process = 'sealed_case'"""
    )


def weaken_the_rules_in_the_pack(stage: Stage) -> None:
    packer = Packer(stage.scene.pack)
    for name, content in packer.insider.members.items():
        if name.startswith("definitions/") and b"sealed_case" in content:
            told = json.loads(content)
            told["transitions"]["judge"]["by"].append({"role": "office"})
            packer.insider.members[name] = canonical_text(told).encode()
    stage.pack = packer.again()


# A16, A17: left out.


def withhold_the_newest(stage: Stage) -> None:
    """The refusal is the last entry of its case: what is left has no gap."""

    def edit(lines: list[bytes]) -> list[bytes]:
        return [line for line in lines if b'"actor":"p008"' not in line or b"refused" not in line]

    stage.pack = Packer(stage.scene.pack).lines(edit)


def empty_the_log(stage: Stage) -> None:
    stage.drop_triggers()
    if stage.sqlite:
        stage.run("DELETE FROM log_entry WHERE organization_id = :org")
    else:
        with stage.runtime.database.writing() as session:
            session.connection().exec_driver_sql("TRUNCATE log_entry")
            session.commit()


def empty_the_log_and_its_head(stage: Stage) -> None:
    empty_the_log(stage)
    fold(stage)


# A18: tricks with spelling, by somebody who has the seals and means two readers to read two things.


def spelled(trick: Callable[[bytes], bytes]) -> Act:
    def act(stage: Stage) -> None:
        def edit(lines: list[Line]) -> None:
            line = one(lines, **LATE_REFUSAL)
            line.spelled = trick(bytes(line.row["body"]))

        refit(stage, edit, key=house_key(stage))

    return act


def twice(body: bytes) -> bytes:
    return body.replace(b'{"actor":"p008"', b'{"actor":"p011","actor":"p008"')


def with_a_float(body: bytes) -> bytes:
    return body.replace(b'"v":1', b'"v":1.0')


def escaped(body: bytes) -> bytes:
    return body.replace(b'"actor"', b'"\\u0061ctor"')


def with_spaces(body: bytes) -> bytes:
    return body.replace(b'"v":1', b'"v": 1')


# A19: the key that signs is stolen; the thief has copies of everything that was published.


def sign_with_the_stolen_key(stage: Stage) -> None:
    packer = Packer(stage.scene.pack)
    packer.insider.members.pop("log/heads.tsv")
    packer.insider.find(**LATE_REFUSAL)["actor"] = "p009"
    stage.pack = packer.signed(SIGNER)
    stage.held = {"first visit": stage.scene.held}


def before_witnesses(stage: Stage) -> None:
    sign_with_the_stolen_key(stage)
    stage.policy = WITNESSED_POLICY


def after_the_key_was_changed(stage: Stage) -> None:
    """The key was found out, and changed; the auditor pins the new one."""
    assert stage.runtime.publishing is not None
    begin_log_key(stage.runtime)
    end_former_log_key(stage.runtime)
    (seed,) = stage.runtime.publishing.keys.seeds()
    assert seed != SEED
    key = NoteSigner(ORIGIN, seed).verifier.key
    sign_with_the_stolen_key(stage)
    stage.held = {}
    stage.policy = write_policy(replace(trusting(key=key), quorum=None))


def forge_with_the_stolen_key(stage: Stage) -> None:
    """The key of the log makes no signature of a person."""
    packer = Packer(stage.scene.pack)
    packer.insider.members.pop("log/heads.tsv")
    packer.insider.find(transition="sign", type="transition").pop("sig")
    stage.pack = packer.signed(SIGNER)


ATTACKS: Final = (
    Attack(
        "A1",
        "a body is edited",
        edit_a_body,
        (Found("verify", "leaf_hash_differs"), Found("verify", "hmac_differs")),
    ),
    Attack(
        "A1",
        "a body is edited, and all but the seal made to fit",
        edit_and_fit,
        (
            Found("verify alone", "hmac_differs", ("seals",)),
            Found("verify --held", "checkpoint_differs", ("seals", "checkpoints")),
        ),
        # The start compares with what was published, as the database itself remembers it.
        ("start",),
    ),
    Attack(
        "A1",
        "a column beside the body is edited",
        edit_a_column,
        (Found("verify", "projection_differs", ("projections",)),),
    ),
    Attack(
        "A1",
        "the state of a case is edited",
        edit_a_case,
        (Found("verify", "state_differs", ("replay",)),),
    ),
    Attack(
        "A1",
        "an entry of a pack is edited",
        edit_in_the_pack_alone,
        (Found("pack", "not_in_tree", ("pack's tree", "pack's heads")),),
    ),
    Attack(
        "A2",
        "a row is edited and sealed with the stolen key, and the tiles are built over it",
        edit_with_the_files,
        (
            Found("verify", "checkpoint_differs", ("checkpoints", "published tiles")),
            Found("verify", "published_tiles_differ"),
            Found("proofs", "log_tiles_differ"),
            Found("publish", "log_tiles_differ"),
            Found("pack", "log_differs"),
        ),
    ),
    Attack(
        "A2",
        "a pack is written anew around the checkpoint that was signed",
        edit_in_the_pack,
        (Found("pack", "root_differs", ("pack's root", "pack's heads")),),
    ),
    Attack(
        "A2",
        "a row is edited, and the house is made to forget that it ever published",
        edit_and_forget,
        (Found("publish", "log_entry_not_ours", ("publisher's seals",)),),
        ("start",),
    ),
    Attack("A3", "a row is deleted", delete_a_row, (Found("verify", "index_gap"),)),
    Attack(
        "A3",
        "a row is deleted and the ranks are closed",
        delete_and_close_ranks,
        (Found("verify alone", "hmac_differs", ("seals",)),),
    ),
    Attack(
        "A3",
        "a row is deleted by somebody with the key of the seals",
        delete_with_the_seals,
        (
            Found("verify", "checkpoint_differs", ("checkpoints",)),
            Found("publish", "log_entry_changed"),
        ),
        ("verify alone",),
    ),
    Attack(
        "A3",
        "two rows change places",
        reorder,
        (Found("verify alone", "hmac_differs", ("seals",)),),
    ),
    Attack(
        "A3",
        "two rows change places, and are sealed anew",
        reorder_with_the_seals,
        (Found("verify", "checkpoint_differs", ("checkpoints",)),),
        ("verify alone",),
    ),
    Attack(
        "A4",
        "a row is inserted in the middle",
        insert_in_the_middle,
        (Found("verify alone", "hmac_differs", ("seals",)),),
    ),
    Attack(
        "A4",
        "a row is inserted in the middle, and all is sealed anew",
        insert_with_the_seals,
        (
            Found("verify", "checkpoint_differs", ("checkpoints",)),
            Found("publish", "log_entry_changed"),
        ),
        ("verify alone",),
    ),
    Attack(
        "A5",
        "a row is slipped in at the end, with the seal of another",
        slip_in,
        (
            Found("verify alone", "hmac_differs", ("seals",)),
            Found("publish", "log_entry_not_ours", ("publisher's seals",)),
        ),
    ),
    Attack(
        "A5",
        "a row is slipped in at the end, with a seal that is made up",
        slip_in_with_a_made_up_seal,
        (Found("publish", "log_entry_not_ours", ("publisher's seals",)),),
    ),
    Attack(
        "A6",
        "the tail is cut off together with the head",
        cut_the_tail,
        (
            Found("start", "log_behind", ("sizes published",)),
            Found("publish", "log_behind"),
            Found("verify", "truncated", ("sizes held",)),
        ),
        # A chain of hashes alone: never.
        ("verify alone",),
    ),
    Attack(
        "A7",
        "a pack is edited and signed with another key of the same name",
        sign_as_an_outsider,
        (Found("pack", "note_not_signed", ("policy's key", "pack's heads")),),
    ),
    Attack(
        "A7",
        "the published log is replaced by one that is signed with another key",
        publish_as_an_outsider,
        (
            Found("start", "log_checkpoint_unreadable"),
            Found("publish", "log_checkpoint_unreadable"),
        ),
    ),
    Attack(
        "A8",
        "history is rewritten with the real keys",
        rewrite,
        (
            Found("verify --held", "checkpoint_differs", ("checkpoints",)),
            Found("pack", "history_differs", ("held",)),
            Found("witness", "forked", ("witness's memory",)),
        ),
        ("verify", "start"),
    ),
    Attack(
        "A8",
        "history is rewritten, and the house is made to forget and to sign it itself",
        let_the_house_sign,
        (
            Found("verify --held", "checkpoint_differs", ("checkpoints",)),
            Found("pack", "history_differs", ("held",)),
            Found("witness", "forked", ("witness's memory",)),
        ),
        ("verify", "start"),
    ),
    Attack(
        "A8",
        "history is rewritten before an auditor who kept nothing",
        rewrite_and_trust_nobody,
        (Found("witness", "forked", ("witness's memory",)),),
        ("pack",),
    ),
    Attack(
        "A9",
        "a fork after the checkpoint that is held",
        fork,
        (Found("witness", "forked", ("witness's memory",)),),
        # The old checkpoint is part of both branches.
        ("pack", "verify", "start"),
    ),
    Attack(
        "A9",
        "the same fork before an auditor who asks for witnesses",
        fork_before_witnesses,
        (Found("pack", "quorum_not_met", ("quorum", "pack's heads")),),
    ),
    Attack(
        "A9",
        "the same fork before two auditors who compare their packs",
        fork_before_two_auditors,
        (Found("pack", "history_differs", ("held",)),),
    ),
    Attack(
        "A9",
        "the same fork, grown on, before the newest checkpoint of another auditor",
        fork_before_another_checkpoint,
        (Found("pack", "history_differs", ("held",)),),
    ),
    Attack(
        "A10",
        "the database is put back to a backup",
        restore,
        (
            Found("start", "log_behind", ("sizes published", "roots published")),
            Found("publish", "log_behind"),
            Found("verify", "truncated", ("sizes held",)),
        ),
        ("verify alone",),
    ),
    Attack(
        "A10",
        "the database is put back, and grows past what was published",
        restore_and_go_on,
        (Found("start", "log_beside", ("roots published",)), Found("publish", "log_beside")),
        ("verify alone",),
    ),
    Attack(
        "A10",
        "database and published files are put back together",
        restore_with_the_files,
        (Found("witness", "ahead"), Found("verify --held", "truncated", ("sizes held",))),
        ("verify", "start"),
    ),
    Attack(
        "A10",
        "database and files are put back, and the log goes on past what the witnesses saw",
        restore_with_the_files_and_go_on,
        (
            Found("witness", "forked", ("witness's memory",)),
            Found("verify --held", "checkpoint_differs", ("checkpoints",)),
        ),
        ("verify", "start"),
    ),
    Attack(
        "A11",
        "the clock is turned back",
        turn_the_clock_back,
        (
            Found("verify", "time_falls", ("times",)),
            Found("pack", "time_falls", ("pack's time",)),
        ),
    ),
    Attack(
        "A11",
        "the clock is stopped",
        stop_the_clock,
        (Found("pack", "time_before_outside", ("pack's time",)),),
        ("verify alone",),
    ),
    Attack(
        "A12",
        "the bytes of a file are replaced",
        swap_a_file,
        (Found("verify", "blob_differs", ("files",)), Found("pack", "evidence_differs")),
    ),
    Attack(
        "A12",
        "the bytes of a file are replaced in a pack",
        swap_a_file_in_the_pack,
        (Found("pack", "evidence_differs", ("pack's files",)),),
    ),
    Attack(
        "A13",
        "a file is deleted",
        delete_a_file,
        (Found("verify", "blob_missing", ("files",)), Found("pack", "evidence_missing")),
    ),
    Attack(
        "A13",
        "a file is left out of a pack",
        delete_a_file_in_the_pack,
        (Found("pack", "evidence_missing"),),
    ),
    Attack(
        "A14",
        "the operator writes an approval that nobody signed",
        forge_an_approval,
        (
            Found("verify", "signature_missing", ("signatures",)),
            Found("pack", "signature_missing", ("pack's signatures",)),
        ),
    ),
    Attack(
        "A14",
        "the operator signs it with an assertion for something else",
        forge_with_an_old_assertion,
        (
            Found("verify", "signature_reused", ("signatures",)),
            Found("pack", "signature_content_differs", ("pack's signatures",)),
            Found("pack", "signature_reused", ("pack's signatures",)),
        ),
    ),
    Attack(
        "A15",
        "a definition is made weaker afterwards",
        weaken_the_rules,
        (Found("verify", "definition_differs", ("definitions",)),),
    ),
    Attack(
        "A15",
        "a definition is made weaker in a pack",
        weaken_the_rules_in_the_pack,
        (Found("pack", "definition_differs", ("pack's rules",)),),
    ),
    Attack(
        "A16",
        "the newest entry of a case is left out of a pack",
        withhold_the_newest,
        (Found("pack", "newest_withheld", ("pack's heads",)),),
    ),
    Attack(
        "A17",
        "the log is emptied with its triggers taken away",
        empty_the_log,
        (Found("verify", "truncated"), Found("verify", "instance_without_entries")),
    ),
    Attack(
        "A17",
        "the log is emptied together with its head",
        empty_the_log_and_its_head,
        (
            Found("start", "log_behind", ("sizes published",)),
            Found("publish", "log_behind"),
            Found("verify", "instance_without_entries"),
        ),
    ),
    *(
        Attack(
            "A18",
            f"an entry is spelled {how}",
            spelled(trick),
            (Found("verify alone", code, bugs),),
        )
        for how, trick, code, bugs in (
            ("with a key twice", twice, "body_not_canonical", ("strict reader",)),
            ("with another escape", escaped, "body_not_canonical", ("strict reader",)),
            ("with spaces", with_spaces, "body_not_canonical", ("strict reader",)),
            # The form of a leaf asks for integers once more.
            ("with a float", with_a_float, "float_refused", ()),
        )
    ),
    Attack(
        "A19",
        "a thief signs another log with the stolen key",
        before_witnesses,
        (Found("pack", "quorum_not_met", ("quorum", "pack's heads")),),
    ),
    Attack(
        "A19",
        "the same after the key was changed",
        after_the_key_was_changed,
        (Found("pack", "note_not_signed", ("policy's key", "pack's heads")),),
    ),
    Attack(
        "A19",
        "the thief forges an approval",
        forge_with_the_stolen_key,
        (Found("pack", "signature_missing", ("pack's signatures", "pack's heads")),),
    ),
)
ROWS: Final = tuple(f"A{number}" for number in range(1, 20))

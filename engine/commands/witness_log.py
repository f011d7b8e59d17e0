"""Send the newest checkpoint of a log to its witnesses, and publish what they signed.

1. Whom to ask stands in the installation's policy: every witness with an address, at once, each
   with its own patience. One that does not answer is asked less and less often, up to an hour.
   One that signed is asked again hourly, though nothing was added: it says then that there is
   still no longer log, or cries.
2. The checkpoint is sent as it was published, with the proof from the size that the witness saw.
   What it answers is believed only as far as its signature on this checkpoint goes.
3. When enough of them signed one checkpoint, it is published with their lines, beside the one
   without: `checkpoint.witnessed`. It is never replaced by a smaller one.
4. A witness that has seen more entries than the database has, or another history, is an alarm: the
   database was rolled back, or the log was forked. Nobody signs a 409, so the house does not stop
   for it; it is told by `/readyz`, on the command line, and in the log of the process each time.
5. Safe to run at any time, twice, and in several processes.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from engine.audit.checkpoint import Checkpoint
from engine.audit.cosignature import cosignatures_of
from engine.audit.note import Note, Signature, join_note, parse_note
from engine.audit.policy import PolicyWitness, TrustPolicy, quorum_met
from engine.audit.profile import AuditInputError
from engine.audit.tree import TiledTree
from engine.evidence.published import PublishedChanged, PublishedNotFound
from engine.queries.witnesses import WITNESSED_PATH
from engine.runtime import Publishing, Runtime
from engine.storage.log_witnesses import LogWitness
from engine.transaction.publishing import Standing, path_of, read_tile, standing_of
from engine.witness.asking import ALARMS, CLOCK_TOLERANCE_SECONDS, Asked, Question, Said, ask
from engine.witness.calling import Answer, Call, post

AT_ONCE: Final = 8
BACK_OFF_FIRST: Final = timedelta(seconds=15)
BACK_OFF_LONGEST: Final = timedelta(hours=1)
AGAIN_AFTER: Final = timedelta(hours=1)

Sender = Callable[[str, Call], Answer]

_log = logging.getLogger("quytrinh.witness")


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedLog:
    """What came of asking.

    Attributes:
        asked: how many witnesses were asked now.
        cosigned: how many have signed the newest checkpoint.
        published: whether it was published with their lines now.
    """

    asked: int = 0
    cosigned: int = 0
    published: bool = False


def witness_log(
    runtime: Runtime, organization_id: str, *, now: datetime, send: Sender = post
) -> WitnessedLog:
    """Have the newest checkpoint of one organisation's log cosigned.

    Args:
        runtime: the house.
        organization_id: whose log.
        now: the time outside, even where a demonstration has one of its own.
        send: makes the calls.

    Raises:
        Invalid: the policy cannot be read.
        OSError: the published files cannot be reached.
    """
    publishing = runtime.publishing
    if publishing is None:
        return WitnessedLog()
    policy = publishing.outside.policy()
    if not any(witness.url for witness in policy.witnesses):
        return WitnessedLog()
    with runtime.read(organization_id) as uow:
        state = uow.tables.publications.state()
        known = {row.name: row for row in uow.tables.witnesses.all()}
        if state is not None and _all_quiet(policy, known, state.size, now):
            # The usual case, every few seconds: nothing is read from outside the database.
            return WitnessedLog(cosigned=sum(bool(one.url) for one in policy.witnesses))
        standing = standing_of(uow, publishing)
    if standing.checkpoint is None or standing.note is None or not standing.serves:
        return WitnessedLog()
    asking = _Asking(publishing, organization_id, standing, standing.checkpoint, now, send)
    told = asking.all(policy.witnesses, known)
    rows = _kept(runtime, organization_id, told, now)
    for row in rows.values():
        _tell(row)
    lines = _lines(policy, {**known, **rows}, standing.checkpoint, now)
    published = _publish(publishing, organization_id, standing, policy, lines)
    return WitnessedLog(asked=len(rows), cosigned=len(lines), published=published)


@dataclass(frozen=True, slots=True)
class _Asking:
    """One round: one checkpoint, every witness."""

    publishing: Publishing
    organization_id: str
    standing: Standing
    checkpoint: Checkpoint
    now: datetime
    send: Sender

    def all(
        self, witnesses: Sequence[PolicyWitness], known: dict[str, LogWitness]
    ) -> list[LogWitness]:
        """Ask every witness whose time has come, each in a thread of its own (rule 1)."""
        waiting = [
            (witness, row)
            for witness in witnesses
            if witness.url
            for row in [self._row(witness, known.get(witness.name))]
            if row.next_at <= self.now
            and not (_signed(row, self.checkpoint) and _fresh(row, self.now))
        ]
        if not waiting:
            return []
        with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(waiting))) as threads:
            return list(threads.map(lambda pair: self._one(*pair), waiting))

    def _row(self, witness: PolicyWitness, row: LogWitness | None) -> LogWitness:
        vkey, origin = witness.key.vkey, self.checkpoint.origin
        if row is not None and (row.vkey, row.origin) == (vkey, origin):
            return row
        return LogWitness(
            name=witness.name,
            origin=origin,
            vkey=vkey,
            said=Said.MOVING,
            asked_at=self.now,
            next_at=self.now,
        )

    def _one(self, witness: PolicyWitness, row: LogWitness) -> LogWitness:
        read = partial(
            read_tile, self.publishing, self.organization_id, self.standing.origin.generation
        )
        tree = TiledTree(read, size=self.checkpoint.size)
        question = Question(
            checkpoint=self.standing.note or b"",
            head=self.checkpoint,
            prove=tree.consistency_proof,
            not_after=int(self.now.timestamp()) + CLOCK_TOLERANCE_SECONDS,
            send=self.send,
        )
        try:
            asked = ask(witness.url or "", witness.key, question, seen=row.held)
        except (OSError, AuditInputError, PublishedNotFound) as failure:
            # What cannot be proven from our own files is the publisher's to find; ask again later.
            asked = Asked(said=Said.FAILED, problem=f"{type(failure).__name__}: {failure}"[:200])
        return self._heard(row, asked)

    def _heard(self, row: LogWitness, asked: Asked) -> LogWitness:
        heard = replace(
            row,
            said=asked.said,
            problem=asked.problem,
            held=row.held if asked.size is None else asked.size,
            asked_at=self.now,
        )
        if asked.said is Said.COSIGNED and asked.line is not None and asked.time is not None:
            return replace(
                heard,
                failures=0,
                next_at=self.now,
                alarm_at=None,
                size=self.checkpoint.size,
                root=self.checkpoint.root,
                signed_at=datetime.fromtimestamp(asked.time, UTC),
                line=asked.line.line(),
            )
        failures = row.failures + 1
        return replace(heard, failures=failures, next_at=self.now + _back_off(failures))


def _back_off(failures: int) -> timedelta:
    waited = BACK_OFF_FIRST
    for _ in range(failures - 1):
        waited = min(waited * 2, BACK_OFF_LONGEST)
    return waited


def _fresh(row: LogWitness, now: datetime) -> bool:
    return now - row.asked_at < AGAIN_AFTER


def _all_quiet(policy: TrustPolicy, known: dict[str, LogWitness], size: int, now: datetime) -> bool:
    """Whether every witness signed the newest checkpoint, as far as the database knows."""
    return all(
        (row := known.get(witness.name)) is not None
        and (row.vkey, row.size, row.said) == (witness.key.vkey, size, Said.COSIGNED)
        and _fresh(row, now)
        for witness in policy.witnesses
        if witness.url
    )


def _signed(row: LogWitness, checkpoint: Checkpoint) -> bool:
    return (row.size, row.root) == (checkpoint.size, checkpoint.root)


def _kept(
    runtime: Runtime, organization_id: str, told: Sequence[LogWitness], now: datetime
) -> dict[str, LogWitness]:
    """Keep what was heard; an alarm is one only against the database as it is by now (rule 4)."""
    if not told:
        return {}
    with runtime.write(organization_id) as uow:
        size = uow.tables.log.size()
        rows = {}
        for row in told:
            kept = row
            if row.said == Said.AHEAD and row.held <= size:
                # Another process has published more meanwhile, and the witness saw that.
                kept = replace(row, said=Said.MOVING, failures=0, next_at=now)
            elif row.said in ALARMS:
                kept = replace(row, alarm_at=row.alarm_at or now)
            uow.tables.witnesses.keep(kept)
            rows[kept.name] = kept
        uow.commit()
    return rows


def _tell(row: LogWitness) -> None:
    if row.said in ALARMS:
        _log.critical(
            "ALARM: witness %s has seen another log than this database holds (%s): it was rolled"
            " back or forked, or the witness lies: %s",
            row.name,
            row.said,
            row.problem,
        )
    elif row.said != Said.COSIGNED:
        _log.warning("witness %s did not cosign (%s): %s", row.name, row.said, row.problem)


def _lines(
    policy: TrustPolicy, rows: dict[str, LogWitness], checkpoint: Checkpoint, now: datetime
) -> dict[str, Signature]:
    """The lines that verify with the keys of the policy as it is now, by witness."""
    text = checkpoint.text()
    found: dict[str, Signature] = {}
    not_after = int(now.timestamp()) + CLOCK_TOLERANCE_SECONDS
    for witness in policy.witnesses:
        row = rows.get(witness.name)
        if row is None or row.line is None or not _signed(row, checkpoint):
            continue
        try:
            signatures = parse_note(f"{text}\n{row.line}".encode()).signatures
            verified = cosignatures_of(Note(text, signatures), [witness.key], not_after=not_after)
        except AuditInputError:
            continue
        for one in verified:
            found[witness.name] = one.signature
    return found


def _publish(
    publishing: Publishing,
    organization_id: str,
    standing: Standing,
    policy: TrustPolicy,
    lines: dict[str, Signature],
) -> bool:
    """Publish the checkpoint with the lines of its witnesses, once they are enough (rule 3)."""
    if not lines or not quorum_met(policy, lines) or standing.note is None:
        return False
    path = path_of(standing.origin.generation, WITNESSED_PATH)
    try:
        lying: bytes | None = publishing.files.read(organization_id, path)
    except PublishedNotFound:
        lying = None
    own = parse_note(standing.note)
    note = join_note(own.text, [*own.signatures, *lines.values()])
    if lying is not None and not _replaces(note, lying):
        return False
    try:
        publishing.files.swap(organization_id, path, note, expected=lying)
    except PublishedChanged:
        return False
    return True


def _replaces(note: bytes, lying: bytes) -> bool:
    """Whether a checkpoint says more than the one that lies there."""
    try:
        old = parse_note(lying)
        (new_size, new_lines), (old_size, old_lines) = _weight(parse_note(note)), _weight(old)
    except AuditInputError:
        return True
    return (new_size, new_lines) > (old_size, old_lines)


def _weight(note: Note) -> tuple[int, int]:
    return Checkpoint.parse(note.text).size, len(note.signatures)

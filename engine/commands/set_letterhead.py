"""Set what stands at the head and the foot of an issuer's papers, from a day on."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from engine.audit.leaf import EntryType
from engine.commands.manage_accounts import NotAllowed, refused_administration
from engine.errors import Invalid
from engine.runtime import Caller, Runtime
from engine.storage.audit_log import LogDraft
from engine.storage.letterheads import Letterhead

SYMBOL: Final = re.compile("[A-ZĐÂÊÔƠƯ][A-ZĐÂÊÔƠƯa-zđ0-9.&-]{0,29}")
"""As in `05/BC-SKHCN`: begins with a capital letter, without blanks."""
MOST_SIGNS: Final = 300


def set_letterhead(runtime: Runtime, caller: Caller, letterhead: Letterhead) -> str | NotAllowed:
    """Enter a letterhead; its id. Those before it stay as they were.

    Raises:
        Invalid: a symbol that cannot stand in a number, words that are missing or too long in one
            of the languages, two signers of one role.
    """
    with runtime.write(caller.organization_id) as uow:
        refused = refused_administration(uow, caller)
        if refused is not None:
            return refused
        _check(letterhead)
        roles = [signer.role for signer in letterhead.signers]
        if len(roles) != len(set(roles)):
            raise Invalid("signer_twice", roles=sorted({r for r in roles if roles.count(r) > 1}))
        row_id = uow.new_id()
        uow.tables.letterheads.add(letterhead, row_id=row_id, by=caller.person, at=uow.now)
        told = asdict(letterhead)
        uow.tables.log.append(
            LogDraft(
                type=EntryType.ORGANIZATION_CHANGED,
                stream="organization",
                at=uow.now,
                actor=uow.actor(caller),
                subject=letterhead.issuer,
                details={
                    **{name: value for name, value in told.items() if value is not None},
                    "change": "letterhead_set",
                    "valid_from": letterhead.valid_from.isoformat(),
                },
            )
        )
        uow.commit()
        return row_id


def _check(letterhead: Letterhead) -> None:
    for symbol in (letterhead.symbol, letterhead.drafter or letterhead.symbol):
        if not SYMBOL.fullmatch(symbol):
            raise Invalid("letterhead_symbol_wrong", symbol=symbol)
    told: list[Mapping[str, str] | None] = [letterhead.place, letterhead.name, letterhead.parent]
    told += [words for one in letterhead.signers for words in (one.title, one.authority)]
    told.append({"vi": letterhead.filing, "en": letterhead.filing})
    for words in told:
        if words is not None and not all(
            _fits(words.get(language, "")) for language in ("vi", "en")
        ):
            raise Invalid("letterhead_words_wrong", most=MOST_SIGNS)


def _fits(text: str) -> bool:
    return bool(text.strip()) and len(text) <= MOST_SIGNS and text.isprintable()

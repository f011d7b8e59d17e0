"""What a command of the command line has at hand: the language, the settings, the house itself.

The house is imported when a command asks for it, since help and mistyped lines do without.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer

from api.language import DEFAULT, Words
from engine.errors import Conflict, Invalid, NotFound
from engine.evidence.store import EvidenceStore, StoreUnusableError

if TYPE_CHECKING:
    from api.settings import Settings
    from engine.runtime import Runtime
    from engine.storage.organization import Organization


@dataclass(slots=True)
class Desk:
    """Where a command works.

    Attributes:
        language: of every sentence that the command says.
    """

    words: Words
    language: str = DEFAULT
    _opened: "list[Runtime]" = field(default_factory=list)

    def say(self, code: str, **params: Any) -> str:
        """A sentence of the command line."""
        return self.words.say(f"cli.{code}", params, self.language)

    def tell(self, code: str, **params: Any) -> None:
        """Say a sentence on standard output."""
        typer.echo(self.say(code, **params))

    def runtime(
        self, settings: "Settings", *, upgraded: bool = True, looking: bool = False
    ) -> "Runtime":
        """The house that the settings name.

        Args:
            settings: what the environment and the command line decide.
            upgraded: refuse to work on a database that is not there or lacks a revision.
            looking: make nothing at all, no key and no folder.

        Raises:
            NotFound: `no_database`.
            Conflict: `database_behind`.
        """
        # A second of imports that help, a mistyped line and a drawing shall not pay.
        from api.bootstrap import build_runtime, look_for_database  # noqa: PLC0415
        from api.demonstration.loading import with_kept_clock  # noqa: PLC0415

        if upgraded:
            look_for_database(settings)
        runtime = build_runtime(with_kept_clock(settings), looking=looking)
        self._opened.append(runtime)
        if upgraded:
            self.needs_newest(runtime)
        return runtime

    def needs_newest(self, runtime: "Runtime") -> None:
        """Refuse to work on a database that lacks a revision.

        Raises:
            Conflict: `database_behind`.
        """
        from api.bootstrap import database_is_current  # noqa: PLC0415 - as above.

        if not database_is_current(runtime.database):
            raise Conflict("database_behind")

    def tell_what_is_missing(self, runtime: "Runtime") -> None:
        """Say how an organisation is founded, where nobody could log in without one."""
        if not runtime.organizations():
            typer.echo(self.words.say("error.no_organization", {}, self.language))

    def prove_store(self, store: EvidenceStore) -> None:
        """Refuse to open the house over a store that would lose evidence, or that lets nobody in.

        One that is away may come back: the house opens, `/readyz` says so, nothing is written.

        Raises:
            StoreUnusableError: waiting will not mend it.
        """
        try:
            store.prove()
        except StoreUnusableError as fault:
            if fault.code != "store_away":
                raise
            complain(self.words.say(f"error.{fault.code}", fault.params, self.language))

    def close(self) -> None:
        """Give back every connection to a database."""
        for runtime in self._opened:
            runtime.database.close()


def settings_for(**given: Any) -> "Settings":
    """The settings of the environment, with what the command line says instead."""
    from api.settings import Settings  # noqa: PLC0415 - as above.

    return Settings(**{name: value for name, value in given.items() if value is not None})


def organization_of(runtime: "Runtime", slug: str | None) -> "Organization":
    """The organisation of that short name; the only one, when none is named.

    Raises:
        NotFound: there is none of that name, or none at all.
        Invalid: there are several, and none is named.
    """
    found = {organization.slug: organization for organization in runtime.organizations()}
    if slug is not None:
        if slug not in found:
            raise NotFound("organization_not_there", slug=slug, known=sorted(found))
        return found[slug]
    if not found:
        raise NotFound("no_organization")
    if len(found) > 1:
        raise Invalid("organization_not_named", known=sorted(found))
    return next(iter(found.values()))


def desk_of(context: typer.Context) -> Desk:
    """The desk that `main` made."""
    desk: Desk = context.find_root().obj
    return desk


def show_json(value: Any) -> None:
    """Write a value as JSON on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def complain(sentence: str) -> None:
    """Say on standard error what could not be done."""
    print(sentence, file=sys.stderr)  # noqa: T201 - the command line's own voice.


def details(params: Mapping[str, Any]) -> str:
    """Parameters of a finding for people: `name=value`, in order."""
    return " ".join(f"{name}={value}" for name, value in params.items())

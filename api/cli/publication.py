"""`audit publish`, `audit key` and `audit accept-restore`: what is told to the outside of the log.

The commands hang on the group `audit`; what guards the start of `serve` and `worker` is here too.
"""

from typing import Annotated

import typer

from api.cli.desk import Desk, complain, desk_of, organization_of, settings_for
from engine.commands.accept_restore import accept_restore
from engine.commands.change_log_keys import begin_log_key, end_former_log_key
from engine.commands.publish_log import publish_log
from engine.errors import NotFound
from engine.evidence.store import StoreUnusableError
from engine.queries.publication import log_identity, refuse_unsound_logs
from engine.runtime import Runtime

keys = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)

Office = Annotated[
    str | None, typer.Option(help="Tên ngắn của cơ quan · Short name of the organisation")
]


def add_to(group: typer.Typer) -> None:
    """Hang the commands on the group `audit`."""
    group.command("publish", help="Công bố phần mới của nhật ký · Publish what is new in the log")(
        publish
    )
    group.command(
        "accept-restore",
        help="Ghi nhận việc khôi phục từ bản sao lưu, nhật ký sang tên mới"
        " · Go on, openly, after a restore from a backup",
    )(accept)
    group.add_typer(keys, name="key", help="Khóa ký nhật ký · The keys that sign the log")


def prove_logs(desk: Desk, runtime: Runtime) -> None:
    """Refuse to open the house over a database that is not what was published.

    Published files that are away may come back: the house opens, and `/readyz` says so.

    Raises:
        LogUnsound: the database is behind or beside what was published.
        StoreUnusableError: waiting will not mend the storage.
    """
    try:
        refuse_unsound_logs(runtime)
    except StoreUnusableError as fault:
        if fault.code != "store_away":
            raise
        complain(desk.say("logs_not_compared", problem=fault.params.get("problem", "")))


def publish(
    context: typer.Context,
    *,
    organization: Office = None,
    anew: Annotated[
        bool, typer.Option(help="Ghi lại mọi tệp · Write every file again, where some were lost")
    ] = False,
) -> None:
    """Publish the log of one organisation, or of all."""
    desk = desk_of(context)
    runtime = desk.runtime(settings_for())
    for office in _offices(runtime, organization):
        done = publish_log(runtime, office, anew=anew)
        desk.tell("log_published", origin=done.origin, size=done.size, fresh=done.fresh)


def accept(
    context: typer.Context,
    *,
    user: Annotated[
        str, typer.Option(help="Tên đăng nhập của người chịu trách nhiệm · Who answers for it")
    ],
    reason: Annotated[str, typer.Option(help="Lý do, bằng lời · What happened, in words")],
) -> None:
    """Take the log of the user's organisation up again under a new name, and publish it."""
    desk = desk_of(context)
    runtime = desk.runtime(settings_for())
    with runtime.credentials() as (accounts, _now):
        account = accounts.by_username(user)
    if account is None:
        raise NotFound("unknown_username", username=user)
    office = account.organization_id
    done = accept_restore(runtime, office, person=account.person, reason=reason)
    desk.tell("restore_accepted", former=done.former, origin=done.origin, size=done.size)
    published = publish_log(runtime, office)
    desk.tell("log_published", origin=published.origin, size=published.size, fresh=published.fresh)


@keys.command(help="In tên và khóa công khai của nhật ký · Print what an auditor pins")
def show(context: typer.Context, *, organization: Office = None) -> None:
    """Print the public keys, one a line, the present one first."""
    runtime = desk_of(context).runtime(settings_for())
    office = organization_of(runtime, organization)
    for vkey in log_identity(runtime, office.id).vkeys:
        typer.echo(vkey)


@keys.command(help="Đổi khóa ký; khóa cũ ký thêm một thời gian · Change the key; both sign a while")
def rotate(
    context: typer.Context,
    *,
    finish: Annotated[
        bool, typer.Option(help="Ngừng dùng khóa cũ · Let the former key end")
    ] = False,
) -> None:
    """Let a new key sign beside the present one, or end the former one."""
    desk = desk_of(context)
    runtime = desk.runtime(settings_for())
    if finish:
        desk.tell("log_key_ended", logs=end_former_log_key(runtime))
        return
    told = begin_log_key(runtime)
    desk.tell("log_key_begun", logs=told)
    for organization in runtime.organizations():
        publish_log(runtime, organization.id)
        typer.echo(log_identity(runtime, organization.id).vkeys[0])


def _offices(runtime: Runtime, slug: str | None) -> tuple[str, ...]:
    """Whose logs are meant."""
    if slug is not None:
        return (organization_of(runtime, slug).id,)
    found = tuple(organization.id for organization in runtime.organizations())
    if not found:
        raise NotFound("no_organization")
    return found

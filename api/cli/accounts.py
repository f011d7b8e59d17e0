"""`user add` and `token create`: the secret alone on standard output, once."""

import secrets
from datetime import date, datetime, time
from typing import Annotated, Final

import typer

from api.auth.passwords import Passwords
from api.cli.desk import desk_of, organization_of, settings_for
from api.seeds import DEFINITIONS, read_yaml
from engine.commands.add_person import NewPerson, add_person
from engine.commands.manage_accounts import make_token
from engine.errors import Invalid, NotFound

ROLES: Final = DEFINITIONS / "organizations" / "roles.yaml"
SECRET_BYTES: Final = 18

users = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)
tokens = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)

Office = Annotated[
    str | None, typer.Option(help="Tên ngắn của cơ quan · Short name of the organisation")
]


@users.callback()
def user_group() -> None:
    """Keep `add` a command of its own while it stands alone."""


@tokens.callback()
def token_group() -> None:
    """Keep `create` a command of its own while it stands alone."""


@users.command(help="Thêm người dùng, in mật khẩu một lần · Add a user, print the password once")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Tên đăng nhập · User name")],
    *,
    role: Annotated[str, typer.Option(help="Vai trò · Role")],
    unit: Annotated[str | None, typer.Option(help="Đơn vị · Unit")] = None,
    full_name: Annotated[str | None, typer.Option(help="Họ và tên · Full name")] = None,
    organization: Office = None,
) -> None:
    """Add a person with one role and a login."""
    runtime = desk_of(context).runtime(settings_for())
    office = organization_of(runtime, organization)
    scope = _scope_of(role)
    if scope == "unit" and unit is None:
        raise Invalid("role_needs_unit", role=role)
    password = secrets.token_urlsafe(SECRET_BYTES)
    new = NewPerson(
        name=full_name or name,
        username=name,
        password_hash=Passwords().hash(password),
        role=role,
        unit=unit,
        in_unit=scope == "unit",
    )
    add_person(runtime, office.id, new)
    typer.echo(password)


@tokens.command(help="Tạo mã truy cập, in một lần · Make a token, print it once")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Tên gợi nhớ · What it is for")],
    *,
    user: Annotated[str, typer.Option(help="Tên đăng nhập · User name")],
    scope: Annotated[list[str] | None, typer.Option(help="Phạm vi · Scope")] = None,
    expires: Annotated[
        str | None, typer.Option(help="Ngày hết hạn, ví dụ 2027-01-31 · Last day")
    ] = None,
) -> None:
    """Make a bearer token for a user; without a scope it may do all that the user may."""
    runtime = desk_of(context).runtime(settings_for())
    with runtime.credentials() as (accounts, _now):
        account = accounts.by_username(user)
    if account is None:
        raise NotFound("unknown_username", username=user)
    with runtime.read(account.organization_id) as uow:
        zone = uow.zone
    made = make_token(
        runtime,
        account.organization_id,
        person=account.person,
        name=name,
        scopes=frozenset(scope) if scope else None,
        expires_at=None if expires is None else datetime.combine(_day(expires), time.max, zone),
    )
    typer.echo(made.secret)


def _scope_of(role: str) -> str:
    """Whether a role is held for a unit or for the whole organisation.

    Raises:
        NotFound: there is no such role, or nobody may hold it.
    """
    told = {row["id"]: row for row in read_yaml(ROLES)["roles"] if row.get("login", True)}
    if role not in told:
        raise NotFound("unknown_role", role=role, known=sorted(told))
    return str(told[role]["scope"])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("not_a_day", value=text) from None

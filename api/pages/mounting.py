"""Every page in its place: one application of its own, mounted under the house.

What is raised on a page is answered by a page: pages have their own error handlers, and the API
keeps its problems. Routes of the house come first; what none of them takes is looked for here.
"""

from functools import cache
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from typing_extensions import override

from api.pages import (
    account,
    admin,
    audit_log,
    auditor,
    background,
    bulk_steps,
    calendar,
    comments,
    coverage,
    deadlines,
    definitions,
    document_numbers,
    dossier_imports,
    dossiers,
    errors,
    inbox,
    instance_forms,
    instances,
    letterheads,
    log_checks,
    log_entries,
    log_exports,
    log_times,
    login,
    messages,
    packs,
    paper_templates,
    plan,
    public_form,
    public_links,
    record_sheets,
    records,
    signing_keys,
    webhooks,
    work,
)
from api.pages.rendering import STATIC

KEPT: Final = "public, max-age=31536000, immutable"


class KeptFiles(StaticFiles):
    """Files that a browser may keep: a page names them by what is in them."""

    @override
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """A file, with leave to keep it."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = KEPT
        return response


def mount_pages(app: FastAPI) -> None:
    """Put the pages under `/`, after everything that the house already answers.

    Args:
        app: its `state.house` is there when the first request comes.
    """
    pages = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    pages.state = app.state
    pages.router.routes.extend(_routes())
    errors.answer_errors(pages)
    pages.mount("/static", KeptFiles(directory=STATIC), name="static")
    app.mount("/", pages)


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """The routes of every room, joined once a process: working out what each takes is slow."""
    # Before `instances`, of which one could else be called `bulk`; and before `records`, whose rows
    # could else be called `import`.
    of_cases = (
        bulk_steps,
        instances,
        instance_forms,
        comments,
        public_links,
        record_sheets,
        records,
    )
    of_desk = (dossiers, dossier_imports)
    rooms = (
        login,
        account,
        inbox,
        *of_cases,
        packs,
        auditor,
        public_form,
        audit_log,
        log_checks,
        log_entries,
        log_exports,
        log_times,
        definitions,
        plan,
        coverage,
        work,
        deadlines,
        *of_desk,
        admin,
        calendar,
        letterheads,
        webhooks,
        background,
        signing_keys,
        messages,
        document_numbers,
        paper_templates,
    )
    joined = APIRouter()
    for room in rooms:
        joined.include_router(room.router)
    return tuple(joined.routes)

"""Every page in its place: one application of its own, mounted under the house.

What is raised on a page is answered by a page: pages have their own error handlers, and the API
keeps its problems. Routes of the house come first; what none of them takes is looked for here.
"""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api.pages import (
    admin,
    audit_log,
    definitions,
    errors,
    inbox,
    instance_forms,
    instances,
    login,
    plan,
    records,
)
from api.pages.rendering import HERE


def mount_pages(app: FastAPI) -> None:
    """Put the pages under `/`, after everything that the house already answers.

    Args:
        app: its `state.house` is there when the first request comes.
    """
    pages = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    pages.state = app.state
    rooms = (login, inbox, instances, instance_forms, records, audit_log, definitions, plan, admin)
    for room in rooms:
        pages.include_router(room.router)
    errors.answer_errors(pages)
    pages.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.mount("/", pages)

"""What works in the background: workers, queues, what was given up; for administrators."""

from fastapi import APIRouter, Response

from api.pages.visiting import Desked
from engine.queries.background import background

router = APIRouter(prefix="/admin/background")


@router.get("")
def background_page(desk: Desked) -> Response:
    """Who works, what waits and since when, and what somebody has to look at."""
    found = background(desk.house.runtime, desk.caller)
    return desk.page("admin/background.html", found=found, mailing=desk.house.settings.smtp_url)

"""The plan of a year as its appendix table, each row with the instances that carry it out."""

from typing import Final

from fastapi import APIRouter, Response

from api.pages.visiting import Desked
from engine.errors import NotFound
from engine.queries.plan import plan_view

router = APIRouter()

YEAR_DIGITS: Final = 4


@router.get("/plan/{year}")
def plan_page(desk: Desked, year: str) -> Response:
    """One year's plan; without one, the years that have one.

    Raises:
        NotFound: that is no year.
    """
    if not (year.isdecimal() and len(year) == YEAR_DIGITS):
        raise NotFound("not_found")
    try:
        view = plan_view(desk.house.runtime, desk.caller, int(year))
    except NotFound as error:
        known = error.params.get("known", ())
        return desk.page("plan/none.html", status=404, year=year, years=known)
    language = desk.visit.language
    warnings = [
        desk.voice.words.say(f"plan_warning.{w.fault}", w.params(language), language)
        for w in view.warnings
    ]
    return desk.page("plan/view.html", plan=view, warnings=warnings)

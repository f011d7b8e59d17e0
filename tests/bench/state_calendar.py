"""The calendar of the state sector, as the command line reads it."""

from api.seeds import DEFINITIONS, read_yaml
from engine.calendars.business_days import Calendar
from engine.calendars.vietnam import read_calendar_file, seed_days


def state_calendar() -> Calendar:
    """The calendar that ships."""
    file = read_calendar_file(read_yaml(DEFINITIONS / "calendars" / "vn.yaml"))
    return Calendar(days=seed_days(range(2024, 2029), file), weekend=file.weekend)

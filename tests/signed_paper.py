"""A process with a step that is signed with the password, published and opened for a test."""

from engine.commands.publish_definition import publish_definitions
from engine.definition.model import Process
from engine.runtime import Runtime
from tests.fixtures import OFFICE

WORDS = {"vi": "Ký giấy", "en": "Sign the paper"}


def publish_signed_paper(runtime: Runtime) -> None:
    """Make `signed_paper` known: the Director opens it, and signs it with the password."""
    process = Process.model_validate(
        {
            "format": 1,
            "process": "signed_paper",
            "version": 1,
            "title": WORDS,
            "code": "SP",
            "clauses": ["9001:2015/7.5"],
            "opens": ["director"],
            "roles": ["director"],
            "evidence": {
                "paper": {"title": WORDS, "accept": ["pdf"], "fresh": "per_instance"},
            },
            "initial": "drafted",
            "states": {
                "drafted": {"title": WORDS, "due": "5d"},
                "signed": {"title": WORDS, "due": "5d"},
                "filed": {"title": WORDS, "final": "success"},
            },
            "transitions": {
                "sign": {
                    "title": WORDS,
                    "from": "drafted",
                    "to": "signed",
                    "by": ["director"],
                    "sign": True,
                },
                "file": {
                    "title": WORDS,
                    "from": "signed",
                    "to": "filed",
                    "by": ["director"],
                    "evidence": ["paper"],
                },
            },
        }
    )
    publish_definitions(runtime, OFFICE, [process])


def publish_keyed_paper(runtime: Runtime) -> Process:
    """Make `keyed_paper` known: signed with a file and a note, sealed by key, stamped by either."""
    staying = {"from": "signed", "to": "=", "by": ["director"]}
    process = Process.model_validate(
        {
            "format": 1,
            "process": "keyed_paper",
            "version": 1,
            "title": WORDS,
            "code": "KP",
            "clauses": ["9001:2015/7.5"],
            "opens": ["director", "iso_secretary"],
            "roles": ["director", "iso_secretary"],
            "fields": {
                "note": {"type": "text", "title": WORDS},
                "secret": {"type": "text", "title": WORDS, "personal": True},
            },
            "evidence": {
                "paper": {"title": WORDS, "accept": ["pdf"], "fresh": "per_instance"},
            },
            "initial": "drafted",
            "states": {
                "drafted": {"title": WORDS, "due": "5d"},
                "signed": {"title": WORDS, "due": "5d"},
                "filed": {"title": WORDS, "final": "success"},
            },
            "transitions": {
                "sign": {
                    "title": {"vi": "Duyệt giấy", "en": "Approve the paper"},
                    "from": "drafted",
                    "to": "signed",
                    "by": ["director", "iso_secretary"],
                    "may_set": ["note", "secret"],
                    "evidence": ["paper"],
                    "sign": True,
                },
                "seal": {
                    **staying,
                    "title": {"vi": "Niêm phong", "en": "Seal"},
                    "sign": {"with": "key", "meaning": {"vi": "Đã niêm phong", "en": "Sealed"}},
                },
                "stamp": {
                    **staying,
                    "title": {"vi": "Đóng dấu", "en": "Stamp"},
                    "sign": {"with": "any"},
                },
                "file": {"title": WORDS, "from": "signed", "to": "filed", "by": ["director"]},
            },
        }
    )
    publish_definitions(runtime, OFFICE, [process])
    return process

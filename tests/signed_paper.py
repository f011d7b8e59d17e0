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

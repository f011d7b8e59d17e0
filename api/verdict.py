"""What a verification of the log found, in sentences: for every face.

1. A fault is told with the code of the case, the name of the file and the number of the entry,
   where it has them; the fault's own code stands in brackets at the end, for programs and for help.
2. A code that has no sentence of its own is told as a fault of the signature, the entry, or of the
   log as a whole.
"""

from collections.abc import Callable, Mapping
from typing import Any

from engine.audit.verifier import Finding
from engine.queries.audit_trail import Verdict

Say = Callable[[str, Mapping[str, Any], str], str]


def fault_sentences(verdict: Verdict, *, say: Say, language: str) -> tuple[str, ...]:
    """Every fault in words, in the order in which they were found."""
    return tuple(
        fault_sentence(finding, verdict.names, say=say, language=language)
        for finding in verdict.findings
    )


def fault_sentence(finding: Finding, names: Mapping[str, str], *, say: Say, language: str) -> str:
    """One fault in words.

    Args:
        finding: the fault.
        names: the code of a case and the name of a file, by their ids.
        say: puts a code into words; a code without a sentence is its own sentence.
        language: of the sentence.
    """
    params = _params(finding, names)
    own = f"verdict.{finding.code}"
    said = say(own, params, language)
    if said == own:
        said = say(f"verdict.of_{_of(finding)}", params, language)
    return f"{said} [{finding.code}]"


def _of(finding: Finding) -> str:
    """What a fault without a sentence of its own is a fault of."""
    if finding.code.startswith(("signature_", "credential_")):
        return "signature"
    return "log" if finding.idx is None else "entry"


def not_checked_sentences(verdict: Verdict, *, say: Say, language: str) -> tuple[str, ...]:
    """What the verification could not check, in words."""
    return tuple(say(f"not_checked.{name}", {}, language) for name in verdict.not_checked)


def _params(finding: Finding, names: Mapping[str, str]) -> dict[str, Any]:
    """What a sentence may name: the entry, the case or stream, and what of it."""
    detail = finding.detail or ""
    first, _, rest = detail.removeprefix("instance:").partition(" ")
    return {
        "entry": finding.idx,
        "case": names.get(first, first),
        "what": names.get(rest, rest),
        "detail": detail,
    }

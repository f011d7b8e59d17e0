"""What a step or a row was let through with, in words: flags, and gates that a waiver lifted."""

from collections.abc import Iterable

from api.pages.showing import Voice
from engine.definition.model import Process
from engine.machine.decision import UnmetCode

WAIVED = "waived:"


def flag_words(flags: Iterable[str], voice: Voice) -> tuple[str, ...]:
    """Marks in words; one of a definition's own has none and is shown as it is."""
    return tuple(
        voice.ui("flag.waived") if flag.startswith(WAIVED) else _known(flag, voice)
        for flag in flags
    )


def marks(flags: Iterable[str], process: Process | None, voice: Voice) -> tuple[str, ...]:
    """The same, where there is room to say which gate was lifted."""
    return tuple(
        voice.ui("flag.waived_gate", gate=gate_words(flag.removeprefix(WAIVED), process, voice))
        if flag.startswith(WAIVED)
        else _known(flag, voice)
        for flag in flags
    )


def gate_words(key: str, process: Process | None, voice: Voice) -> str:
    """What a waiver lifts, in words."""
    code, _, subject = key.partition(":")
    if process is not None:
        if subject in process.evidence:
            return voice.title(process.evidence[subject].title)
        if subject in process.fields:
            return voice.title(process.fields[subject].title)
        for step in process.transitions.values():
            if code == UnmetCode.CONDITION and subject in step.requires:
                return voice.title(step.requires[subject].title)
    return voice.ui(f"gate.{code}")


def _known(flag: str, voice: Voice) -> str:
    code = f"flag.{flag}"
    return voice.words.say(code, {}, voice.language) if voice.words.knows(code) else flag

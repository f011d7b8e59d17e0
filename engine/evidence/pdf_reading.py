"""Reads the signatures inside one PDF; run as a process of its own, for the file may be hostile.

    python -m engine.evidence.pdf_reading SECONDS BYTES [SET=FOLDER …] < file

1. Nothing is fetched: neither certificates nor revocation lists. What the file does not bring is
   not known, and the report says nothing about it.
2. A signature is `broken` when its bytes or its key do not fit, or what was changed after it goes
   beyond what it permits; `intact` when it fits and no root of ours stands behind it; `trusted`
   when one does, and everything that pyHanko weighs besides (its bottom line) holds too.
3. Trust is asked for each set of roots alone, so that the report says which set it was.
4. The process gives itself little time and memory before it opens the file.
"""

import json
import logging
import resource
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

SUFFIXES: Final = frozenset({".pem", ".crt", ".cer"})
SIGNATURES_MAX: Final = 50


def report_of(stream: BinaryIO, roots: Mapping[str, Iterable[Path]]) -> dict[str, Any]:
    """What there is to say of the signatures of a PDF; `problem` when it cannot be read."""
    from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415 - half a second, after the limits.
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415

    anchors = {name: list(_certificates(paths)) for name, paths in roots.items()}
    try:
        found = PdfFileReader(stream, strict=False).embedded_regular_signatures
        if len(found) > SIGNATURES_MAX:
            return {"problem": "too_many", "signatures": []}
        return {"problem": None, "signatures": [_told(each, anchors) for each in found]}
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError):
        # A file made to hurt fails in more ways than a reader can name; none is a signature.
        return {"problem": "unreadable", "signatures": []}
    except (RecursionError, MemoryError):
        return {"problem": "too_much", "signatures": []}


def _told(embedded: Any, anchors: Mapping[str, list[Any]]) -> dict[str, Any]:
    """One signature in words of the report."""
    from pyhanko.sign.validation.errors import SignatureValidationError  # noqa: PLC0415

    try:
        status = _status(embedded, [])
        trusted = [name for name, roots in anchors.items() if roots and _holds(embedded, roots)]
    except SignatureValidationError:
        return {"field": str(embedded.field_name), "level": "broken", "modification": "other"}
    modification = status.modification_level
    sound = (
        status.intact
        and status.valid
        and status.seed_value_ok
        and bool(status.docmdp_ok)
        and modification is not None
    )
    certificate = status.signing_cert
    signed_at = status.signer_reported_dt
    return {
        "field": str(embedded.field_name),
        "level": "broken" if not sound else "trusted" if trusted else "intact",
        "roots": trusted if sound else [],
        "modification": "other" if modification is None else modification.name.lower(),
        "covers": "unclear" if status.coverage is None else status.coverage.name.lower(),
        "signer": certificate.subject.human_friendly,
        "issuer": certificate.issuer.human_friendly,
        "serial": str(certificate.serial_number),
        "certificate": certificate.sha256.hex(),
        "algorithm": str(status.md_algorithm),
        "signed_at": None if signed_at is None else signed_at.isoformat(),
        "timestamped": status.timestamp_validity is not None,
    }


def _holds(embedded: Any, roots: list[Any]) -> bool:
    return bool(_status(embedded, roots).bottom_line)


def _status(embedded: Any, roots: list[Any]) -> Any:
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
    from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    context = ValidationContext(
        trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail"
    )
    # Agencies sign with certificates that say no more than digital signature.
    usage = KeyUsageConstraints(
        key_usage={"non_repudiation", "digital_signature"}, match_all_key_usages=False
    )
    return validate_pdf_signature(
        embedded,
        signer_validation_context=context,
        ts_validation_context=context,
        key_usage_settings=usage,
    )


def _certificates(paths: Iterable[Path]) -> Iterator[Any]:
    from pyhanko.keys import load_certs_from_pemder_data  # noqa: PLC0415

    for path in paths:
        yield from load_certs_from_pemder_data(path.read_bytes())


def _of_folder(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _main(arguments: list[str]) -> None:
    seconds, size, *sets = arguments
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_AS, (int(size), int(size)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    logging.disable()
    folders = dict(each.split("=", 1) for each in sets)
    roots = {name: _of_folder(Path(folder)) for name, folder in folders.items()}
    sys.stdout.write(json.dumps(report_of(sys.stdin.buffer, roots)))


if __name__ == "__main__":
    _main(sys.argv[1:])

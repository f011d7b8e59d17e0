"""A version's identity: the canonical form of its data and the SHA-256 of it.

1. The data are those of the model, unfolded: a definition written in short forms and the same one
   written out are one version. Comments, order of keys and line breaks say nothing.
2. What equals a default is left out, so that a key that the language learns later changes no
   digest. A default, once published, is therefore never changed within one `format`.
3. The canonical form is RFC 8785: sorted keys, no white space. The data hold text, whole numbers
   within 53 bits, true and false only.
4. The canonical form loses the order of fields and states that a reader of the page wants;
   `to_json` keeps it. Both load to equal definitions with equal digests.
"""

import hashlib
import json
from typing import Any

import rfc8785

from engine.definition.model import Process


def digest(process: Process) -> str:
    """The identity of a version: SHA-256 of its canonical form, in lower-case hex."""
    return hashlib.sha256(canonical(process)).hexdigest()


def canonical(process: Process) -> bytes:
    """The bytes that the digest is taken of."""
    return rfc8785.dumps(_data(process))


def to_json(process: Process) -> str:
    """The data as JSON in the order of the file: what a store keeps and `source.load` reads."""
    return json.dumps(_data(process), ensure_ascii=False)


def _data(process: Process) -> dict[str, Any]:
    return process.model_dump(mode="json", by_alias=True, exclude_defaults=True)

"""The JSON Schema of a definition, for editors that complete and underline.

1. It is exported from the model and kept in `definitions/process.schema.json`; a test holds the two
   equal.
2. The model unfolds short forms before it looks; the schema says them: a length of time, a moment
   and a role as text, one item where a list may stand.
3. What needs the whole graph is not in it: that is the checks' business.
"""

import json
from typing import Any, Final

from engine.definition.model import DURATION_PATTERN, SLUG_PATTERN, Process

_SHORT: Final[dict[str, list[dict[str, Any]]]] = {
    "Duration": [{"type": "string", "pattern": DURATION_PATTERN}],
    "Moment": [
        {"type": "string", "pattern": DURATION_PATTERN},
        {"const": "end_of_window"},
    ],
    "By": [{"type": "string", "pattern": SLUG_PATTERN}],
}


def schema_text() -> str:
    """The schema as the text of its file, byte for byte."""
    schema = Process.model_json_schema(by_alias=True, mode="validation")
    for name, forms in _SHORT.items():
        schema["$defs"][name] = {"anyOf": [*forms, schema["$defs"][name]]}
    found: dict[str, Any] = _with_single_items(schema)
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = "Quy Trình: process definition, format 1"
    return json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _with_single_items(node: Any) -> Any:
    """Let one text or mapping stand wherever a list of them is asked for."""
    if isinstance(node, list):
        return [_with_single_items(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _with_single_items(value) for key, value in node.items()}
    items = found.get("items")
    if not isinstance(items, dict) or items.get("type") == "integer":
        return found
    return {"anyOf": [found, items]}

"""The OpenAPI document as text that only changes when the API does; the web page's client is generated from it."""

import json
from typing import Any

from tickloom.api.application import describe


def document() -> dict[str, Any]:
    """Return the OpenAPI document with sorted keys."""
    sorted_document: dict[str, Any] = json.loads(json.dumps(describe(), sort_keys=True))
    return sorted_document

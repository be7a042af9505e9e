"""Files that leave: always as attachments, never as pages of ours."""

import re
from typing import Any

from starlette.responses import Response

BODY: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}
"""What a route that sends a file says of its answer."""


def attachment(name: str, body: bytes | str, media_type: str) -> Response:
    """A file to be kept under a name."""
    # Only letters that are nobody's syntax: neither a header's nor a folder's.
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:120] or "file"
    headers = {"Content-Disposition": f'attachment; filename="{plain}"'}
    return Response(body, media_type=_harmless(media_type), headers=headers)


def _harmless(media_type: str) -> str:
    """The type, if no browser makes a page of it."""
    known = ("application/json", "application/x-ndjson", "application/yaml", "text/plain", "text/csv", "text/markdown")
    return media_type if media_type in known else "application/octet-stream"

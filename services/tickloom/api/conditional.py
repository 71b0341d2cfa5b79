"""Answers that a client may have already: entity tags, `If-None-Match` and 304 (RFC 9110)."""

import hashlib

from fastapi import Request, Response


def tag_of(body: bytes) -> str:
    """Return the entity tag of a body; a weak one, as the body may be compressed on its way."""
    return f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def matches(request: Request, etag: str) -> bool:
    """Tell whether a client has what `etag` names; tags compare weakly."""
    asked = request.headers.get("If-None-Match", "")
    tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def respond(
    request: Request, body: bytes, *, etag: str | None, cache: str, media_type: str = "application/json"
) -> Response:
    """Return an answer, or 304 without a body where the client has it."""
    headers = {"Cache-Control": cache, "Vary": "Authorization, Accept"}
    if etag is None:
        return Response(body, media_type=media_type, headers=headers)
    headers["ETag"] = etag
    if matches(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)

"""Files that are sent here."""

from fastapi import Request, UploadFile

from benchbook.server.access import Access, scope
from benchbook.server.given import Placed, routes
from benchbook.service import uploads
from benchbook.service.uploads import Upload

router = routes("data")

PATH = "/api/uploads"
MOST_BODY = uploads.MOST + (1 << 20)
"""Bytes of the body: the file, and what is around it."""


@router.post("/uploads", status_code=201, dependencies=[scope("write")])
def upload(request: Request, settings: Placed, file: UploadFile) -> Upload:
    """Keep a file of recorded answers (JSON, JSON Lines, gzipped or not; YAML, CSV), to be taken in or read later."""
    access: Access = request.app.state.access
    return uploads.keep(settings, file.filename or "", file.file, access.now())


@router.get("/uploads/{upload_id}", dependencies=[scope("read")])
def get_upload(settings: Placed, upload_id: str) -> Upload:
    """What is known of an upload."""
    return uploads.found(settings, upload_id)[0]

"""The pages: one application for browsers, whose routes are its own."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

BUILT = Path(str(files("benchbook") / "data" / "web"))
"""Where `make ui` puts the pages."""
NONCE = "__CSP_NONCE__"
"""What stands in the page for the nonce that its own styles may bear."""

_ASSETS = "assets/"
"""Files whose names change with their content."""
_UNBUILT = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Benchbook</title>
<h1>The pages are not built</h1>
<p>The API is here and works. For the pages, run <code>make ui</code> in the checkout (it takes Node.js), or install
Benchbook from a wheel, which has them.</p>
</html>
"""

router = APIRouter(include_in_schema=False)


@router.get("/{path:path}")
def page(request: Request, path: str) -> Response:
    """A file of the pages; the page itself for every other address, whose meaning it knows."""
    folder: Path = request.app.state.web
    if path.startswith("api/") or path == "api":
        raise HTTPException(404)
    file = _file(folder, path)
    if file is not None:
        # Names of assets change with their content.
        kept = "public, max-age=31536000, immutable" if path.startswith(_ASSETS) else "no-cache"
        return FileResponse(file, headers={"Cache-Control": kept})
    if path.startswith(_ASSETS):
        raise HTTPException(404)
    index = folder / "index.html"
    text = index.read_text(encoding="utf-8") if index.is_file() else _UNBUILT
    return HTMLResponse(text.replace(NONCE, request.state.nonce), headers={"Cache-Control": "no-cache"})


def _file(folder: Path, path: str) -> Path | None:
    """The file below the folder that the path names, if there is one, and it is not the page itself."""
    if not path or "\0" in path:
        return None
    root = folder.resolve()
    file = (root / path).resolve()
    return file if file.is_relative_to(root) and file.is_file() and file.name != "index.html" else None

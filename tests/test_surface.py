"""The public surface, and the promise that importing it costs nothing."""

import ast
import subprocess
import sys
from importlib import import_module
from operator import itemgetter
from pathlib import Path

import benchbook


def test_every_public_name_is_importable_and_sorted() -> None:
    assert benchbook.__all__ == sorted(benchbook.__all__)
    for name in benchbook.__all__:
        assert getattr(benchbook, name) is not None


def test_type_checkers_are_told_the_same() -> None:
    stub = ast.parse(Path(benchbook.__file__).with_suffix(".pyi").read_text())
    imported = [
        (node.module, alias.name) for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    assert [name for _, name in sorted(imported, key=itemgetter(1))] == benchbook.__all__
    for module, name in imported:
        assert getattr(import_module(str(module)), name) is getattr(benchbook, name)


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, benchbook.cli.main; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"pydantic", "sqlalchemy", "rich", "aiohttp", "xllamacpp", "yaml", "jinja2", "asyncio"}
    assert heavy.isdisjoint(loaded)

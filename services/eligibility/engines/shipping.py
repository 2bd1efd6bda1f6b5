"""What a job takes along: the modules that compute, and the texts of a book, as one archive that Python imports from.

So a cluster needs Python with numpy, pandas, pyarrow and PyYAML, and nothing of ours: what decides there is what
decides here.
"""

import ast
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import services
from services.eligibility.book.content import Content

BOOK = "book.bin"
"""In the archive: the book's texts, packed, beside the engines."""
_ROOT = Path(services.__file__).parents[1]
_MADE = (1980, 1, 1, 0, 0, 0)
"""Time of all entries: equal archives are to have equal bytes."""


def archive_of(module: str, content: Content) -> bytes:
    """Pack a module, all of ours that it imports, and a book."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(_files(module)):
            _add(archive, file.relative_to(_ROOT).as_posix(), file.read_bytes())
        _add(archive, f"services/eligibility/engines/{BOOK}", content.pack())
    return packed.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _MADE), text, zipfile.ZIP_DEFLATED)


def _files(module: str) -> set[Path]:
    """Give the files of a module, of what it imports and of the packages that these are in."""
    found: set[Path] = set()
    wanted = [module]
    while wanted:
        name = wanted.pop()
        file = _file(name)
        if file is None or file in found:
            continue
        found.add(file)
        wanted += [*_imports(file), *([name.rpartition(".")[0]] if "." in name else [])]
    return found


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.split(".")[0] == "services":
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(module: str) -> Path | None:
    """Give the file of a module or package; None for a name within a module."""
    path = _ROOT.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)

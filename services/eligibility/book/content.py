"""What a book is made of: the texts of the law and of the engine, by file, known by their hash."""

import hashlib
import importlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.eligibility.book.refusal import BookRefused

_LAW = ("*.py", "*.yaml")
_ENGINE = ("*.py",)


@dataclass(frozen=True, slots=True)
class Content:
    """All texts that decide."""

    law: Mapping[str, str]
    """Rules, parameters, facts and benefits: text by the file's name below the folder of the law."""
    engine: Mapping[str, str]
    """The engine that computes with them."""

    hash: str = field(init=False)
    """The content's name: equal texts have equal ones."""

    def __post_init__(self) -> None:
        digest = hashlib.sha256()
        for part, files in (("engine", self.engine), ("law", self.law)):
            for file in sorted(files):
                text = files[file].encode()
                digest.update(f"{part} {file} {len(text)}\n".encode())
                digest.update(text)
        object.__setattr__(self, "hash", digest.hexdigest())

    def pack(self) -> bytes:
        """Write it small, to be kept."""
        return zlib.compress(json.dumps({"law": dict(self.law), "engine": dict(self.engine)}).encode())

    @classmethod
    def unpack(cls, packed: bytes) -> "Content":
        """Read what was kept."""
        return cls(**json.loads(zlib.decompress(packed)))


def read_content(folder: Path) -> Content:
    """Read a folder of law, to be computed with by the engine that runs. Raises BookRefused for what is no text."""
    return Content(_read(folder, _LAW), _read(Path(__file__).parent, _ENGINE))


def folder_of(package: str) -> Path:
    """Give the folder of a package."""
    return Path(next(iter(importlib.import_module(package).__path__)))


def _read(folder: Path, kinds: tuple[str, ...]) -> dict[str, str]:
    paths = sorted(path for kind in kinds for path in folder.rglob(kind))
    return {path.relative_to(folder).as_posix(): _text(path, folder) for path in paths}


def _text(path: Path, folder: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise BookRefused(f"{path.relative_to(folder).as_posix()}:1", "the file is no UTF-8 text") from error

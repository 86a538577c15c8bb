"""The value of a process variable that stands for a kept file: a reference with the hash of its bytes, never the bytes, never its name.

The shape is that of Camunda 8's documents: {documentId, contentHash, metadata: {contentType, size}}. The name is personal data; it stays
beside the file, where it can be erased, and is added as `metadata.fileName` for what people and programs read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeGuard
from uuid import UUID

PREFIX = "files::"
REFERENCE = re.compile(r"files::([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
NAME = "fileName"


def reference(uuid: UUID, sha256: bytes, media_type: str, size: int, encoding: str = "") -> dict[str, object]:
    """Return the value that stands for a kept file."""
    metadata: dict[str, object] = {"contentType": media_type, "size": Decimal(size)}
    if encoding:
        metadata["encoding"] = encoding
    return {"documentId": f"{PREFIX}{uuid}", "contentHash": sha256.hex(), "metadata": metadata}


def id_of(value: object) -> UUID | None:
    """Return the id of the file that a value stands for, or None where it stands for none of ours."""
    told = value.get("documentId") if isinstance(value, Mapping) else None
    found = REFERENCE.fullmatch(told) if isinstance(told, str) else None
    return UUID(found[1]) if found else None


def is_one(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a value refers to a file, kept or still to come."""
    return isinstance(value, Mapping) and str(value.get("documentId", "")).startswith(PREFIX)


def walk(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield every reference to a file in a value, however deep."""
    if isinstance(value, Mapping):
        if id_of(value) is not None:
            yield value
        else:
            for item in value.values():
                yield from walk(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from walk(item)


def replaced(value: object, change: Callable[[Mapping[str, Any]], object]) -> Any:
    """Return the value with every reference replaced by what `change` returns; the rest is the same object."""
    if not any(True for _ in walk(value)):
        return value
    if isinstance(value, Mapping):
        if id_of(value) is not None:
            return change(value)
        return {key: replaced(item, change) for key, item in value.items()}
    return [replaced(item, change) for item in value] if isinstance(value, list | tuple) else value


def with_names(value: object, names: Mapping[UUID, str]) -> Any:
    """Return the value with the name of each file that `names` knows, as JSON can hold it."""

    def named(one: Mapping[str, Any]) -> object:
        uuid = id_of(one)
        if uuid is None or uuid not in names:
            return one
        told = _metadata(one)
        size = told.get("size")
        return {**one, "metadata": {**told, NAME: names[uuid], "size": int(size) if isinstance(size, Decimal) else size}}

    return replaced(value, named)


def without_names(value: object) -> Any:
    """Return the value as a process keeps it."""
    return replaced(value, lambda one: {**one, "metadata": {key: told for key, told in _metadata(one).items() if key != NAME}})


def name_of(value: Mapping[str, Any]) -> str:
    """Return the name that a reference carries, or an empty text."""
    told = _metadata(value).get(NAME)
    return told if isinstance(told, str) else ""


def _metadata(value: Mapping[str, Any]) -> Mapping[str, object]:
    told = value.get("metadata")
    return told if isinstance(told, Mapping) else {}

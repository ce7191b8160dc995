"""Removing contents from the file store that nothing holds any more."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, exists, or_, select, update

from cases.base import table
from cases.models import Attachment, IncomingMedia, RawRequest, StoredFile, VoicePrompt
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

_SHA = bindparam("sha", type_=StoredFile.sha256.type)
#: where a content of sound may stand
_HOLDERS = (Attachment, IncomingMedia, RawRequest, VoicePrompt)
_HELD = select(or_(*(exists().where(one.sha256 == _SHA) for one in _HOLDERS)))
_FILES = table(StoredFile)
_UNLINK = update(_FILES).where(_FILES.c.sha256 == _SHA).values(preview_sha256=None)
_GONE = delete(_FILES).where(_FILES.c.sha256 == _SHA)


def forget(container: Container, contents: Iterable[str]) -> int:
    """Remove these contents, rows first, where nothing holds them; returns how many."""
    removed = 0
    for sha in dict.fromkeys(contents):
        if container.db.run(lambda uow, sha=sha: _let_go(uow, sha)):  # type: ignore[misc]
            container.files.remove(sha)
            removed += 1
    return removed


def _let_go(uow: UnitOfWork, sha: str) -> bool:
    if uow.session.execute(_HELD, {"sha": sha}).scalar_one():
        return False
    uow.session.execute(_UNLINK, {"sha": sha})
    uow.session.execute(_GONE, {"sha": sha})
    return True

"""Bytes that are swept in the moment in which they are given again: never a row without them."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from engine.commands.sweep_orphans import sweep_orphans
from engine.evidence.digest import StoredBlob
from engine.evidence.disk import DiskStore
from engine.queries.audit_trail import verify_log
from tests.api.web import Web
from tests.fixtures import OFFICE


@dataclass(slots=True)
class Broom:
    """Sweeps once, right after the bytes of an upload were made durable and before its row."""

    web: Web
    folder: Path
    swept: list[str] = field(default_factory=list)

    def sweep(self) -> None:
        for path in self.folder.rglob("*"):
            if path.is_file():
                os.utime(path, (0, 0))
        self.swept += sweep_orphans(self.web.office.runtime, OFFICE).digests


class SweptStore(DiskStore):
    """A folder that is swept after each `put`."""

    broom: Broom | None = None

    def put(self, organization_id: str, stream: BinaryIO, *, max_bytes: int) -> StoredBlob:
        stored = super().put(organization_id, stream, max_bytes=max_bytes)
        broom, self.broom = self.broom, None
        if broom is not None:
            broom.sweep()
        return stored


def test_an_upload_whose_bytes_were_swept_is_sent_again(web: Web, tmp_path: Path) -> None:
    audit = web.open_audit()["id"]
    store = SweptStore(tmp_path / "swept")
    web.office.runtime.store = store
    broom = store.broom = Broom(web, tmp_path / "swept")
    before = web.entries()
    first: Any = web.attach("iso_secretary", audit, "plan")
    assert (first.status_code, first.json()["code"]) == (503, "store_unavailable")
    assert len(broom.swept) == 1
    assert web.entries() == before
    assert web.attach("iso_secretary", audit, "plan").status_code == 201
    store.broom = Broom(web, tmp_path / "swept")
    again = web.attach("iso_secretary", audit, "plan")
    assert again.status_code == 201
    assert verify_log(web.office.runtime, OFFICE).intact

"""A case that its fields name is opened once, and a case that others ask for once stands once."""

from typing import Any

import pytest

from engine.machine.actor import SYSTEM
from engine.machine.intent import StartInstance
from engine.transaction.opening import OpenedAlready, Opening, open_instance
from engine.transaction.stepping import carry_out
from tests.fixtures import Office

GRANT = SYSTEM.grants[0]
DOSSIER: dict[str, Any] = {
    "dossier_code": "H24.09-260701-0012",
    "procedure": "Cấp giấy phép 'tiến hành' công việc bức xạ",
    "unit": "special_management",
    "received_on": "2026-07-01",
    "original_due": "2026-07-22",
    "current_due": "2026-07-22",
}


def opening(**fields: Any) -> Opening:
    return Opening(process="overdue_case", title="Hồ sơ", fields={**DOSSIER, **fields})


def test_a_dossier_has_one_case_for_one_due_day(office: Office) -> None:
    with office.runtime.write(office.organization_id) as uow:
        first = open_instance(uow, opening(), actor=SYSTEM, grant=GRANT)
        with pytest.raises(OpenedAlready) as refused:
            open_instance(uow, opening(current_due="2026-07-29"), actor=SYSTEM, grant=GRANT)
        assert refused.value.params["instance"] == first.instance.id
        for other in ({"original_due": "2026-07-23"}, {"dossier_code": "H24.09-260701-0013"}):
            open_instance(uow, opening(**other), actor=SYSTEM, grant=GRANT)
        uow.commit()
    # Another organisation knows nothing of it.
    with office.runtime.write("neighbour") as uow:
        open_instance(uow, opening(), actor=SYSTEM, grant=GRANT)


def test_what_is_asked_for_once_is_opened_from_whichever_case_asks_first(office: Office) -> None:
    with office.runtime.write(office.organization_id) as uow:
        cases = [
            open_instance(uow, opening(dossier_code=code), actor=SYSTEM, grant=GRANT)
            for code in ("A", "B")
        ]
        slip = StartInstance(
            process="corrective_action", origin_set="systemic_cause", origin_row="x", once=True
        )
        opened = [carry_out(uow, one, slip, actor=SYSTEM, grant=GRANT) for one in cases]
        assert [len(ids) for ids in opened] == [1, 0]
        assert uow.case(opened[0][0]).instance.parent_id == cases[0].instance.id
        uow.commit()

"""Whether a process can be finished with the people who are here today, told before it is opened.

The checks are those of `definitions check --organization`; the people are those in force today,
with the deputies of today.
"""

from engine.definition.staffing import Grant, Organization, Shortage, shortages_of
from engine.runtime import Caller, Runtime, UnitOfWork


def shortages(runtime: Runtime, caller: Caller, process: str) -> tuple[Shortage, ...]:
    """What the newest version of a process lacks in people.

    Raises:
        NotFound: `unknown_definition`.
    """
    with runtime.read(caller.organization_id) as uow:
        uow.actor(caller)
        definition = uow.definition(process).process
        return shortages_of(definition, _people_of_today(uow))


def _people_of_today(uow: UnitOfWork) -> Organization:
    """Who holds what; who has left neither holds nor lends, and nobody lends what is not theirs."""
    organization, today = uow.tables.organization, uow.today
    held = organization.grants(today)
    lent = organization.delegations(today)
    named = {grant["person"] for grant in held} | {each["deputy"] for each in lent}
    there = organization.present(named, on=today)
    own = {(grant["person"], grant["role"]) for grant in held if grant["person"] in there}
    return Organization(
        grants=(
            *(Grant(person=person, role=role) for person, role in sorted(own)),
            *(
                Grant(person=each["deputy"], role=each["role"], for_person=each["giver"])
                for each in lent
                if each["deputy"] in there and (each["giver"], each["role"]) in own
            ),
        )
    )

"""How holders are reached."""

from datetime import datetime

import sqlalchemy as sa

from services.card.contact import Contact
from services.card.store.people_tables import PERSON
from services.card.store.tables import CONTACT
from services.common.crypto import Vault
from services.common.database import upsert


class ContactTable:
    """Contacts by person."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def get(self, person: str) -> Contact | None:
        """Give a person's contact, unsealed; None when none is known.

        Who has none is reached as under that merged record whose contact is the newest.
        """
        own = PERSON.c.person == person
        statement = (
            sa.select(CONTACT.c.person, CONTACT.c.sealed_contact)
            .join(PERSON, PERSON.c.person == CONTACT.c.person)
            .where(sa.or_(own, PERSON.c.merged_into == person))
            .order_by(own.desc(), CONTACT.c.update_time.desc())
            .limit(1)
        )
        found = self._connection.execute(statement).one_or_none()
        if found is None:
            return None
        phone, _, address = self._vault.open(found.sealed_contact, _place(found.person)).partition("\n")
        return Contact(phone, address)

    def put(self, person: str, contact: Contact, now: datetime) -> None:
        """Seal and keep a person's contact."""
        sealed = self._vault.seal(f"{contact.phone}\n{contact.address}", _place(person))
        row: dict[str, object] = {"person": person, "sealed_contact": sealed, "update_time": now}
        upsert(self._connection, CONTACT, [row], ["person"])


def _place(person: str) -> str:
    return f"people/{person}/contact"

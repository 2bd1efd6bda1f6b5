"""Family service: relatives show the electronic cards of children and old people (亲情服务)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.card.status import CardParameters
from services.common.errors import PreconditionFailed
from services.common.identity import IdentityNumber


class FamilyRelation(StrEnum):
    """What the one who is helped is to the delegate."""

    CHILD = "CHILD"
    PARENT = "PARENT"
    SPOUSE = "SPOUSE"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class FamilyDelegate:
    """A relative who may show somebody's electronic card (亲情服务)."""

    ecard: str
    delegate: str
    relation: FamilyRelation
    create_time: datetime


def check_relative(identity: IdentityNumber, parameters: CardParameters, today: date) -> None:
    """Raise PreconditionFailed unless somebody is of an age to be helped by a delegate."""
    below, old = parameters.helped_child_age_years, parameters.helped_old_age_years
    birth = identity.birth_date
    age = _age(birth, today) if birth is not None else None
    if age is None or below <= age < old:
        raise PreconditionFailed(
            "RELATIVE_AGE",
            f"Family service is for people below {below} or from {old} years on.",
            {"below": str(below), "from": str(old)},
        )


def _age(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))

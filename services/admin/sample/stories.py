"""Which stories are planted, and how often: the faults of every exact rule, and what only looks like one."""

from collections.abc import Callable

from services.admin.sample import faults, lookalikes
from services.admin.sample.planting import Planting

STORIES: tuple[tuple[float, Callable[[Planting], None]], ...] = (
    # for so many in ten thousand people
    (3.0, faults.drawn_after_unknown_death),
    (1.0, faults.paid_on_after_death),
    (1.0, faults.paid_on_after_loss),
    (2.0, faults.drawn_in_two_regions),
    (2.0, faults.residents_beside_another),
    (1.0, faults.another_beside_residents),
    (1.0, faults.enterprise_and_public),
    (2.0, faults.shared_by_strangers),
    (2.0, faults.suspended_yet_paid),
    (3.0, faults.paid_twice),
    (2.0, lookalikes.back_paid_after_suspension),
    (2.0, lookalikes.raised_later),
    (2.0, lookalikes.funeral_granted),
    (1.0, lookalikes.residents_account_refunded),
    (1.0, lookalikes.changed_scheme),
    (1.0, lookalikes.guardians_account),
    (8.0, lookalikes.household_account),
    (1.0, lookalikes.reversed_duplicate),
    (1.0, lookalikes.death_withdrawn),
    (2.0, lookalikes.pensioner_elsewhere),
    (4.0, lookalikes.suspended),
)


def plant(city: Planting) -> None:
    """Plant the stories of one part: every one at least once in the city, and then by its number of people."""
    before, after = city.people.first, city.people.first + len(city.people)
    for often, tell in STORIES:
        for _ in range(_told(often, after) - _told(often, before)):
            tell(city)


def _told(often: float, people: int) -> int:
    return 1 + int(people * often / 10_000) if people else 0

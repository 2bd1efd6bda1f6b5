"""What a grant waits for, by what is known; pure."""

from services.eligibility.offer import FindingParameters
from services.eligibility.proposal import Ask


def asks_of(
    benefit: str,
    missing: str,
    *,
    payable: bool,
    verified_facts: bool,
    verified_law: bool,
    granted_before: bool,
    parameters: FindingParameters,
) -> tuple[Ask, ...]:
    """Tell what a grant waits for; nothing means that it is granted at once.

    What was granted before, and has ended, is not granted at once again: somebody had a reason.
    """
    is_doubtful = not verified_facts or not (verified_law or parameters.instant_on_unverified_law)
    needs_review = is_doubtful or granted_before
    asked = {
        Ask.FACT: bool(missing),
        Ask.CONSENT: benefit not in parameters.instant,
        Ask.CARD: not payable,
        Ask.REVIEW: needs_review and not missing,
    }
    return tuple(ask for ask, is_asked in asked.items() if is_asked)

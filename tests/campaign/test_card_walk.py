"""Long walks of cards through all operations, on both databases."""

import os
from pathlib import Path

import pytest

from tests.integration.card.notes import LINES
from tests.integration.card.test_walk import walk

WALKS = int(os.environ.get("SOCSEC_CAMPAIGN_WALKS", "300"))

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(120 + 10 * WALKS)]


def test_cards_and_the_clerks_notes_agree_on_long_walks(database_url: str, tmp_path: Path) -> None:
    states, done = walk(database_url, tmp_path, examples=WALKS, steps=60, is_fixed=False)
    assert len(done) > len(LINES) - 5  # what a walk seldom comes to is tried from every state all the same
    assert states > WALKS

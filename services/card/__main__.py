"""`python -m services.card serve|migrate|check-config --config FILE`."""

import sys

from services.card.app import serve
from services.card.config import CardConfig
from services.common.command import main

if __name__ == "__main__":
    sys.exit(main("services.card", CardConfig, serve))

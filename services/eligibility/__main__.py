"""`python -m services.eligibility serve|migrate|check-config --config FILE`."""

import sys

from services.common.command import main
from services.eligibility.app import serve
from services.eligibility.config import EligibilityConfig

if __name__ == "__main__":
    sys.exit(main("services.eligibility", EligibilityConfig, serve))

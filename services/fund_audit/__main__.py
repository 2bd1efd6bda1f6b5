"""`python -m services.fund_audit serve|migrate|check-config --config FILE`."""

import sys

from services.common.command import main
from services.fund_audit.app import serve
from services.fund_audit.config import FundAuditConfig

if __name__ == "__main__":
    sys.exit(main("services.fund_audit", FundAuditConfig, serve))

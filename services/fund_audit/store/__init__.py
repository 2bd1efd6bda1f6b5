"""The service's tables and everything that reads or writes them; rows never leave this package."""

from services.fund_audit.store.cases import CaseRows
from services.fund_audit.store.facts import FactRows
from services.fund_audit.store.tables import METADATA

__all__ = ["METADATA", "FundAuditStore"]


class FundAuditStore(FactRows, CaseRows):
    """What the use cases need of the database, inside one transaction of one connection."""

"""What Alembic asks for: the metadata of every table of the service."""

from services.common import idempotency, inbox, migrations, outbox
from services.fund_audit import store

migrations.run_environment([store.METADATA, idempotency.METADATA, inbox.METADATA, outbox.METADATA])

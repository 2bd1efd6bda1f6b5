"""What Alembic asks for: the metadata of every table of the service."""

from services.common import idempotency, lease, migrations, outbox
from services.eligibility import store

migrations.run_environment([store.METADATA, idempotency.METADATA, lease.METADATA, outbox.METADATA])

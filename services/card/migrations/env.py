"""What Alembic asks for: the metadata of every table of the service."""

from services.card import store
from services.common import idempotency, lease, migrations, outbox

migrations.run_environment([store.METADATA, idempotency.METADATA, lease.METADATA, outbox.METADATA])

"""Indexes by which the outbox is claimed in its order; built while the tables are in use."""

import sqlalchemy as sa
from alembic import op

from gateway.store.live import add_index

revision = "0003_c_outbox_indexes"
down_revision = "0002_menus_and_rehearsal"
branch_labels = None
depends_on = None

_QUEUED = "state = 'queued'"
_URGENT_FIRST = sa.text("urgent DESC")


def upgrade() -> None:
    """Apply."""
    add_index("ix_outbound_due", "outbound", [_URGENT_FIRST, "id", "not_before"], where=_QUEUED)
    add_index("ix_outbound_again", "outbound", [_URGENT_FIRST, "id"], where=f"{_QUEUED} AND attempts >= 2")
    add_index("ix_outbound_first", "outbound", ["recipient", _URGENT_FIRST, "id"], where=_QUEUED)
    add_index("ix_outbound_sending", "outbound", ["recipient", "changed_at"], where="state = 'sending'")
    op.drop_index("ix_outbound_in_hand", "outbound")


def downgrade() -> None:
    """Take back."""
    add_index("ix_outbound_in_hand", "outbound", ["recipient", "id"], where="state IN ('queued', 'sending', 'unknown')")
    for name in ("ix_outbound_sending", "ix_outbound_first", "ix_outbound_again"):
        op.drop_index(name, "outbound")
    add_index("ix_outbound_due", "outbound", ["urgent", "id"], where=_QUEUED)

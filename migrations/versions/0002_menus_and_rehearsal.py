"""USSD (drafts, PINs, what the menus read), the rehearsal clock, printed code cards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_menus_and_rehearsal"
down_revision = "0001_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("phones", sa.Column("latin", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("phones", "latin", server_default=None)
    op.add_column("cases", sa.Column("unfinished", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("cases", "unfinished", server_default=None)
    op.create_index("ix_cases_closed_at", "cases", ["closed_at"], postgresql_where="closed_at IS NOT NULL")
    op.add_column("inbound", sa.Column("reading", postgresql.JSONB(), nullable=True))
    op.add_column("inbound", sa.Column("reserved", sa.Text(), nullable=True))
    op.add_column("inbound", sa.Column("proof", sa.String(40), nullable=False, server_default="none"))
    op.alter_column("inbound", "proof", server_default=None)
    op.add_column("inbound", sa.Column("unfinished", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("inbound", "unfinished", server_default=None)
    op.create_index(
        "uq_inbound_reserved", "inbound", ["reserved"], unique=True, postgresql_where="reserved IS NOT NULL"
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hung_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_drafts_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        sa.UniqueConstraint("sender", name="uq_drafts_sender"),
    )
    op.create_index("ix_drafts_touched_at", "drafts", ["touched_at"])
    op.create_table(
        "pins",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("wrong", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_pins_person_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_pins"),
    )
    op.create_table(
        "code_cards",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_code_cards_person_id"),
        sa.PrimaryKeyConstraint("person_id", name="pk_code_cards"),
    )
    op.create_table(
        "rehearsal_clock",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("real_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pace", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rehearsal_clock"),
    )


def downgrade() -> None:
    """Take back."""
    for table in ("rehearsal_clock", "code_cards", "pins", "drafts"):
        op.drop_table(table)
    for table, column in (
        ("inbound", "unfinished"),
        ("inbound", "proof"),
        ("inbound", "reserved"),
        ("inbound", "reading"),
        ("cases", "unfinished"),
        ("phones", "latin"),
    ):
        op.drop_column(table, column)
    op.drop_index("ix_cases_closed_at", "cases")

"""The first tables: units, people, households, messages in and out, cases, deadlines, questions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_first_tables"
down_revision = None
branch_labels = None
depends_on = None


class Ltree(sa.types.UserDefinedType[str]):
    """PostgreSQL's ltree, as it stood in this revision."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "LTREE"


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE EXTENSION IF NOT EXISTS ltree")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE SEQUENCE case_serial")
    op.execute("CREATE SEQUENCE household_serial")

    op.create_table(
        "carrier_states",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name="pk_carrier_states"),
    )
    op.create_table(
        "digests_sent",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "kind", "period", name="pk_digests_sent"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process", name="pk_heartbeats"),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_persons"),
    )
    op.create_table(
        "simulator_faults",
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("recipient", name="pk_simulator_faults"),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("path", Ltree(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_bo", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name="fk_units_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
        sa.UniqueConstraint("code", name="uq_units_code"),
    )
    op.create_index("ix_units_parent_id", "units", ["parent_id"], unique=False)
    op.create_index("ix_units_path", "units", ["path"], unique=False, postgresql_using="gist")
    op.create_table(
        "inbound",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("masked", sa.BigInteger(), nullable=False),
        sa.Column("opt_out", sa.Boolean(), nullable=True),
        sa.Column("raw", postgresql.JSONB(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_inbound_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound"),
    )
    op.create_index("ix_inbound_case_id", "inbound", ["case_id"], unique=False)
    op.create_index("ix_inbound_received_at", "inbound", ["received_at"], unique=False)
    op.create_index("ix_inbound_sender_received", "inbound", ["sender", "received_at"], unique=False)
    op.create_index("ix_inbound_waiting", "inbound", ["sender", "id"], unique=False, postgresql_where="state = 'new'")
    op.create_index("ix_inbound_waiting_id", "inbound", ["id"], unique=False, postgresql_where="state = 'new'")
    op.create_index("uq_inbound_provider_id", "inbound", ["provider", "provider_id"], unique=True)
    op.create_table(
        "phones",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreachable_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_phones_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_phones"),
        sa.UniqueConstraint("number", name="uq_phones_number"),
    )
    op.create_index("ix_phones_person_id", "phones", ["person_id"], unique=False)
    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_posts_person_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_posts_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
    )
    op.create_index("ix_posts_person_id", "posts", ["person_id"], unique=False)
    op.create_index("ix_posts_unit_role", "posts", ["unit_id", "role", "rank"], unique=False)
    op.create_table(
        "households",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("liaison_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("head_name", sa.Text(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["persons.id"], name="fk_households_contact_id"),
        sa.ForeignKeyConstraint(["liaison_id"], ["posts.id"], name="fk_households_liaison_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_households_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_households"),
        sa.UniqueConstraint("number", name="uq_households_number"),
    )
    op.create_index("ix_households_contact_id", "households", ["contact_id"], unique=False)
    op.create_index("ix_households_unit_id", "households", ["unit_id"], unique=False)
    op.create_index("uq_households_liaison_ordinal", "households", ["liaison_id", "ordinal"], unique=True)
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("level", sa.String(40), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("to_sort", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("reporter_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("inbound_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage_misses", sa.BigInteger(), nullable=False),
        sa.Column("stage_extra_days", sa.BigInteger(), nullable=False),
        sa.Column("extended_days", sa.BigInteger(), nullable=False),
        sa.Column("climbs", sa.BigInteger(), nullable=False),
        sa.Column("reminders", sa.BigInteger(), nullable=False),
        sa.Column("bounces", sa.BigInteger(), nullable=False),
        sa.Column("overdue_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state = 'new' OR owner_id IS NOT NULL", name="ck_cases_owned"),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_cases_household_id"),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name="fk_cases_inbound_id"),
        sa.ForeignKeyConstraint(["merged_into_id"], ["cases.id"], name="fk_cases_merged_into_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["posts.id"], name="fk_cases_owner_id"),
        sa.ForeignKeyConstraint(["reporter_id"], ["persons.id"], name="fk_cases_reporter_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_cases_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("number", name="uq_cases_number"),
    )
    op.create_index("ix_cases_household_category", "cases", ["household_id", "category", "opened_at"], unique=False)
    op.create_index("ix_cases_opened_at", "cases", ["opened_at"], unique=False)
    op.create_index(
        "ix_cases_owner_live",
        "cases",
        ["owner_id"],
        unique=False,
        postgresql_where="state IN ('open', 'accepted', 'resolved')",
    )
    op.create_index("ix_cases_reporter", "cases", ["reporter_id", "opened_at"], unique=False)
    op.create_index("ix_cases_unit_opened", "cases", ["unit_id", "opened_at"], unique=False)
    op.create_table(
        "case_events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("inbound_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["persons.id"], name="fk_case_events_actor_id"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_events_case_id"),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name="fk_case_events_inbound_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_events"),
    )
    op.create_index("ix_case_events_case_id", "case_events", ["case_id"], unique=False)
    op.create_table(
        "deadlines",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_deadlines_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deadlines"),
    )
    op.create_index("ix_deadlines_due", "deadlines", ["due_at"], unique=False, postgresql_where="done_at IS NULL")
    op.create_index(
        "uq_deadlines_case_kind", "deadlines", ["case_id", "kind"], unique=True, postgresql_where="done_at IS NULL"
    )
    op.create_table(
        "outbound",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.String(40), nullable=False),
        sa.Column("segments", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("reply_to_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("cost", sa.Text(), nullable=False),
        sa.Column("failure", sa.String(40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_outbound_case_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_outbound_person_id"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_outbound_post_id"),
        sa.ForeignKeyConstraint(["reply_to_id"], ["inbound.id"], name="fk_outbound_reply_to_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbound"),
    )
    op.create_index("ix_outbound_case_id", "outbound", ["case_id"], unique=False)
    op.create_index("ix_outbound_due", "outbound", ["urgent", "id"], unique=False, postgresql_where="state = 'queued'")
    op.create_index(
        "ix_outbound_leaves",
        "outbound",
        ["not_before"],
        unique=False,
        postgresql_where="state IN ('queued', 'unknown')",
    )
    op.create_index(
        "ix_outbound_expires",
        "outbound",
        ["expires_at"],
        unique=False,
        postgresql_where="state IN ('queued', 'unknown')",
    )
    op.create_index(
        "ix_outbound_in_hand",
        "outbound",
        ["recipient", "id"],
        unique=False,
        postgresql_where="state IN ('queued', 'sending', 'unknown')",
    )
    op.create_index(
        "ix_outbound_provider_id",
        "outbound",
        ["provider", "provider_id"],
        unique=False,
        postgresql_where="provider_id <> ''",
    )
    op.create_index("ix_outbound_recipient_created", "outbound", ["recipient", "created_at"], unique=False)
    op.create_index("ix_outbound_state_changed", "outbound", ["state", "changed_at"], unique=False)
    op.create_index(
        "uq_outbound_reply_to", "outbound", ["reply_to_id"], unique=True, postgresql_where="reply_to_id IS NOT NULL"
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("inbound_id", sa.BigInteger(), nullable=True),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_questions_case_id"),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name="fk_questions_inbound_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_questions_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
    )
    op.create_index("ix_questions_case_id", "questions", ["case_id"], unique=False)
    op.create_index(
        "ix_questions_open", "questions", ["person_id", "id"], unique=False, postgresql_where="answered_at IS NULL"
    )
    op.create_table(
        "reply_codes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("wrong", sa.BigInteger(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_reply_codes_case_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_reply_codes_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reply_codes"),
    )
    op.create_index("uq_reply_codes_person_case", "reply_codes", ["person_id", "case_id"], unique=True)
    op.create_table(
        "rungs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.String(40), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_rungs_case_id"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_rungs_post_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rungs"),
    )
    op.create_index("ix_rungs_case_id", "rungs", ["case_id"], unique=False)
    op.create_index("ix_rungs_post_id", "rungs", ["post_id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("outbound_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.String(40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raw", postgresql.JSONB(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["outbound_id"], ["outbound.id"], name="fk_receipts_outbound_id"),
        sa.PrimaryKeyConstraint("id", name="pk_receipts"),
    )
    op.create_index("ix_receipts_outbound_id", "receipts", ["outbound_id"], unique=False)
    op.create_index("ix_receipts_provider_id", "receipts", ["provider_id"], unique=False)
    op.create_index(
        "ix_receipts_unmatched",
        "receipts",
        ["id"],
        unique=False,
        postgresql_where="outbound_id IS NULL AND applied_at IS NULL",
    )
    op.create_foreign_key("fk_inbound_case_id", "inbound", "cases", ["case_id"], ["id"])


def downgrade() -> None:
    """Take back."""
    op.drop_constraint("fk_inbound_case_id", "inbound", type_="foreignkey")
    op.drop_table("receipts")
    op.drop_table("rungs")
    op.drop_table("reply_codes")
    op.drop_table("questions")
    op.drop_table("outbound")
    op.drop_table("deadlines")
    op.drop_table("case_events")
    op.drop_table("cases")
    op.drop_table("households")
    op.drop_table("posts")
    op.drop_table("phones")
    op.drop_table("inbound")
    op.drop_table("units")
    op.drop_table("simulator_faults")
    op.drop_table("persons")
    op.drop_table("heartbeats")
    op.drop_table("digests_sent")
    op.drop_table("carrier_states")
    op.execute("DROP SEQUENCE household_serial")
    op.execute("DROP SEQUENCE case_serial")

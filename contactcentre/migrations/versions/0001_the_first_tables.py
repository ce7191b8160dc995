"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cases.models.event import Xid8

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only: the release before this one goes on running meanwhile."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("reference_number", start=1)))
    op.create_table(
        "address",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
    )
    op.create_index("uq_address_kind_value", "address", ["kind", "value"], unique=True)
    op.create_table(
        "agent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
    )
    op.create_index("uq_agent_username", "agent", [sa.literal_column("lower(username)")], unique=True)
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("department", sa.String(), server_default=sa.text("'*'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_table(
        "citizen",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), server_default=sa.text("'person'"), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizen")),
    )
    op.create_table(
        "code_attempt",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("reference", "source", name=op.f("pk_code_attempt")),
    )
    op.create_table(
        "configuration_version",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("parent", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent"], ["configuration_version.number"], name=op.f("fk_configuration_version_parent")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_configuration_version")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("plain", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("detail_digest", sa.LargeBinary(), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_xid_id", "event", ["xid", "id"], unique=False)
    op.create_index("uq_event_case_id_seq", "event", ["case_id", "seq"], unique=True)
    op.create_table(
        "event_detail",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("personal", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_detail")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_attempt")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("recipient_kind", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("message_class", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("client_reference", sa.String(), nullable=False),
        sa.Column("fill", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("client_reference", name=op.f("uq_outbox_client_reference")),
    )
    op.create_index(
        "ix_outbox_lease", "outbox", ["lease_until"], unique=False, postgresql_where=sa.text("state = 'sending'")
    )
    op.create_index(
        "ix_outbox_ready",
        "outbox",
        ["account", "not_before", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index("ix_outbox_state", "outbox", ["state", "id"], unique=False)
    op.create_index(
        "ix_outbox_thread",
        "outbox",
        ["thread_id", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('queued', 'sending')"),
    )
    op.create_index("uq_outbox_message_id", "outbox", ["message_id"], unique=True)
    op.create_table(
        "parked_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_report")),
    )
    op.create_index(
        "ix_parked_report_waiting",
        "parked_report",
        ["account", "external_id"],
        unique=False,
        postgresql_where=sa.text("matched_at is null"),
    )
    op.create_table(
        "projection_cursor",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_projection_cursor")),
    )
    op.create_table(
        "raw_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_request")),
    )
    op.create_index(
        "ix_raw_request_due", "raw_request", ["next_try_at"], unique=False, postgresql_where=sa.text("state = 'failed'")
    )
    op.create_index(
        "ix_raw_request_trouble",
        "raw_request",
        ["state", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('failed', 'quarantined')"),
    )
    op.create_index("uq_raw_request_dedupe", "raw_request", ["account", "event", "dedupe_key"], unique=True)
    op.create_table(
        "stored_file",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_stored_file")),
    )
    op.create_table(
        "agent_role",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("department", sa.String(), server_default=sa.text("'*'"), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_role_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "role", "department", name=op.f("pk_agent_role")),
    )
    op.create_table(
        "agent_session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("csrf_token", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("browser", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_session_agent_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_agent_session")),
    )
    op.create_index(op.f("ix_agent_session_agent_id"), "agent_session", ["agent_id"], unique=False)
    op.create_table(
        "citizen_address",
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_citizen_address_address_id")),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_citizen_address_citizen_id")),
        sa.PrimaryKeyConstraint("citizen_id", "address_id", name=op.f("pk_citizen_address")),
    )
    op.create_index(op.f("ix_citizen_address_address_id"), "citizen_address", ["address_id"], unique=False)
    op.create_table(
        "configuration_active",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_configuration_active_one_row")),
        sa.ForeignKeyConstraint(
            ["number"], ["configuration_version.number"], name=op.f("fk_configuration_active_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration_active")),
    )
    op.create_table(
        "thread",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_thread_address_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
        sa.UniqueConstraint("address_id", name=op.f("uq_thread_address_id")),
    )
    op.create_table(
        "case_file",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("service", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("priority", sa.String(), server_default=sa.text("'normal'"), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_named", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("confidential", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=False),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.Column("may_belong_to_id", sa.BigInteger(), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("subject_kind", sa.String(), nullable=True),
        sa.Column("subject_id", sa.String(), nullable=True),
        sa.Column("routing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("event_head", sa.LargeBinary(), nullable=False),
        sa.Column("last_speaker", sa.String(), nullable=False),
        sa.Column("last_message_id", sa.BigInteger(), nullable=True),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_message_id", sa.BigInteger(), nullable=True),
        sa.Column("due_kind", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["agent.id"], name=op.f("fk_case_file_assignee_id")),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_case_file_citizen_id")),
        sa.ForeignKeyConstraint(["may_belong_to_id"], ["case_file.id"], name=op.f("fk_case_file_may_belong_to_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["case_file.id"], name=op.f("fk_case_file_merged_into_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_case_file_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
        sa.UniqueConstraint("reference", name=op.f("uq_case_file_reference")),
    )
    op.create_index(
        "ix_case_file_assignee",
        "case_file",
        ["assignee_id", sa.literal_column("coalesce(due_at, 'infinity')"), "id"],
        unique=False,
        postgresql_where=sa.text("status not in ('resolved', 'closed')"),
    )
    op.create_index("ix_case_file_citizen_id", "case_file", ["citizen_id"], unique=False)
    op.create_index(
        "ix_case_file_queue",
        "case_file",
        ["department", sa.literal_column("coalesce(due_at, 'infinity')"), "id"],
        unique=False,
        postgresql_where=sa.text("status not in ('resolved', 'closed')"),
    )
    op.create_index(
        "ix_case_file_resolved_at",
        "case_file",
        ["resolved_at"],
        unique=False,
        postgresql_where=sa.text("status = 'resolved'"),
    )
    op.create_index("ix_case_file_thread", "case_file", ["thread_id", sa.literal_column("id desc")], unique=False)
    op.create_index("ix_case_file_updated_at", "case_file", ["updated_at", "id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("automatic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("text_key", sa.String(), nullable=True),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_reason", sa.String(), nullable=True),
        sa.Column("copies", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_message_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(
        "ix_message_automatic",
        "message",
        ["thread_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("direction = 'out' and automatic"),
    )
    op.create_index("ix_message_created_at", "message", ["created_at"], unique=False)
    op.create_index(
        "ix_message_outbound",
        "message",
        ["account", "external_id"],
        unique=False,
        postgresql_where=sa.text("direction = 'out' and external_id is not null"),
    )
    op.create_index("ix_message_thread_id_id", "message", ["thread_id", "id"], unique=False)
    op.create_index(
        "uq_message_inbound",
        "message",
        ["account", "external_id"],
        unique=True,
        postgresql_where=sa.text("direction = 'in' and external_id is not null"),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["agent.id"], name=op.f("fk_attachment_added_by")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_attachment_case_id")),
        sa.ForeignKeyConstraint(["sha256"], ["stored_file.sha256"], name=op.f("fk_attachment_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_case_id"), "attachment", ["case_id"], unique=False)
    op.create_table(
        "filing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("filed_by", sa.BigInteger(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_filing_case_id")),
        sa.ForeignKeyConstraint(["filed_by"], ["agent.id"], name=op.f("fk_filing_filed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing")),
    )
    op.create_index("ix_filing_case_id_message_id", "filing", ["case_id", "message_id"], unique=False)
    op.create_index(
        "uq_filing_message_id_case_id",
        "filing",
        ["message_id", "case_id"],
        unique=True,
        postgresql_where=sa.text("removed_at is null"),
    )
    op.create_table(
        "party",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.BigInteger(), nullable=True),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_party_address_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_party_case_id")),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_party_citizen_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
    )
    op.create_index("ix_party_address_id", "party", ["address_id"], unique=False)
    op.create_index("uq_party_case_id_address_id_role", "party", ["case_id", "address_id", "role"], unique=True)
    op.create_table(
        "timer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("instance", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_timer_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
    )
    op.create_index(
        "ix_timer_wake", "timer", ["next_wake_at"], unique=False, postgresql_where=sa.text("next_wake_at is not null")
    )
    op.create_index("uq_timer_instance", "timer", ["case_id", "kind", "instance"], unique=True)


def downgrade() -> None:
    """Undo, for a release that is taken back."""
    op.drop_index("uq_timer_instance", table_name="timer")
    op.drop_index("ix_timer_wake", table_name="timer", postgresql_where=sa.text("next_wake_at is not null"))
    op.drop_table("timer")
    op.drop_index("uq_party_case_id_address_id_role", table_name="party")
    op.drop_index("ix_party_address_id", table_name="party")
    op.drop_table("party")
    op.drop_index("uq_filing_message_id_case_id", table_name="filing", postgresql_where=sa.text("removed_at is null"))
    op.drop_index("ix_filing_case_id_message_id", table_name="filing")
    op.drop_table("filing")
    op.drop_index(op.f("ix_attachment_case_id"), table_name="attachment")
    op.drop_table("attachment")
    op.drop_index(
        "uq_message_inbound",
        table_name="message",
        postgresql_where=sa.text("direction = 'in' and external_id is not null"),
    )
    op.drop_index("ix_message_thread_id_id", table_name="message")
    op.drop_index(
        "ix_message_outbound",
        table_name="message",
        postgresql_where=sa.text("direction = 'out' and external_id is not null"),
    )
    op.drop_index("ix_message_created_at", table_name="message")
    op.drop_index(
        "ix_message_automatic", table_name="message", postgresql_where=sa.text("direction = 'out' and automatic")
    )
    op.drop_table("message")
    op.drop_index("ix_case_file_updated_at", table_name="case_file")
    op.drop_index("ix_case_file_thread", table_name="case_file")
    op.drop_index("ix_case_file_resolved_at", table_name="case_file", postgresql_where=sa.text("status = 'resolved'"))
    op.drop_index(
        "ix_case_file_queue", table_name="case_file", postgresql_where=sa.text("status not in ('resolved', 'closed')")
    )
    op.drop_index("ix_case_file_citizen_id", table_name="case_file")
    op.drop_index(
        "ix_case_file_assignee",
        table_name="case_file",
        postgresql_where=sa.text("status not in ('resolved', 'closed')"),
    )
    op.drop_table("case_file")
    op.drop_table("thread")
    op.drop_table("configuration_active")
    op.drop_index(op.f("ix_citizen_address_address_id"), table_name="citizen_address")
    op.drop_table("citizen_address")
    op.drop_index(op.f("ix_agent_session_agent_id"), table_name="agent_session")
    op.drop_table("agent_session")
    op.drop_table("agent_role")
    op.drop_table("stored_file")
    op.drop_index("uq_raw_request_dedupe", table_name="raw_request")
    op.drop_index(
        "ix_raw_request_trouble",
        table_name="raw_request",
        postgresql_where=sa.text("state in ('failed', 'quarantined')"),
    )
    op.drop_index("ix_raw_request_due", table_name="raw_request", postgresql_where=sa.text("state = 'failed'"))
    op.drop_table("raw_request")
    op.drop_table("projection_cursor")
    op.drop_index(
        "ix_parked_report_waiting", table_name="parked_report", postgresql_where=sa.text("matched_at is null")
    )
    op.drop_table("parked_report")
    op.drop_index("uq_outbox_message_id", table_name="outbox")
    op.drop_index("ix_outbox_thread", table_name="outbox", postgresql_where=sa.text("state in ('queued', 'sending')"))
    op.drop_index("ix_outbox_state", table_name="outbox")
    op.drop_index("ix_outbox_ready", table_name="outbox", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index("ix_outbox_lease", table_name="outbox", postgresql_where=sa.text("state = 'sending'"))
    op.drop_table("outbox")
    op.drop_table("login_attempt")
    op.drop_table("lease")
    op.drop_table("idempotency_key")
    op.drop_table("event_detail")
    op.drop_index("uq_event_case_id_seq", table_name="event")
    op.drop_index("ix_event_xid_id", table_name="event")
    op.drop_table("event")
    op.drop_table("configuration_version")
    op.drop_table("code_attempt")
    op.drop_table("citizen")
    op.drop_table("api_token")
    op.drop_index("uq_agent_username", table_name="agent")
    op.drop_table("agent")
    op.drop_index("uq_address_kind_value", table_name="address")
    op.drop_table("address")
    op.execute(sa.schema.DropSequence(sa.Sequence("reference_number")))

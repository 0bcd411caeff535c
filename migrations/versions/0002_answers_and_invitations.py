"""Answers, invitations, replies, notices, feeds."""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "personal_feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=True),
        sa.Column("token", sa.String(length=30), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_feeds")),
        sa.UniqueConstraint("token", name=op.f("uq_personal_feeds_token")),
    )
    with op.batch_alter_table("personal_feeds", schema=None) as batch_op:
        batch_op.create_index("ix_personal_feeds_email_key", ["email_key"], unique=False)

    op.create_table(
        "readings",
        sa.Column("name", sa.String(length=10), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_readings")),
    )
    op.create_table(
        "notice_choices",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("seen_id", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("daily_id", sa.Integer(), nullable=False),
        sa.Column("digest_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_notice_choices_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notice_choices")),
    )
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("via", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("attendee_id", sa.Integer(), nullable=True),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("sender", sa.String(length=254), nullable=True),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("partstat", sa.String(length=20), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("stamp", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authenticity", sa.String(length=10), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("guests", sa.Integer(), nullable=False),
        sa.Column("proposed_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attendee_id"],
            ["attendees.id"],
            name=op.f("fk_replies_attendee_id_attendees"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_replies_letter_id_letters"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_replies_meeting_id_meetings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        sa.UniqueConstraint("digest", name=op.f("uq_replies_digest")),
    )
    with op.batch_alter_table("replies", schema=None) as batch_op:
        batch_op.create_index("ix_replies_attendee_id", ["attendee_id"], unique=False)
        batch_op.create_index("ix_replies_meeting_id", ["meeting_id"], unique=False)
        batch_op.create_index("ix_replies_message_id", ["message_id"], unique=False)
        batch_op.create_index("ix_replies_received_at", ["received_at"], unique=False)

    with op.batch_alter_table("attendees", schema=None) as batch_op:
        batch_op.add_column(sa.Column("substitute_for_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("answer_note", sa.String(length=500), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reply_sequence", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reply_stamp", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("bounce_words", sa.String(length=500), server_default="", nullable=False)
        )
        batch_op.create_index("ix_attendees_substitute_for_id", ["substitute_for_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_attendees_substitute_for_id_attendees"),
            "attendees",
            ["substitute_for_id"],
            ["id"],
            ondelete="SET NULL",
        )

    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("invitation_only", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("approval", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("reminder_days", sa.JSON(), server_default="[7, 1]", nullable=False))
        batch_op.add_column(sa.Column("untold", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.drop_column("untold")
        batch_op.drop_column("reminder_days")
        batch_op.drop_column("approval")
        batch_op.drop_column("invitation_only")

    with op.batch_alter_table("attendees", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_attendees_substitute_for_id_attendees"), type_="foreignkey")
        batch_op.drop_index("ix_attendees_substitute_for_id")
        batch_op.drop_column("bounce_words")
        batch_op.drop_column("bounced_at")
        batch_op.drop_column("reply_stamp")
        batch_op.drop_column("reply_sequence")
        batch_op.drop_column("invited_at")
        batch_op.drop_column("answer_note")
        batch_op.drop_column("substitute_for_id")

    with op.batch_alter_table("replies", schema=None) as batch_op:
        batch_op.drop_index("ix_replies_received_at")
        batch_op.drop_index("ix_replies_message_id")
        batch_op.drop_index("ix_replies_meeting_id")
        batch_op.drop_index("ix_replies_attendee_id")

    op.drop_table("replies")
    op.drop_table("notice_choices")
    op.drop_table("readings")
    with op.batch_alter_table("personal_feeds", schema=None) as batch_op:
        batch_op.drop_index("ix_personal_feeds_email_key")

    op.drop_table("personal_feeds")

"""Questions after the meeting: feedback, with names or without."""

import sqlalchemy as sa
from alembic import op


revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("purpose", sa.String(length=12), nullable=False, server_default="registration")
        )

    op.create_table(
        "feedback_forms",
        sa.Column("meeting_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tally", sa.JSON(), nullable=False),
        sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("days > 0", name=op.f("ck_feedback_forms_days_positive")),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meetings.id"],
            name=op.f("fk_feedback_forms_meeting_id_meetings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_feedback_forms")),
    )
    op.create_table(
        "feedback_given",
        sa.Column("attendee_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"],
            ["attendees.id"],
            name=op.f("fk_feedback_given_attendee_id_attendees"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attendee_id", name=op.f("pk_feedback_given")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("feedback_given")
    op.drop_table("feedback_forms")
    # The older program would ask these when people register. What was said to them goes with them.
    feedback = "SELECT id FROM questions WHERE purpose = 'feedback'"
    op.execute(f"DELETE FROM question_answers WHERE question_id IN ({feedback})")  # noqa: S608
    op.execute(f"DELETE FROM question_options WHERE question_id IN ({feedback})")  # noqa: S608
    op.execute("DELETE FROM questions WHERE purpose = 'feedback'")
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_column("purpose")

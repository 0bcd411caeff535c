"""History is read by time: of one meeting, and of the whole house."""

from alembic import op


revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_history_meeting_id", table_name="history")
    op.create_index("ix_history_meeting_id", "history", ["meeting_id", "at", "id"])
    op.create_index("ix_history_at", "history", ["at", "id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_history_at", table_name="history")
    op.drop_index("ix_history_meeting_id", table_name="history")
    op.create_index("ix_history_meeting_id", "history", ["meeting_id"])

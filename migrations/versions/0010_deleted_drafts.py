"""Deleted drafts of meetings."""

import sqlalchemy as sa
from alembic import op


revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    # The older program would show deleted drafts again: they go at once.
    meetings = sa.table("meetings", sa.column("deleted_at", sa.DateTime(timezone=True)))
    op.execute(meetings.delete().where(meetings.c.deleted_at.is_not(None)))
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.drop_column("deleted_at")

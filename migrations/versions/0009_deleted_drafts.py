"""Deleted drafts of meetings."""

import sqlalchemy as sa
from alembic import op


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    # The older program shows deleted drafts again, as drafts: nothing is lost.
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.drop_column("deleted_at")

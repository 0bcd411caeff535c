"""Consent to be on the list that participants get."""

import sqlalchemy as sa
from alembic import op


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Whoever registered before has not agreed."""
    with op.batch_alter_table("attendees", schema=None) as batch_op:
        batch_op.add_column(sa.Column("handout_consent_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("handout_consent_text", sa.String(length=500), server_default="", nullable=False)
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("attendees", schema=None) as batch_op:
        batch_op.drop_column("handout_consent_text")
        batch_op.drop_column("handout_consent_at")

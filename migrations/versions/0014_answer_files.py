"""Questions that ask for a file, and the files that were handed over."""

import sqlalchemy as sa
from alembic import op


revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("file_kinds", sa.String(length=60), server_default="", nullable=False))
        batch_op.add_column(sa.Column("file_megabytes", sa.Integer(), nullable=True))

    op.create_table(
        "answer_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=True),
        sa.Column("token", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["question_answers.id"],
            name=op.f("fk_answer_files_answer_id_question_answers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions.id"],
            name=op.f("fk_answer_files_question_id_questions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_files")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_answer_files_answer_id")),
        sa.UniqueConstraint("token", name=op.f("uq_answer_files_token")),
    )
    with op.batch_alter_table("answer_files", schema=None) as batch_op:
        batch_op.create_index("ix_answer_files_question_id", ["question_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("answer_files")
    # The older program knows no such questions: they and the names of their files go with the files.
    op.execute(
        "DELETE FROM question_answers WHERE question_id IN (SELECT id FROM questions WHERE kind = 'file')"
    )
    op.execute("DELETE FROM questions WHERE kind = 'file'")
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_column("file_megabytes")
        batch_op.drop_column("file_kinds")

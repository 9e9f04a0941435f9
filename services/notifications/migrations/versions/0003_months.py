"""Old facts go by the month; what lies at random in indexes lies there in fewer pages"""

from alembic import op

from shared.schema import months

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    months.upgrade()
    op.drop_index("notice_recipient", "notice")
    op.create_index("notice_recipient", "notice", ["recipient_id", "created_at"])


def downgrade() -> None:
    op.drop_index("notice_recipient", "notice")
    op.create_index("notice_recipient", "notice", ["recipient_id", "created_at", "notice_id"])
    months.downgrade()

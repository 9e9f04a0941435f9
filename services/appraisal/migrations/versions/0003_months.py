"""Old facts go by the month"""

from shared.schema import months

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    months.upgrade()


def downgrade() -> None:
    months.downgrade()

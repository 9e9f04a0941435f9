"""Facts are written once"""

from shared.schema import parcels

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    parcels.upgrade()


def downgrade() -> None:
    parcels.downgrade()

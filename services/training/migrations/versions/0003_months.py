"""Old facts go by the month; what lies at random in indexes lies there in fewer pages"""

from alembic import op

from shared.schema import months

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    months.upgrade()
    op.drop_index("recommendation_set_employee", "recommendation_set")
    op.create_index("recommendation_set_employee", "recommendation_set", ["employee_id"])
    op.drop_index("recommendation_set_reviewer", "recommendation_set")
    op.create_index("recommendation_set_reviewer", "recommendation_set", ["reviewer_id"])


def downgrade() -> None:
    op.drop_index("recommendation_set_employee", "recommendation_set")
    op.create_index(
        "recommendation_set_employee", "recommendation_set", ["employee_id", "period_end"]
    )
    op.drop_index("recommendation_set_reviewer", "recommendation_set")
    op.create_index(
        "recommendation_set_reviewer", "recommendation_set", ["reviewer_id", "evaluation_id"]
    )
    months.downgrade()

"""Bosses to start a raid from, and the first of them.

Revision 003 after 002.
"""

import json
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision: str = "003"
down_revision: str | None = "002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# As services/content/bosses/ember-tyrant.toml was when this was written.
EMBER_TYRANT = {
    "version": 1,
    "name": "Karsavarn, the Ember Tyrant",
    "description": "A king of cinders who crowned himself on the last volcano. He has declared that winter is "
    "forbidden, and he is enforcing it.",
    "tier": 1,
    "image_url": None,
    "total_hp": 80000,
    "dominant_stats": ["atk", "spd", "lck"],
    "weaknesses": [{"kind": "elemental", "value": "water"}, {"kind": "archetype", "value": "Dancer"}],
    "resistances": [{"kind": "elemental", "value": "fire"}],
    "curse_pool": [
        {"kind": "elemental", "value": "light"},
        {"kind": "elemental", "value": "earth"},
        {"kind": "elemental", "value": "dark"},
        {"kind": "elemental", "value": "water"},
        {"kind": "archetype", "value": "Healer"},
        {"kind": "archetype", "value": "Champion"},
        {"kind": "archetype", "value": "Samurai"},
        {"kind": "archetype", "value": "Warlord"},
        {"kind": "genre", "value": "Drama"},
        {"kind": "genre", "value": "Fantasy"},
        {"kind": "genre", "value": "Music"},
        {"kind": "series", "value": "Encore at Pier Zero"},
        {"kind": "series", "value": "Hoshigarasu no Minarai"},
    ],
    "curse_limits": [["elemental", 2], ["archetype", 2], ["genre", 1], ["series", 1]],
    "curse_every": 20,
    "analysis_thresholds": [800, 2000, 3600, 5600, 8000, 10800, 14000, 17600, 21600, 26400],
    "weakness_pool": [
        ["elemental", 40, ["ice", "wind", "earth", "nature", "light", "void"]],
        ["archetype", 30, ["Bard", "Sage", "Healer", "Trickster", "Witch", "Oracle", "Engineer"]],
        ["genre", 20, ["Iyashikei", "Slice of Life", "Sports", "Gourmet", "Mahou Shoujo"]],
        ["series", 10, ["Lighthouse Morning Club", "The Fox Who Painted Rain", "Orbital Courier Petrel"]],
    ],
    "stage_hp_below_permille": [750, 500, 250, 100],
    "stage_analysis_points": [3600, 8000, 14000, 21600],
    "stage_effects": [
        {
            "stage": 2,
            "message": "The Tyrant's cloak burns away. The air shivers: he cannot bear the cold!",
            "add_weakness": {"kind": "elemental", "value": "ice"},
            "add_curse": None,
            "fight_permille": None,
        },
        {
            "stage": 3,
            "message": "Karsavarn plants his feet in the lava and armours himself in basalt.",
            "add_weakness": None,
            "add_curse": {"kind": "elemental", "value": "earth"},
            "fight_permille": None,
        },
        {
            "stage": 4,
            "message": "His crown is cracked. Somewhere a kettle boils over, and he flinches.",
            "add_weakness": {"kind": "genre", "value": "Gourmet"},
            "add_curse": None,
            "fight_permille": None,
        },
        {
            "stage": 5,
            "message": "Only embers are left of the king. Strike before he breathes in!",
            "add_weakness": None,
            "add_curse": None,
            "fight_permille": 2000,
        },
    ],
    "rewards": {
        "version": 1,
        "strike_divisor": 100,
        "milestones": [
            [250, [["crystals", 50]]],
            [750, [["crystals", 100]]],
            [1500, [["crystals", 200]]],
            [3000, [["crystals", 400]]],
            [5000, [["crystals", 700]]],
            [8000, [["crystals", 1000]]],
            [12000, [["crystals", 1500]]],
        ],
        "breakthrough": [["crystals", 50]],
        "victory": [["crystals", 500], ["daphine", 1]],
        "tiers": [["bronze", 500, 1000], ["silver", 1500, 1500], ["gold", 3000, 2000], ["platinum", 5500, 3000]],
    },
    "rules": {
        "version": 1,
        "min_team_size": 1,
        "max_team_size": 6,
        "cooldown_seconds": 3600,
        "weakness_permille": 1500,
        "curse_permille": 750,
        "damage_divisor": 10,
        "analysis_divisor": 10,
    },
}


def upgrade() -> None:
    op.create_table(
        "boss_templates",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("boss", JSONB, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_boss_templates")),
        sa.CheckConstraint("key ~ '^[a-z0-9][a-z0-9-]{0,49}$'", name=op.f("ck_boss_templates_key_form")),
    )
    op.execute(
        sa.text("INSERT INTO boss_templates (key, boss) VALUES ('ember-tyrant', CAST(:boss AS jsonb))").bindparams(
            boss=json.dumps(EMBER_TYRANT)
        )
    )


def downgrade() -> None:
    op.drop_table("boss_templates")

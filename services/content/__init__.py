"""What comes with the project: a sample roster, names for a simulated crowd, and boss templates.

Read through importlib.resources, so it works from a checkout and from an installed wheel alike.
"""

from importlib import resources
from importlib.resources.abc import Traversable


def sample_characters() -> Traversable:
    """The sample roster in the base game's column layout: UTF-8 CSV, one character a row.

    Columns: waifu_id, name, series, series_id, genre, rarity, stats (JSON object), elemental_type (JSON list),
    archetype.
    """
    return resources.files(__name__) / "characters.csv"


def sample_series() -> Traversable:
    """The sample roster's series: UTF-8 CSV with series_id, name, english_name, genres (split by |), media_type."""
    return resources.files(__name__) / "series.csv"


def player_names() -> tuple[str, ...]:
    """Distinct display names for simulated players, always in the same order."""
    text = (resources.files(__name__) / "player_names.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def boss_files() -> dict[str, str]:
    """Every boss template's TOML text by its key (the file's name without .toml), sorted by key."""
    files = sorted((resources.files(__name__) / "bosses").iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): file.read_text(encoding="utf-8")
        for file in files
        if file.name.endswith(".toml")
    }

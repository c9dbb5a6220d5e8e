import os
from pathlib import Path

import pytest

from worldthreat.settings import LogFormat, LogLevel, SettingsError, load_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("WORLDTHREAT_"):
            monkeypatch.delenv(name)


def test_nothing_has_to_be_set() -> None:
    settings = load_settings()
    assert settings.database_url is None
    assert settings.data_dir == Path(".worldthreat")
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert (settings.redis_url, settings.public_url, settings.allowed_origins) == (None, None, ())
    assert (settings.discord_token, settings.api_url, settings.api_token) == (None, None, None)
    assert (settings.log_format, settings.log_level) == (LogFormat.CONSOLE, LogLevel.INFO)
    assert settings.introspection
    assert settings.public_read


def test_every_setting_is_taken_from_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "DATABASE_URL": "postgres://raider:s3cret@db.example.org/raid?sslmode=require",
        "DATA_DIR": str(tmp_path),
        "HOST": "::1",
        "PORT": "9000",
        "WORKERS": "2",
        "REDIS_URL": "rediss://cache.example.org:6380/1",
        "PUBLIC_URL": "https://raid.example.org/",
        "ALLOWED_ORIGINS": "https://a.example.org, http://localhost:3000",
        "DISCORD_TOKEN": "abc.def",
        "API_URL": "http://127.0.0.1:9000",
        "API_TOKEN": "wt_1",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "DEBUG",
        "INTROSPECTION": "off",
        "PUBLIC_READ": "Off",
    }.items():
        monkeypatch.setenv(f"WORLDTHREAT_{name}", value)
    settings = load_settings()
    assert settings.database_url
    assert settings.database_url.get_secret_value().startswith("postgres://raider:s3cret@")
    assert settings.data_dir == tmp_path
    assert (settings.host, settings.port, settings.workers) == ("::1", 9000, 2)
    assert settings.redis_url
    assert settings.public_url == "https://raid.example.org"
    assert settings.allowed_origins == ("https://a.example.org", "http://localhost:3000")
    assert settings.discord_token
    assert settings.discord_token.get_secret_value() == "abc.def"
    assert settings.api_url == "http://127.0.0.1:9000"
    assert settings.api_token
    assert (settings.log_format, settings.log_level) == (LogFormat.JSON, LogLevel.DEBUG)
    assert not settings.introspection
    assert not settings.public_read
    assert "s3cret" not in repr(settings)
    assert "abc.def" not in repr(settings)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLDTHREAT_PORT", "")
    assert load_settings().port == 8000


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("PROT", "PORT"), ("DATABSE_URL", "DATABASE_URL"), ("LOGLEVEL", "LOG_LEVEL"), ("origins", "ALLOWED_ORIGINS")],
)
def test_an_unknown_variable_is_refused_with_the_nearest_known_name(
    monkeypatch: pytest.MonkeyPatch, typed: str, meant: str
) -> None:
    monkeypatch.setenv(f"WORLDTHREAT_{typed}", "1")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert (
        refused.value.message == f"Unknown setting WORLDTHREAT_{typed}: the nearest known one is WORLDTHREAT_{meant}."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:s3cret@h/d"),
        ("DATABASE_URL", "postgresql://u:s3cret@h"),
        ("DATABASE_URL", "postgresql://u:s3cret@h:port/d"),
        ("DATA_DIR", __file__),
        ("HOST", "two words"),
        ("HOST", "256.1.1.1"),
        ("PORT", "eight"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("WORKERS", "0"),
        ("WORKERS", "1000"),
        ("REDIS_URL", "localhost:6379"),
        ("PUBLIC_URL", "raid.example.org"),
        ("PUBLIC_URL", "https://raid.example.org/?a=1"),
        ("ALLOWED_ORIGINS", "https://a.example.org, b"),
        ("ALLOWED_ORIGINS", "https://a.example.org/page"),
        ("DISCORD_TOKEN", "with s3cret blank"),
        ("API_URL", "ftp://raid.example.org"),
        ("API_TOKEN", "s3cret\n"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
        ("INTROSPECTION", "perhaps"),
        ("PUBLIC_READ", "1"),
    ],
)
def test_an_unusable_value_is_refused_in_one_line_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"WORLDTHREAT_{name}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert refused.value.message.startswith(f"WORLDTHREAT_{name} cannot be used: ")
    assert "\n" not in refused.value.message
    assert "s3cret" not in refused.value.message

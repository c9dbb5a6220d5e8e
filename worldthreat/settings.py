"""The settings: environment variables WORLDTHREAT_*, all optional, read once at the start."""

import difflib
import os
import re
from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from limits import RateLimitItemPerSecond
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from worldthreat.errors import SettingsError

__all__ = ["LogFormat", "LogLevel", "Settings", "SettingsError", "load_settings"]

PREFIX: Final = "WORLDTHREAT_"
HOST_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
RATE: Final = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,3})s")
SNOWFLAKE: Final = re.compile(r"[1-9][0-9]{14,19}")
DATABASE_SCHEMES: Final = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})
REDIS_SCHEMES: Final = frozenset({"redis", "rediss", "valkey", "valkeys", "unix"})
WEB_SCHEMES: Final = frozenset({"http", "https"})


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _on_off(value: object) -> object:
    match _lower(value):
        case "on" | True:
            return True
        case "off" | False:
            return False
        case _:
            raise ValueError("must be on or off")


def _host(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        if not HOST_NAME.fullmatch(value) or len(value) > 253 or re.fullmatch(r"[0-9.]+", value):
            raise ValueError("must be a host name or an IP address") from None
    return value


def _url(value: str, schemes: frozenset[str], example: str) -> str:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        raise ValueError(f"must be a URL like {example}") from None
    if parts.scheme not in schemes or not (parts.hostname or parts.query or parts.scheme == "unix"):
        raise ValueError(f"must be a URL like {example}")
    return value


def _database_url(value: SecretStr) -> SecretStr:
    _url(value.get_secret_value(), DATABASE_SCHEMES, "postgresql://user:password@host/worldthreat")
    if urlsplit(value.get_secret_value()).path in {"", "/"}:
        raise ValueError("must name a database, as in postgresql://user:password@host/worldthreat")
    return value


def _redis_url(value: SecretStr) -> SecretStr:
    _url(value.get_secret_value(), REDIS_SCHEMES, "redis://host:6379/0")
    return value


def _web_url(value: str) -> str:
    parts = urlsplit(_url(value, WEB_SCHEMES, "https://raid.example.org"))
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a URL like https://raid.example.org, without ? and #")
    return value.rstrip("/")


def _origin(value: str) -> str:
    if urlsplit(_web_url(value)).path:
        raise ValueError(f"{value} must be an origin like https://raid.example.org, without a path")
    return value.rstrip("/")


def _origins(value: object) -> object:
    if isinstance(value, str):
        return tuple(_origin(part.strip()) for part in value.split(",") if part.strip())
    return value


def _token(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ValueError("must be a token without blanks or control characters")
    return value


def _snowflake(value: object) -> object:
    if isinstance(value, str):
        if not SNOWFLAKE.fullmatch(value.strip()):
            raise ValueError(
                "must be a Discord id, a number of 15 to 20 digits (Discord's developer mode shows it as Copy ID)"
            )
        return int(value)
    return value


def _snowflakes(value: object) -> object:
    if isinstance(value, str):
        return tuple(_snowflake(part) for part in value.split(",") if part.strip())
    return value


def _folder(value: Path) -> Path:
    folder = value.expanduser()
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"must be a folder, {folder} is a file")
    return folder


def _rate(value: object) -> object:
    """`3000/10s` as the limit it says; None for off."""
    if isinstance(value, str):
        if value.strip().lower() == "off":
            return None
        found = RATE.fullmatch(value.strip().lower())
        if found is None:
            raise ValueError("must be a rate like 3000/10s, or off")
        return RateLimitItemPerSecond(int(found[1]), int(found[2]))
    return value


def _proxies(value: object) -> object:
    if isinstance(value, str):
        try:
            return tuple(str(ip_network(part.strip())) for part in value.split(",") if part.strip())
        except ValueError:
            raise ValueError("must be addresses or networks like 10.0.0.0/8, with commas between") from None
    return value


OnOff = Annotated[bool, BeforeValidator(_on_off)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
Token = Annotated[SecretStr, AfterValidator(_token)]
Snowflake = Annotated[int, BeforeValidator(_snowflake)]
Rate = Annotated[RateLimitItemPerSecond | None, NoDecode, BeforeValidator(_rate)]
Snowflakes = Annotated[tuple[int, ...], NoDecode, BeforeValidator(_snowflakes)]


class Settings(BaseSettings):
    """One frozen value, made by `load_settings` and handed to whoever needs a part of it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
        extra="forbid",
        arbitrary_types_allowed=True,
    )

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = Field(
        default=None, description="PostgreSQL to use; without it the embedded one in DATA_DIR"
    )
    data_dir: Annotated[Path, AfterValidator(_folder)] = Field(
        default=Path(".worldthreat"), description="folder of the embedded PostgreSQL and all else that is kept"
    )
    host: Annotated[str, AfterValidator(_host)] = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, ge=0, le=65_535, description="port to listen on; 0 takes any free one")
    workers: int = Field(default=1, ge=1, le=8, description="API processes on this machine")
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] | None = Field(
        default=None, description="Redis or Valkey that relays live state between API processes"
    )
    updates_per_second: float = Field(
        default=4.0, ge=0.1, le=50, description="how often a live subscription is told the raid's state at most"
    )
    public_url: WebUrl | None = Field(default=None, description="where users reach this server")
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = Field(
        default=(), description="web origins, with commas between, whose pages may use the API"
    )
    discord_token: Token | None = Field(default=None, description="the Discord bot's token; without it no bot")
    discord_home_guild: Snowflake | None = Field(
        default=None, description="id of the Discord server that raids may be administered from"
    )
    discord_admin_roles: Snowflakes = Field(
        default=(), description="ids, with commas between, of that server's roles that may administer raids"
    )
    discord_admin_users: Snowflakes = Field(
        default=(), description="ids, with commas between, of Discord users who may administer raids there"
    )
    api_url: WebUrl | None = Field(default=None, description="the API of a bot that runs elsewhere")
    api_token: Token | None = Field(default=None, description="that bot's token for the API, of the role bot")
    api_admin_token: Token | None = Field(
        default=None, description="that bot's token of the role admin, for /raid_admin; without it there is none"
    )
    log_format: Annotated[LogFormat, BeforeValidator(_lower)] = Field(
        default=LogFormat.CONSOLE, description="console or json"
    )
    log_level: Annotated[LogLevel, BeforeValidator(_lower)] = Field(
        default=LogLevel.INFO, description="debug, info, warning, error or critical"
    )
    introspection: OnOff = Field(default=True, description="on or off: whether clients may ask for the schema")
    plans: OnOff = Field(
        default=True, description="on or off: whether documents that come again are compiled, for a quarter of the time"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_proxies)] = Field(
        default=(), description="addresses or networks, with commas between, whose X-Forwarded-For is believed"
    )
    rate_address: Rate = Field(
        default=RateLimitItemPerSecond(3_000, 10),
        description="queries and mutations of one address, as 3000/10s, or off; the bot and admins are not counted",
    )
    rate_subscriptions: Rate = Field(
        default=RateLimitItemPerSecond(20_000, 10), description="subscriptions that one address starts"
    )
    rate_player: Rate = Field(
        default=RateLimitItemPerSecond(100, 10), description="operations with one token of the role player"
    )
    rate_bot: Rate = Field(default=None, description="operations with one token of the role bot")
    rate_admin: Rate = Field(default=None, description="operations with one token of the role admin")
    sockets_per_address: int = Field(
        default=10_000, ge=1, le=1_000_000, description="connections that one address may hold open"
    )
    metrics_token: Token | None = Field(
        default=None, description="with it, /metrics may be read from other machines, too"
    )
    public_read: OnOff = Field(default=True, description="on or off: whether anyone may read the public queries")


def load_settings() -> Settings:
    """The settings as the environment has them; an empty variable counts as unset.

    Raises SettingsError, one line, for a WORLDTHREAT_* variable that is unknown or has a value that cannot be used.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            nearest = difflib.get_close_matches(name.upper(), sorted(known), n=1, cutoff=0.0)
            raise SettingsError(f"Unknown setting {name}: the nearest known one is {nearest[0]}.")
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        said = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name} cannot be used: {said[:1].lower()}{said[1:]}.") from None
    if (settings.discord_admin_roles or settings.discord_admin_users) and settings.discord_home_guild is None:
        raise SettingsError(
            "WORLDTHREAT_DISCORD_HOME_GUILD is not set: raid admins are admins of one server, say which."
        )
    return settings


def own_url(host: str, port: int) -> str:
    """Where a server that listens on `host` is reached from this machine."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
    return f"http://{'[' + reached + ']' if ':' in reached else reached}:{port}"

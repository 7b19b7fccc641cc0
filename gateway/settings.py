"""Settings of the gateway: the only module that reads the environment (names: design, section 11).

`docs/settings.md` is made from the fields below by `make docs`.
"""

import fcntl
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.wrong import Wrong

CREDENTIALS: Mapping[str, tuple[str, ...]] = {
    "simulator": (),
    "twilio": ("twilio_account_sid", "twilio_auth_token", "twilio_from"),
    "africastalking": ("at_username", "at_api_key"),
    "kannel": ("kannel_send_url", "kannel_username", "kannel_password", "kannel_from"),
}
"""What each provider needs before it may send."""

SECRETS = ("secret_key", "webhook_secret", "data_keys")
"""What must be set outside the demo."""

Port = Annotated[int, Field(ge=1, le=65535)]
Hour = Annotated[int, Field(ge=0, le=23)]
Rate = Annotated[float, Field(gt=0, le=10_000)]
Septets = Annotated[int, Field(ge=100, le=182)]
Units = Annotated[int, Field(ge=0, le=80)]


class BadSettings(Wrong):
    """The settings cannot be used; the text is one line for the person who set them."""

    exit_code = 2


class Settings(BaseSettings):
    """Every setting, frozen; each field is an environment variable in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, case_sensitive=False)

    lianhu_var: Path = Field(default=Path("var"), description="Folder of everything the gateway writes by itself.")
    lianhu_demo: bool = Field(default=False, description="Demo: invented people, and only the simulator sends.")
    lianhu_rehearsal: bool = Field(
        default=False,
        description="Rehearsal, like the demo: only the simulator sends, the handset is there, the clock can be moved.",
    )
    handset: bool = Field(default=True, description="Whether a rehearsal shows the handset, `/phone`.")
    lianhu_supervised: bool = Field(default=False, description="Set by `gateway run` for the processes it starts.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: Port = Field(default=8080, description="Port to listen on.")
    public_url: str = Field(
        default_factory=lambda data: f"http://{data.get('host', '127.0.0.1')}:{data.get('port', 8080)}",
        description="Address that providers call, without a path at its end; signatures are checked against it. "
        "Default: `http://HOST:PORT`.",
    )
    database_url: str = Field(default="", description="PostgreSQL 15 to 18; unset: embedded, under `LIANHU_VAR`.")
    redis_url: str = Field(default="", description="Redis 6.2 or Valkey 7.2 upwards; unset: embedded.")

    secret_key: str = Field(default="", repr=False, description="Signs sessions of the console. Required.")
    webhook_secret: str = Field(
        default="", repr=False, description="Secret part of webhook addresses, a comma list for rotation. Required."
    )
    data_keys: str = Field(
        default="", repr=False, description="Keys for stored personal data, a comma list, newest first. Required."
    )

    sms_providers: str = Field(default="simulator", description="Providers to send with; the order is the fail-over.")
    twilio_account_sid: str = Field(default="", description="Twilio account.")
    twilio_auth_token: str = Field(default="", repr=False, description="Twilio token: sends, and checks signatures.")
    twilio_from: str = Field(default="", description="Twilio number or messaging service that we send from.")
    twilio_base_url: str = Field(default="", description="Another address of Twilio's API, for tests.")
    at_username: str = Field(default="", description="Africa's Talking user name.")
    at_api_key: str = Field(default="", repr=False, description="Africa's Talking key.")
    at_from: str = Field(default="", description="Africa's Talking short code or sender id.")
    at_base_url: str = Field(default="", description="Another address of Africa's Talking's API, for tests.")
    kannel_send_url: str = Field(
        default="", description="Kannel's sendsms address, `http://host:13013/cgi-bin/sendsms`."
    )
    kannel_username: str = Field(default="", description="Kannel's sendsms-user.")
    kannel_password: str = Field(default="", repr=False, description="Password of that user.")
    kannel_from: str = Field(default="", description="Our number at the operator.")
    simulator_from: str = Field(default="106900", description="The demo's own number.")

    ussd_code: str = Field(default="*384*7#", pattern=r"^\*[0-9*]+#$", description="Code dialled for the menus.")
    at_ussd_septets: Septets = Field(default=160, description="GSM-7 septets on an Africa's Talking screen.")
    at_ussd_units: Units = Field(
        default=70, description="UCS-2 units on an Africa's Talking screen (80 at most); 0: Latin letters only."
    )
    simulator_ussd_septets: Septets = Field(default=160, description="GSM-7 septets on a simulator's screen.")
    simulator_ussd_units: Units = Field(default=70, description="UCS-2 units on a simulator's screen.")

    region: str = Field(default="CN", pattern="^[A-Z]{2}$", description="Country of phone numbers typed without one.")
    timezone: str = Field(default="Asia/Shanghai", description="Time zone of quiet hours, digests and texts.")
    calendar: str = Field(default="CN", description="Country code of the public holidays (library `holidays`).")
    centre_phone: str = Field(default="0975-8300000", description="Phone of the county centre, printed in texts.")
    quiet_from: Hour = Field(default=22, description="Hour at which quiet hours begin; only urgent messages leave.")
    quiet_to: Hour = Field(default=7, description="Hour at which quiet hours end.")
    digest_hour: Hour = Field(default=8, description="Hour of the daily digest.")
    weekly_digest_day: int = Field(default=0, ge=0, le=6, description="Day of the weekly figures, 0 = Monday.")
    answers_per_10_minutes: int = Field(
        default=6, ge=1, description="Automatic answers to one phone in 10 minutes before answering pauses."
    )

    twilio_rate: Rate = Field(default=10.0, description="Messages a second through Twilio.")
    at_rate: Rate = Field(default=30.0, description="Messages a second through Africa's Talking.")
    kannel_rate: Rate = Field(default=20.0, description="Messages a second through Kannel.")
    simulator_rate: Rate = Field(default=1000.0, description="Messages a second through the simulator.")
    carrier_timeout: float = Field(default=10.0, gt=0, le=60, description="Seconds to wait for a carrier's answer.")
    deliver_threads: int = Field(
        default=100, ge=1, le=128, description="Messages that a worker sends to one carrier side by side."
    )

    web_workers: int = Field(default=2, ge=1, le=64, description="Web processes.")
    web_threads: int = Field(
        default=16, ge=1, le=256, description="Threads in each web process: how many texts can share one commit."
    )
    sweep_seconds: float = Field(default=2.0, gt=0, le=60, description="Seconds between two rounds of the clock.")
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR."
    )
    log_json: bool = Field(default=False, description="Logs as JSON lines instead of plain text.")

    @field_validator("public_url")
    @classmethod
    def _no_slash_at_the_end(cls, value: str) -> str:
        if not re.match(r"https?://[^/?#]+", value):
            message = "must begin with http:// or https:// and a host"
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, value: str) -> str:
        """`postgres://` and `postgresql://` mean our driver; SQLAlchemy 2.1 wants it named."""
        if value and not re.match(r"postgres(ql)?(\+psycopg)?://", value):
            message = "must begin with postgresql://"
            raise ValueError(message)
        return re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", value)

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: str) -> str:
        if value and not re.match(r"(rediss?|unix)://", value):
            message = "must begin with redis://, rediss:// or unix://"
            raise ValueError(message)
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _fit_for_an_address(cls, value: str) -> str:
        if any(not re.fullmatch(r"[A-Za-z0-9._~-]+", part) for part in split_list(value)):
            message = "may hold letters, digits and . _ ~ - only, since it stands in an address"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _known_providers(self) -> Self:
        unknown = [name for name in self.providers if name not in CREDENTIALS]
        if unknown or not self.providers:
            message = f"SMS_PROVIDERS: unknown {', '.join(unknown) or '(empty)'}; there are {', '.join(CREDENTIALS)}"
            raise ValueError(message)
        return self

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The live secrets of webhook addresses; the first one stands in the addresses that we print."""
        return split_list(self.webhook_secret)

    @property
    def data_key_list(self) -> tuple[str, ...]:
        """Keys for stored personal data, newest first."""
        return split_list(self.data_keys)

    @property
    def providers(self) -> tuple[str, ...]:
        """Names of the providers that send, in the order of fail-over."""
        return split_list(self.sms_providers)

    @property
    def rehearsing(self) -> bool:
        """Whether nothing here is meant in earnest."""
        return self.lianhu_demo or self.lianhu_rehearsal

    @property
    def own_numbers(self) -> Mapping[str, str]:
        """The number that each carrier sends from and that people write to; empty where it has none."""
        return {
            "simulator": self.simulator_from,
            "twilio": self.twilio_from,
            "africastalking": self.at_from,
            "kannel": self.kannel_from,
        }

    def check_ready(self) -> None:
        """Raise BadSettings when a secret or credential is missing, or a rehearsal would send to real phones."""
        missing = [name.upper() for name in SECRETS if not getattr(self, name)]
        if missing:
            message = f"{', '.join(missing)} must be set (or run the demo: gateway run --demo)"
            raise BadSettings(message)
        if self.rehearsing and self.providers != ("simulator",):
            message = f"a rehearsal sends with the simulator alone, but SMS_PROVIDERS is {self.sms_providers}"
            raise BadSettings(message)
        for provider in self.providers:
            absent = [name.upper() for name in CREDENTIALS[provider] if not getattr(self, name)]
            if absent:
                message = f"SMS_PROVIDERS names {provider}, but {', '.join(absent)} must be set for it"
                raise BadSettings(message)


def split_list(value: str) -> tuple[str, ...]:
    """Parts of a comma list, blanks dropped."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def load_settings(**overrides: object) -> Settings:
    """Settings from overrides, then the environment, then `running.env` and `demo.env` under LIANHU_VAR.

    Raises BadSettings with one line that names what is wrong.
    """
    var = Path(str(overrides.get("lianhu_var") or os.environ.get("LIANHU_VAR") or "var")).absolute()
    files = [var / "demo.env"]
    if is_running(var):  # after kill -9 the file names servers that are gone
        files.append(var / "running.env")
    try:
        return Settings(_env_file=files, **{**overrides, "lianhu_var": var})  # type: ignore[arg-type]
    except ValidationError as error:
        raise BadSettings(_one_line(error)) from error


def is_running(var: Path) -> bool:
    """Whether a `gateway run` holds this folder: it keeps a lock on `run.lock` that dies with it."""
    lock = var / "run.lock"
    if not lock.exists():
        return False
    with lock.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def process_environment() -> dict[str, str]:
    """A copy of the environment, for child processes."""
    return dict(os.environ)


def replace_environment(values: Mapping[str, str]) -> None:
    """Give this process another environment: a fork's own instead of its parent's."""
    os.environ.clear()
    os.environ.update(values)


def as_environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables: what a child process or `running.env` gets."""
    values = settings.model_dump(mode="json")
    return {name.upper(): str(value) for name, value in values.items() if value not in ("", None)}


def write_env_file(path: Path, values: Mapping[str, str]) -> None:
    """Write NAME='value' lines that only the owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}='{_escape(value)}'\n" for name, value in values.items()]
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.writelines(lines)
    draft.replace(path)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _one_line(error: ValidationError) -> str:
    parts = []
    for item in error.errors(include_url=False):
        name = ".".join(str(part) for part in item["loc"]).upper()
        message = item["msg"].removeprefix("Value error, ")
        parts.append(f"{name}: {message}" if name else message)
    return "; ".join(parts)

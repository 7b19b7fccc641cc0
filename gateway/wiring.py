"""The one place where long-lived objects are made: engine, sessions, queue, carriers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from gateway.clock import Clock, SystemClock
from gateway.domain.calendar import QuietHours, WorkingCalendar
from gateway.domain.phone import normalise
from gateway.domain.rules import Rules
from gateway.flow.deliver import Dispatch
from gateway.jobs import Nudger
from gateway.settings import Settings
from gateway.sms.providers import registry
from gateway.sms.providers.base import SmsProvider
from gateway.sms.providers.simulator import Fault
from gateway.store import running
from gateway.turns import Turns

STATEMENT_SECONDS = 30
"""No statement of ours is meant to take a second; one that takes this long must not hold locks any longer."""
LOCK_SECONDS = 10
SPARE_CONNECTIONS = 4

Faults = Callable[[str], Fault | None]
"""What the simulator should do wrong for a recipient."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """What the edges and the flow need; made once in each process."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    clock: Clock
    nudger: Nudger
    carriers: Mapping[str, SmsProvider]
    dispatch: Dispatch

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()
        self.nudger.close()


def build(settings: Settings, *, clock: Clock | None = None) -> Services:
    """Make the services; raises BadSettings when a secret or a provider's credential is missing."""
    settings.check_ready()
    engine = build_engine(settings)
    sessions = sessionmaker(engine, expire_on_commit=False, info={"rules": build_rules(settings)})
    carriers = build_carriers(settings, _asked_for(sessions))
    time = clock or SystemClock()
    return Services(
        settings=settings,
        engine=engine,
        sessions=sessions,
        clock=time,
        nudger=Nudger(settings.redis_url),
        carriers=carriers,
        dispatch=Dispatch(
            sessions=sessions,
            carriers=carriers,
            order=settings.providers,
            wait_for_turn=Turns(settings.redis_url, rates(settings)).wait,
            clock=time,
            threads=settings.deliver_threads,
        ),
    )


def build_rules(settings: Settings) -> Rules:
    """The county's rules, which every session carries."""
    own = (settings.simulator_from, settings.twilio_from, settings.at_from, settings.kannel_from)
    return Rules(
        region=settings.region,
        calendar=WorkingCalendar(country=settings.calendar, timezone=settings.timezone),
        quiet=QuietHours(start=settings.quiet_from, end=settings.quiet_to, timezone=settings.timezone),
        centre_phone=settings.centre_phone,
        own_numbers=frozenset(normalise(number, settings.region).number for number in own if number),
        answers_per_window=settings.answers_per_10_minutes,
        digest_hour=settings.digest_hour,
        weekly_digest_day=settings.weekly_digest_day + 1,
    )


def rates(settings: Settings) -> Mapping[str, float]:
    """Messages a second that each carrier may be sent."""
    return {
        "simulator": settings.simulator_rate,
        "africastalking": settings.at_rate,
        "twilio": settings.twilio_rate,
        "kannel": settings.kannel_rate,
    }


def build_engine(settings: Settings) -> Engine:
    """An engine whose statements, locks and forgotten transactions all end by themselves."""
    options = (
        f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={LOCK_SECONDS}s "
        f"-c idle_in_transaction_session_timeout={2 * STATEMENT_SECONDS}s -c timezone=UTC"
    )
    return create_engine(
        settings.database_url,
        pool_pre_ping=True,
        pool_size=max(settings.web_threads, settings.deliver_threads) + 1,
        max_overflow=SPARE_CONNECTIONS,
        pool_timeout=LOCK_SECONDS,
        connect_args={"connect_timeout": 5, "application_name": "lianhu", "options": options},
    )


def build_carriers(settings: Settings, faults: Faults) -> Mapping[str, SmsProvider]:
    """Every carrier, also those that only receive; which of them send is `settings.providers`."""
    facts: dict[str, dict[str, object]] = {
        "simulator": {"faults": faults},
        "africastalking": {
            "username": settings.at_username,
            "api_key": settings.at_api_key,
            "sender": settings.at_from,
            "base_url": settings.at_base_url,
            "timeout": settings.carrier_timeout,
        },
        "twilio": {
            "account_sid": settings.twilio_account_sid,
            "auth_token": settings.twilio_auth_token,
            "sender": settings.twilio_from,
            "base_url": settings.twilio_base_url,
            "status_url": _status_url(settings, "twilio"),
            "timeout": settings.carrier_timeout,
        },
        "kannel": {
            "send_url": settings.kannel_send_url,
            "username": settings.kannel_username,
            "password": settings.kannel_password,
            "sender": settings.kannel_from,
            "status_url": _status_url(settings, "kannel"),
            "timeout": settings.carrier_timeout,
        },
    }
    return {name: registry.build(name, **facts[name]) for name in receivers(settings)}


def receivers(settings: Settings) -> tuple[str, ...]:
    """Names of the carriers whose webhooks exist: without its token Twilio's signature cannot be checked."""
    names = ("simulator", "africastalking", "twilio", "kannel")
    return tuple(name for name in names if name != "twilio" or settings.twilio_auth_token)


def webhook_url(settings: Settings, provider: str, event: str) -> str:
    """Public address of a webhook; `event` is `inbound` or `status`."""
    return f"{settings.public_url}/sms/{provider}/{settings.webhook_secrets[0]}/{event}"


def _asked_for(sessions: sessionmaker[Session]) -> Faults:
    """Faults as they stand in the database, so that every worker plays the same ones."""

    def fault(recipient: str) -> Fault | None:
        with sessions() as session:
            word = running.fault_for(session, recipient)
        return Fault(word) if word else None

    return fault


def _status_url(settings: Settings, provider: str) -> Callable[[int], str]:
    def address(message_id: int) -> str:
        return f"{webhook_url(settings, provider, 'status')}?message={message_id}"

    return address

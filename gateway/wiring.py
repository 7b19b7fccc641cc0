"""The one place where long-lived objects are made: engine, sessions, queue, carriers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, configure_mappers, sessionmaker

from gateway.calls import Calls
from gateway.clock import Clock, Pace, RehearsalClock, SystemClock
from gateway.domain.calendar import QuietHours, WorkingCalendar
from gateway.domain.classify import classify
from gateway.domain.phone import normalise
from gateway.domain.rules import Rules
from gateway.flow import rehearsal
from gateway.flow.calling import Exchange
from gateway.flow.deliver import Dispatch
from gateway.flow.keeping import Keeping
from gateway.flow.pump import Pump
from gateway.jobs import Lane, Nudger
from gateway.keys import Keyring
from gateway.logs import get_logger
from gateway.settings import Settings
from gateway.sms.parser import parse
from gateway.sms.providers import registry
from gateway.sms.providers.base import SmsProvider
from gateway.sms.providers.simulator import Fault
from gateway.store import running
from gateway.store.arrivals import Arrivals
from gateway.store.sets import SetSession
from gateway.turns import Turns
from gateway.ussd.menus import menus
from gateway.ussd.steps import Room
from gateway.wording import catalogue, screens

STATEMENT_SECONDS = 30
"""No statement of ours is meant to take a second; one that takes this long must not hold locks any longer."""
LOCK_SECONDS = 10
SENDING_CONNECTIONS = 3
"""What claims, what records, and what else a drain does; the threads that call carriers need none."""
WEB_CONNECTIONS = 8
"""At most for the threads of a web process, most of which wait for a commit that one of them writes for all."""
SPARE_CONNECTIONS = 4
PROMPT_SECONDS = 4
"""The same where somebody waits with the phone in the hand: carriers hang up after a few seconds more."""

log = get_logger(__name__)

Faults = Callable[[str], Fault | None]
"""What the simulator should do wrong for a recipient."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """What the edges and the flow need; made once in each process."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    sets: sessionmaker[SetSession]
    clock: Clock
    nudger: Nudger
    carriers: Mapping[str, SmsProvider]
    dispatch: Dispatch
    pump: Pump
    exchange: Exchange
    arrivals: Arrivals

    def close(self) -> None:
        """Give back every connection."""
        self.pump.close()  # first: calls that are under way must still be recorded
        self.dispatch.turns.close()
        self.nudger.close()
        self.exchange.keeping.close()
        self.exchange.calls.close()
        self.exchange.engine.dispose()
        self.engine.dispose()


def build(settings: Settings, *, clock: Clock | None = None) -> Services:
    """Make the services; raises BadSettings when a secret or a provider's credential is missing."""
    settings.check_ready()
    engine, rules, nudger = build_engine(settings), build_rules(settings), Nudger(settings.redis_url)
    prompt_engine = build_prompt_engine(settings)
    sessions = sessionmaker(engine, expire_on_commit=False, info={"rules": rules})
    carriers = build_carriers(settings, _asked_for(sessionmaker(prompt_engine)))
    time = clock or build_clock(settings, sessions)
    dispatch = Dispatch(
        sessions=sessions,
        carriers=carriers,
        order=settings.providers,
        turns=Turns(settings.redis_url, rates(settings)),
        clock=time,
        threads=settings.deliver_threads,
    )
    return Services(
        settings=settings,
        engine=engine,
        sessions=sessions,
        sets=sessionmaker(engine, class_=SetSession, autoflush=False, expire_on_commit=False, info={"rules": rules}),
        clock=time,
        nudger=nudger,
        carriers=carriers,
        dispatch=dispatch,
        pump=Pump(dispatch),
        exchange=Exchange(
            calls=Calls(settings.redis_url, Keyring(settings.data_key_list)),
            engine=prompt_engine,
            keeping=Keeping(prompt_engine),
            rules=rules,
            rooms=build_rooms(settings),
            nudge=lambda: nudger.nudge_behind(Lane.INBOUND),
        ),
        arrivals=Arrivals(prompt_engine),
    )


def build_clock(settings: Settings, sessions: sessionmaker[Session]) -> Clock:
    """The machine's clock, or the one that a rehearsal's people move."""
    if not settings.rehearsing:
        return SystemClock()

    def read() -> Pace | None:
        try:
            with sessions() as session:
                return rehearsal.read(session)
        except SQLAlchemyError as error:
            log.warning("rehearsal_clock_not_read", error=type(error).__name__)
            return None

    return RehearsalClock(read)


def build_rules(settings: Settings) -> Rules:
    """The county's rules, which every session carries."""
    own = settings.own_numbers
    return Rules(
        region=settings.region,
        calendar=WorkingCalendar(country=settings.calendar, timezone=settings.timezone),
        quiet=QuietHours(start=settings.quiet_from, end=settings.quiet_to, timezone=settings.timezone),
        centre_phone=settings.centre_phone,
        sms_number=own[settings.providers[0]],
        ussd_code=settings.ussd_code,
        own_numbers=frozenset(normalise(number, settings.region).number for number in own.values() if number),
        answers_per_window=settings.answers_per_10_minutes,
        digest_hour=settings.digest_hour,
        weekly_digest_day=settings.weekly_digest_day + 1,
    )


def build_rooms(settings: Settings) -> Mapping[str, Room]:
    """What the screens of each USSD carrier hold."""
    return {
        "africastalking": Room(septets=settings.at_ussd_septets, units=settings.at_ussd_units),
        "simulator": Room(septets=settings.simulator_ussd_septets, units=settings.simulator_ussd_units),
    }


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
    return create_engine(
        settings.database_url,
        pool_pre_ping=True,
        pool_size=min(settings.web_threads, WEB_CONNECTIONS) + SENDING_CONNECTIONS,
        max_overflow=SPARE_CONNECTIONS,
        pool_timeout=LOCK_SECONDS,
        connect_args=_connecting(STATEMENT_SECONDS, LOCK_SECONDS),
    )


def build_prompt_engine(settings: Settings) -> Engine:
    """An engine for single statements while somebody waits: no transactions, no look whether a connection lives."""
    return create_engine(
        settings.database_url,
        isolation_level="AUTOCOMMIT",
        pool_size=min(settings.web_threads, WEB_CONNECTIONS) + 1,  # and the one that keeps begun reports
        max_overflow=0,
        pool_timeout=PROMPT_SECONDS,
        pool_reset_on_return=None,
        connect_args=_connecting(PROMPT_SECONDS, PROMPT_SECONDS),
    )


def _connecting(statement_seconds: int, lock_seconds: int) -> dict[str, object]:
    options = (
        f"-c statement_timeout={statement_seconds}s -c lock_timeout={lock_seconds}s "
        f"-c idle_in_transaction_session_timeout={2 * statement_seconds}s -c timezone=UTC"
    )
    return {"connect_timeout": 5, "application_name": "lianhu", "options": options}


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
    """Faults as they stand in the database, so that every worker plays the same ones; none while that is away."""

    def fault(recipient: str) -> Fault | None:
        try:
            with sessions() as session:
                word = running.fault_for(session, recipient)
        except SQLAlchemyError as error:
            log.warning("faults_not_read", error=type(error).__name__)
            return None
        return Fault(word) if word else None

    return fault


def _status_url(settings: Settings, provider: str) -> Callable[[int], str]:
    def address(message_id: int) -> str:
        return f"{webhook_url(settings, provider, 'status')}?message={message_id}"

    return address


def warm_up() -> None:
    """Read words, codes, texts, menus and tables now: the first report of the day must not wait for them."""
    parse("1 雪")
    classify("雪")
    catalogue()
    menus()
    screens()
    configure_mappers()

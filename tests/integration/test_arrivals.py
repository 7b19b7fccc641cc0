"""Texts and reports of many threads go in together: each stored once or refused alone, and nobody waits for ever."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine, func, make_url, select, text
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from gateway import wiring
from gateway.clock import ManualClock
from gateway.domain.messages import Channel, DeliveryReceipt, DeliveryStatus, InboundMessage
from gateway.store.arrivals import Arrivals, store_texts
from gateway.store.inbound import Inbound
from gateway.store.outbound import Receipt
from gateway.store.together import NotWritten, Together
from gateway.wiring import Services
from tests.conftest import START

SENDER = "+8619900001234"
PATIENCE = 20  # seconds after which a thread that waits counts as forgotten


@pytest.fixture
def arrivals(services: Services) -> Arrivals:
    """The way in of this process."""
    return services.arrivals


@pytest.fixture
def another(services: Services) -> Iterator[Arrivals]:
    """The way in of another process on the same database."""
    built = wiring.build(services.settings, clock=ManualClock(START))
    yield built.arrivals
    built.close()


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    """Threads as those of a web process, more than a web server has."""
    with ThreadPoolExecutor(40) as pool:
        yield pool


def message(provider_id: str, words: str = "3 房屋倒塌 🐂", sender: str = SENDER) -> InboundMessage:
    return InboundMessage(
        channel=Channel.SMS,
        provider="simulator",
        provider_id=provider_id,
        sender=sender,
        recipient="106900",
        text=words,
        received_at=START,
        raw={"id": provider_id, "note": '"\\u0041 ཀ'},
    )


def report(number: int) -> DeliveryReceipt:
    return DeliveryReceipt(
        provider="simulator",
        provider_id=f"R{number}",
        message_id=None,
        status=DeliveryStatus.DELIVERED,
        word="delivered",
        final=True,
        raw={"id": str(number)},
    )


@contextmanager
def held(services: Services, table: str, waiting: Callable[[], bool]) -> Iterator[None]:
    """Let nobody write to a table until what the body has begun is waiting."""
    with services.engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
        yield
        for _ in range(100 * PATIENCE):
            if waiting():
                return
            connection.execute(text("SELECT pg_sleep(0.01)"))
        pytest.fail("nobody waits")


def in_line(*ways_in: Arrivals, count: int) -> Callable[[], bool]:
    """Whether so many wait behind those who write."""
    lines = [line for way_in in ways_in for line in (way_in._texts, way_in._reports)]
    return lambda: sum(len(line._waiting) for line in lines) == count


def done(waiting: Sequence[Future[None]]) -> list[BaseException | None]:
    return [future.exception(PATIENCE) for future in waiting]


def ids(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Inbound.provider_id).order_by(Inbound.id)))


def test_a_text_is_stored_as_it_was_given(arrivals: Arrivals, session: Session) -> None:
    arrivals.store_texts([message("A")])
    row = session.scalars(select(Inbound)).one()
    assert (row.provider_id, row.sender, row.text, row.received_at) == ("A", SENDER, "3 房屋倒塌 🐂", START)
    assert row.raw == {"id": "A", "note": '"\\u0041 ཀ'}
    assert (row.sent_at, row.opt_out, row.masked, row.state, row.attempts) == (None, None, 0, "new", 0)


def test_those_who_wait_while_one_writes_share_the_next_commit(
    arrivals: Arrivals, services: Services, session: Session, crowd: ThreadPoolExecutor
) -> None:
    with held(services, "inbound", in_line(arrivals, count=30)):
        waiting = [crowd.submit(arrivals.store_texts, [message("first")])]
        while not arrivals._texts._writing or arrivals._texts._waiting:
            pass
        waiting += [crowd.submit(arrivals.store_texts, [message(f"{n}")]) for n in range(30)]
    assert done(waiting) == [None] * 31
    transactions = select(func.count(func.distinct(text("xmin::text")))).select_from(Inbound)
    assert (len(ids(session)), session.scalar(transactions)) == (31, 2)


def test_reports_share_a_commit_too(
    arrivals: Arrivals, services: Services, session: Session, crowd: ThreadPoolExecutor
) -> None:
    with held(services, "receipts", in_line(arrivals, count=29)):
        waiting = [crowd.submit(arrivals.store_reports, [report(n)], now=START) for n in range(30)]
    assert done(waiting) == [None] * 30
    rows = session.scalars(select(Receipt)).all()
    assert {(row.provider_id, row.status, row.final, row.failure, row.applied_at) for row in rows} == {
        (f"R{n}", DeliveryStatus.DELIVERED, True, None, None) for n in range(30)
    }


def test_doubles_within_a_group_and_behind_it_are_one_row(
    arrivals: Arrivals, services: Services, session: Session, crowd: ThreadPoolExecutor
) -> None:
    with held(services, "inbound", in_line(arrivals, count=29)):
        waiting = [crowd.submit(arrivals.store_texts, [message("same")]) for _ in range(30)]
    assert done(waiting) == [None] * 30
    arrivals.store_texts([message("same"), message("same")])
    assert ids(session) == ["same"]


def test_two_processes_that_get_the_same_texts_in_opposite_order_do_not_block_each_other(
    arrivals: Arrivals, another: Arrivals, session: Session, crowd: ThreadPoolExecutor
) -> None:
    names = [f"{n:03}" for n in range(200)]
    for round_ in range(10):
        texts = [message(f"{round_}-{name}") for name in names]
        both = [crowd.submit(arrivals.store_texts, texts), crowd.submit(another.store_texts, texts[::-1])]
        assert done(both) == [None, None]  # PostgreSQL would have ended one of them
    assert len(ids(session)) == len(set(ids(session))) == 2000


def test_a_text_that_the_database_refuses_costs_only_itself(
    arrivals: Arrivals, services: Services, session: Session, crowd: ThreadPoolExecutor
) -> None:
    texts = [message(f"{n}", "a\0b" if n in {3, 17} else "\ud83d" if n == 20 else "雪") for n in range(30)]
    with held(services, "inbound", in_line(arrivals, count=29)):
        waiting = [crowd.submit(arrivals.store_texts, [given]) for given in texts]
    assert {n: type(error) for n, error in enumerate(done(waiting)) if error} == dict.fromkeys((3, 17, 20), DataError)
    assert sorted(map(int, ids(session))) == sorted(set(range(30)) - {3, 17, 20})


def test_the_texts_of_one_request_go_in_together_or_not_at_all(arrivals: Arrivals, session: Session) -> None:
    with pytest.raises(DataError):
        arrivals.store_texts([message("good"), message("bad", "\0")])
    assert ids(session) == []


def test_what_is_posted_after_an_answer_has_the_higher_number(
    arrivals: Arrivals, another: Arrivals, session: Session, crowd: ThreadPoolExecutor
) -> None:
    def talk(person: int) -> None:
        for n in range(20):
            (arrivals, another)[n % 2].store_texts([message(f"{person}-{99 - n}", str(n), f"+86199000{person:05}")])

    assert done([crowd.submit(talk, person) for person in range(20)]) == [None] * 20
    for person in range(20):
        written = session.scalars(select(Inbound.text).filter_by(sender=f"+86199000{person:05}").order_by(Inbound.id))
        assert list(written) == [str(n) for n in range(20)]


def test_a_list_of_texts_keeps_its_order_whatever_their_ids(arrivals: Arrivals, session: Session) -> None:
    arrivals.store_texts([message("c"), message("a"), message("b")])
    assert ids(session) == ["c", "a", "b"]


@pytest.fixture
def admin(services: Services) -> Iterator[Engine]:
    """A connection to another database of the same server."""
    address = make_url(services.settings.database_url).set(database="postgres")
    engine = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    yield engine
    door(engine, services, is_open=True)


def door(admin: Engine, services: Services, *, is_open: bool) -> None:
    """Let new connections to the test's database in, or refuse them."""
    name = make_url(services.settings.database_url).database
    with admin.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {str(is_open).lower()}'))


def end_connections(admin: Engine, services: Services) -> None:
    """End every connection, as a restart does."""
    name = make_url(services.settings.database_url).database
    with admin.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
        )


def test_a_database_that_is_away_is_heard_by_everybody_and_back_again_it_is_used(
    arrivals: Arrivals, services: Services, session: Session, crowd: ThreadPoolExecutor, admin: Engine
) -> None:
    arrivals.store_texts([message("before")])
    door(admin, services, is_open=False)
    end_connections(admin, services)
    errors = done([crowd.submit(arrivals.store_texts, [message(f"lost {n}")]) for n in range(30)])
    assert {type(error) for error in errors} == {OperationalError}
    door(admin, services, is_open=True)
    assert done([crowd.submit(arrivals.store_texts, [message(f"back {n}")]) for n in range(30)]) == [None] * 30
    assert sorted(ids(session)) == sorted(["before", *(f"back {n}" for n in range(30))])


def test_connections_that_were_ended_cost_nobody_an_answer(
    arrivals: Arrivals, services: Services, session: Session, admin: Engine
) -> None:
    arrivals.store_texts([message("before")])
    end_connections(admin, services)
    arrivals.store_texts([message("after")])
    assert ids(session) == ["before", "after"]


def test_a_caller_who_is_no_webhook_stores_in_a_transaction_of_its_own(services: Services, session: Session) -> None:
    with services.engine.begin() as connection:
        store_texts(connection, message(""), message(""))
        connection.rollback()
    assert ids(session) == []
    with services.engine.begin() as connection:
        store_texts(connection, message(""), message(""))
    assert len(set(ids(session))) == 2  # no id and no time of the carrier: two messages


def test_who_wrote_for_others_and_broke_off_leaves_nobody_waiting(crowd: ThreadPoolExecutor) -> None:
    def write(items: Sequence[int]) -> None:
        while 0 in items and len(line._waiting) < 10:
            pass
        if 1 in items:
            raise ZeroDivisionError

    line = Together[int](write)
    first = crowd.submit(line.add, [0])
    while not line._writing or line._waiting:
        pass
    errors = done([first, *(crowd.submit(line.add, [1]) for _ in range(10))])
    assert errors[0] is None
    assert sorted(type(error).__name__ for error in errors[1:]) == [NotWritten.__name__] * 9 + ["ZeroDivisionError"]
    line.add([2])

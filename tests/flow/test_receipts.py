"""Delivery reports in any order, and alerts that did not arrive: second number, deputy, next rung (section 7)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.domain.lifecycle import Trigger
from gateway.domain.messages import DeliveryReceipt, DeliveryStatus, Failure
from gateway.domain.terms import Purpose
from gateway.flow import receipts
from gateway.store.base import OutboundState
from gateway.store.outbound import Outbound, Receipt
from tests.flow.talk import Talk, letter
from tests.scenarios.county import number_of, who_has
from tests.scenarios.story import Part

DELIVERED, FAILED = DeliveryStatus.DELIVERED, DeliveryStatus.FAILED
SENT, UNKNOWN = DeliveryStatus.SENT, DeliveryStatus.UNKNOWN
REPORT = "3 房屋倒塌"  # urgent


def report(talk: Talk, row: Outbound | None, status: DeliveryStatus, **facts: Any) -> Receipt:  # noqa: ANN401 - for `keep`
    """A delivery report comes in, by our own id or by the carrier's, and is applied when it can be."""
    stored = keep(talk, row, status, **facts)
    talk.send()
    return talk.session.get_one(Receipt, stored.id, populate_existing=True)


def keep(
    talk: Talk,
    row: Outbound | None,
    status: DeliveryStatus,
    *,
    provider_id: str = "",
    failure: Failure | None = None,
    word: str = "",
) -> Receipt:
    """A delivery report comes in, and waits."""
    receipt = DeliveryReceipt(
        provider=row.provider if row else "africastalking",
        provider_id=provider_id,
        message_id=row.id if row and not provider_id else None,
        status=status,
        word=word or status.value,
        final=status in {DELIVERED, FAILED},
        failure=failure if status is FAILED else None,
    )
    with talk.services.sessions.begin() as session:
        return receipts.stored(session, receipt, now=talk.clock.now())


def sent(talk: Talk, **facts: object) -> Outbound:
    """A message that the carrier took, and that nothing was reported about yet."""
    on_its_way = {"state": OutboundState.SENT, "provider": "africastalking", "attempts": 1, **facts}
    row = letter("+8613800000001", talk.clock.now(), **on_its_way)  # type: ignore[arg-type]
    talk.session.add(row)
    talk.session.commit()
    return row


def state_of(talk: Talk, row: Outbound) -> OutboundState:
    return talk.session.get_one(Outbound, row.id, populate_existing=True).state


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        ([SENT, DELIVERED], OutboundState.DELIVERED),
        ([DELIVERED, SENT], OutboundState.DELIVERED),
        ([DELIVERED, FAILED], OutboundState.DELIVERED),
        ([FAILED, DELIVERED], OutboundState.DELIVERED),
        ([FAILED, SENT], OutboundState.FAILED),
        ([DELIVERED, DELIVERED], OutboundState.DELIVERED),
        ([FAILED, FAILED], OutboundState.FAILED),
        ([DELIVERED, UNKNOWN], OutboundState.DELIVERED),
        ([UNKNOWN], OutboundState.SENT),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_reports_in_any_order_never_turn_a_message_back(
    bare: Talk, reports: list[DeliveryStatus], state: OutboundState
) -> None:
    row = sent(bare)
    for status in reports:
        report(bare, row, status, failure=Failure.REJECTED)
    assert state_of(bare, row) is state


def test_reports_that_wait_together_are_applied_together(bare: Talk) -> None:
    twice, failed, under_their_id, begun = [sent(bare, provider_id=f"ATXid_{n}") for n in range(4)]
    begun.state = OutboundState.SENDING
    bare.session.commit()
    for row, status in ((twice, SENT), (twice, DELIVERED), (failed, FAILED), (failed, SENT), (begun, SENT)):
        keep(bare, row, status, failure=Failure.REJECTED)
    keep(bare, under_their_id, DELIVERED, provider_id="ATXid_2")
    keep(bare, None, DELIVERED, provider_id="of-another-system")
    bare.send()
    delivered, lost, taken = OutboundState.DELIVERED, OutboundState.FAILED, OutboundState.SENT
    assert [row.state for row in bare.rows()] == [delivered, lost, delivered, taken]
    waiting = bare.session.scalars(select(Receipt).where(Receipt.applied_at.is_(None))).all()
    assert [receipt.provider_id for receipt in waiting] == ["of-another-system"]


def test_a_report_of_a_carrier_that_has_it_no_more_says_only_that_it_was_delivered(bare: Talk) -> None:
    row = sent(bare, state=OutboundState.SENDING, provider="twilio")
    for status, state in ((SENT, OutboundState.SENDING), (DELIVERED, OutboundState.DELIVERED)):
        keep(bare, row, status)
        bare.session.execute(update(Receipt).values(provider="africastalking"))
        bare.session.commit()
        bare.send()
        assert state_of(bare, row) is state


def test_a_report_that_beats_our_own_record_waits_for_it(bare: Talk) -> None:
    row = sent(bare, state=OutboundState.SENDING)
    early = report(bare, None, DELIVERED, provider_id="ATXid_9")
    assert early.applied_at is None
    row.provider_id = "ATXid_9"
    row.state = OutboundState.SENT
    bare.session.commit()
    bare.send()
    assert state_of(bare, row) is OutboundState.DELIVERED
    assert bare.session.get_one(Receipt, early.id, populate_existing=True).outbound_id == row.id


def test_a_report_for_nobody_is_kept_and_given_up_after_a_day(bare: Talk) -> None:
    strange = report(bare, None, DELIVERED, provider_id="of-another-system")
    bare.clock.forward(hours=23)
    bare.send()
    assert strange.applied_at is None
    bare.clock.forward(hours=2)
    bare.send()
    found = bare.session.get_one(Receipt, strange.id, populate_existing=True)
    assert (found.applied_at, found.outbound_id) == (bare.clock.now(), None)


def test_any_number_of_reports_for_nobody_holds_up_none_of_ours(bare: Talk) -> None:
    with bare.services.sessions.begin() as session:
        for place in range(600):
            strange = DeliveryReceipt(
                provider="africastalking",
                provider_id=f"other-{place}",
                message_id=None,
                status=DELIVERED,
                word="Success",
                final=True,
            )
            receipts.stored(session, strange, now=bare.clock.now())
    row = sent(bare, provider_id="ATXid_1")
    report(bare, row, DELIVERED, provider_id="ATXid_1")
    assert state_of(bare, row) is OutboundState.DELIVERED


def test_a_word_that_we_do_not_know_is_kept_with_the_message(bare: Talk) -> None:
    row = sent(bare)
    kept = report(bare, row, UNKNOWN, word="HeldForReview")
    found = bare.session.get_one(Outbound, row.id, populate_existing=True)
    assert (found.state, found.detail, kept.word) == (OutboundState.SENT, "HeldForReview", "HeldForReview")


def test_a_passing_failure_is_tried_four_times_in_all(bare: Talk) -> None:
    row = sent(bare, recipient=number_of("liaison"), provider="simulator")
    bare.fault("liaison", "undelivered")
    report(bare, row, FAILED, failure=Failure.UNREACHABLE)
    assert state_of(bare, row) is OutboundState.QUEUED
    bare.wait(timedelta(minutes=10))
    found = bare.session.get_one(Outbound, row.id, populate_existing=True)
    assert (found.state, found.attempts) == (OutboundState.FAILED, 4)


@pytest.mark.parametrize("state", [OutboundState.CANCELLED, OutboundState.EXPIRED, OutboundState.SUPPRESSED])
def test_a_late_failure_brings_no_message_back_that_was_taken_back(bare: Talk, state: OutboundState) -> None:
    row = sent(bare, state=state)
    report(bare, row, FAILED, failure=Failure.UNREACHABLE)
    assert state_of(bare, row) is state


def test_a_delivery_shows_that_a_phone_can_be_reached(talk: Talk) -> None:
    talk.phone("liaison").unreachable_since = talk.clock.now() - timedelta(minutes=1)
    talk.session.commit()
    row = sent(talk, recipient=number_of("liaison"))
    report(talk, row, DELIVERED)
    assert talk.phone("liaison").unreachable_since is None


# An alert that did not arrive is not "told".


def test_an_alert_that_did_not_arrive_goes_to_the_same_persons_second_number(bare: Talk) -> None:
    bare.build(grid_leader=Part(second_phone=True))
    bare.fault("grid_leader", "rejected")
    bare.say("liaison", REPORT)
    assert [row.state for row in bare.rows("grid_leader")] == [OutboundState.FAILED]
    assert [row.template for row in bare.rows("grid_leader", phone=2)] == ["alert_urgent"]
    assert bare.owner(bare.case()) == "grid_leader"


def test_then_it_goes_to_the_deputy_who_owns_the_case_now(talk: Talk) -> None:
    talk.fault("grid_leader", "rejected")
    talk.say("liaison", REPORT)
    case = talk.case()
    assert talk.owner(case) == "grid_deputy"
    assert [entry.event for entry in case.events] == [Trigger.OPENED, Trigger.UNREACHABLE]
    assert talk.heard("grid_deputy") == ["alert_urgent"]
    assert talk.phone("grid_leader").unreachable_since == talk.clock.now()


def test_then_to_the_next_rung(talk: Talk) -> None:
    for role in ("grid_leader", "grid_deputy"):
        talk.fault(role, "rejected")
    talk.say("liaison", REPORT)
    assert talk.owner(talk.case()) == "township_commander"
    assert talk.heard("township_commander")[-1] == "alert_urgent"


def test_where_the_carrier_tries_again_and_again_the_deputy_hears_within_minutes(talk: Talk) -> None:
    talk.fault("grid_leader", "undelivered")
    talk.say("liaison", REPORT)
    talk.wait(timedelta(minutes=5))
    assert talk.owner(talk.case()) == "grid_deputy"


def test_where_no_phone_works_somebody_owns_the_case_and_nobody_was_asked_twice(talk: Talk) -> None:
    for role in ("grid_leader", "grid_deputy", "township_commander", "township_desk", "operator", "county_commander"):
        talk.fault(role, "rejected")
    talk.say("liaison", REPORT)
    assert talk.owner(talk.case()) == "county_commander"
    asked = [who_has(row.recipient) for row in talk.rows() if row.purpose is Purpose.ALERT and row.post_id]
    # commander and operator have missed their copies already: their phones are not tried for the alert
    assert asked == ["grid_leader", "grid_deputy", "township_desk", "county_commander"]
    assert talk.heard("operator")[-1] == "unreachable_centre"


def test_a_climb_that_did_not_arrive_makes_the_centre_take_up_the_telephone(talk: Talk) -> None:
    talk.say("liaison", REPORT)
    for role in ("township_commander", "township_desk"):
        talk.fault(role, "rejected")
    talk.wait(timedelta(minutes=31))
    assert talk.heard("township_commander") == ["told", "climbed_rung"]
    assert "unreachable_centre" in talk.heard("operator")


def test_a_phone_that_failed_hours_ago_and_fails_again_is_asked_once(talk: Talk) -> None:
    talk.phone("grid_leader").unreachable_since = talk.clock.now() - timedelta(hours=7)
    talk.session.commit()
    talk.fault("grid_leader", "rejected")
    talk.say("liaison", REPORT)
    assert talk.heard("grid_leader") == ["alert_urgent"]
    assert talk.owner(talk.case()) == "grid_deputy"


def test_a_failure_after_somebody_accepted_asks_nobody_else(talk: Talk) -> None:
    talk.fault("grid_leader", "silent")
    talk.say("liaison", REPORT)
    talk.say("grid_leader", "1")
    alert = talk.rows("grid_leader")[0]
    report(talk, alert, FAILED, failure=Failure.REJECTED)
    assert talk.owner(talk.case()) == "grid_leader"
    assert talk.heard("grid_deputy") == []


def test_news_that_did_not_arrive_is_remembered_for_the_phone_and_asks_nobody(talk: Talk) -> None:
    talk.fault("liaison", "rejected")
    talk.say("liaison", REPORT)
    assert talk.rows("liaison")[0].state is OutboundState.FAILED
    assert talk.phone("liaison").unreachable_since == talk.clock.now()
    assert len(talk.case().events) == 1


def test_an_alert_that_no_carrier_took_before_it_expired_is_written_again(talk: Talk) -> None:
    talk.put("liaison", REPORT)
    talk.handle()
    talk.clock.forward(hours=2, minutes=1)  # every sender of ours was down
    talk.send()
    first, second = talk.rows("grid_leader")
    assert (first.state, second.state) == (OutboundState.EXPIRED, OutboundState.DELIVERED)
    assert talk.phone("grid_leader").unreachable_since is None

"""`gateway unlock-codes`: codes and PIN are free again when the phone is in the right hands."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from gateway.domain.terms import Role
from gateway.store.pins import Pin
from tests.integration.seeded import Gateway, holder, phone

NOW = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture
def locked(gande: Session) -> Pin:
    """A grid leader's locked PIN, of which the county centre has heard."""
    pin = Pin(person_id=holder(gande, Role.GRID_LEADER).person_id, hash="$x", wrong=3, set_at=NOW)
    pin.locked_at = pin.told_at = NOW
    gande.add(pin)
    gande.commit()
    return pin


def test_a_locked_pin_can_be_used_again(gateway: Gateway, gande: Session, locked: Pin) -> None:
    result = gateway("unlock-codes", phone(holder(gande, Role.GRID_LEADER)))
    assert (result.exit_code, result.stdout) == (0, "0 codes unlocked\nPIN unlocked\n")
    gande.refresh(locked)
    assert (locked.wrong, locked.locked_at, locked.told_at) == (0, None, None)


def test_a_forgotten_pin_makes_room_for_another(gateway: Gateway, gande: Session, locked: Pin) -> None:
    person = locked.person_id
    result = gateway("unlock-codes", phone(holder(gande, Role.GRID_LEADER)), "--new-pin")
    assert (result.exit_code, result.stdout) == (0, "0 codes unlocked\nPIN forgotten\n")
    gande.expunge_all()
    gande.rollback()
    assert gande.get(Pin, person) is None


def test_who_has_no_pin_has_none_to_unlock(gateway: Gateway, gande: Session) -> None:
    for more in ((), ("--new-pin",)):
        result = gateway("unlock-codes", phone(holder(gande, Role.LIAISON)), *more)
        assert (result.exit_code, result.stdout) == (0, "0 codes unlocked\n")


def test_nobodys_phone_is_said_to_be_nobodys(gateway: Gateway, gande: Session) -> None:
    del gande
    result = gateway("unlock-codes", "+8613800000099")
    assert (result.exit_code, result.stderr) == (1, "Error: +8613800000099 belongs to nobody here\n")

"""The vocabulary of the design (section 2) as enums: tables, code, console and docs use these words."""

from enum import StrEnum


class Language(StrEnum):
    """Languages we write in (ISO 639-1)."""

    ZH = "zh"
    BO = "bo"
    EN = "en"


class UnitKind(StrEnum):
    """Kinds of unit in the administrative tree."""

    COUNTY = "county"
    DEPARTMENT = "department"
    TOWNSHIP = "township"
    VILLAGE = "village"
    GROUP = "group"


class Role(StrEnum):
    """Roles that a person can hold at a unit (design, section 1)."""

    RESIDENT = "resident"
    LIAISON = "liaison"
    GRID_LEADER = "grid_leader"
    TOWNSHIP_DESK = "township_desk"
    TOWNSHIP_COMMANDER = "township_commander"
    DEPARTMENT_OFFICER = "department_officer"
    COUNTY_OPERATOR = "county_operator"
    COUNTY_COMMANDER = "county_commander"


REPORTING_ROLES = frozenset({Role.LIAISON, Role.RESIDENT})
"""Who reports; holders of every other role answer for what is reported."""


class Level(StrEnum):
    """Rungs of the ladder, lowest first; a department stands beside the county."""

    VILLAGE = "village"
    TOWNSHIP = "township"
    COUNTY = "county"
    DEPARTMENT = "department"


class Proof(StrEnum):
    """What a message proves about who sent it, beyond the number that it came from."""

    NONE = "none"
    PIN = "pin"  # typed in a USSD menu, and right
    NEW_PIN = "new_pin"  # chosen in a USSD menu just now, for the first time


class Light(StrEnum):
    """How a case stands against its clock: always shown as colour, shape and word."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Purpose(StrEnum):
    """Why an outbound message exists; decides expiry, quiet hours and the reply-loop brake."""

    CONFIRMATION = "confirmation"  # the one answer to a report or command that was understood
    ANSWER = "answer"  # any other automatic answer: help, near miss, stranger
    ALERT = "alert"  # asks an official to act
    COPY = "copy"  # lets a unit know, asks nothing
    REMINDER = "reminder"
    ASK = "ask"  # asks the reporter whether it is fixed
    RESULT = "result"  # tells how a case moved on
    DIGEST = "digest"
    NOTICE = "notice"

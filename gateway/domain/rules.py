"""The county's own rules, as one frozen value that every step can read from its session."""

from dataclasses import dataclass, field
from datetime import date, datetime

from gateway.domain.calendar import QuietHours, WorkingCalendar
from gateway.domain.terms import Language


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What a deployment decides: place, hours, numbers to call; times of the ladder stand in ladder.toml."""

    language: Language = Language.ZH  # for somebody whose language we do not know
    region: str = "CN"  # ISO 3166, for numbers typed without a country code
    calendar: WorkingCalendar = field(default_factory=lambda: WorkingCalendar(country="CN", timezone="Asia/Shanghai"))
    quiet: QuietHours = field(default_factory=QuietHours)
    centre_phone: str = "0975-8300000"  # printed in texts as the number to call
    sms_number: str = ""  # the number that people write to
    ussd_code: str = "*384*7#"
    own_numbers: frozenset[str] = frozenset()  # never answered: that would be talking to ourselves
    answers_per_window: int = 6  # automatic answers to one phone in 10 minutes (design, section 5)
    digest_hour: int = 8
    weekly_digest_day: int = 1  # ISO weekday, 1 is Monday
    send_empty_digests: bool = False

    def day(self, moment: datetime) -> date:
        """The county's calendar day at a moment."""
        return moment.astimezone(self.calendar.zone).date()

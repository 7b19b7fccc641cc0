"""Everything that must not be found in a database once all is quiet: what it would mean, and how to find it.

Plain SQL past the gateway's own code, so that a mistake there cannot hide itself here.
"""

from collections.abc import Mapping
from typing import LiteralString

ALWAYS: Mapping[str, LiteralString] = {
    "stored twice": "SELECT provider, provider_id FROM inbound GROUP BY 1, 2 HAVING count(*) > 1",
    "not handled": "SELECT provider_id, state FROM inbound WHERE state IN ('new', 'failed')",
    "opened two cases": "SELECT inbound_id FROM cases WHERE inbound_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1",
    "handled more than once": """
        SELECT inbound_id, event, count(*) FROM case_events WHERE inbound_id IS NOT NULL
        GROUP BY 1, 2 HAVING count(*) > 1""",
    "report without a case": """
        SELECT provider_id, result FROM inbound WHERE result IN ('report', 'follow_up') AND case_id IS NULL""",
    "not answered exactly once": """
        SELECT i.provider_id, count(o.id) FROM inbound i LEFT JOIN outbound o ON o.reply_to_id = i.id
        WHERE i.state = 'handled' AND i.person_id IS NOT NULL GROUP BY i.id HAVING count(o.id) <> 1""",
    "answered, though nobody asked": """
        SELECT i.provider_id FROM inbound i JOIN outbound o ON o.reply_to_id = i.id WHERE i.state = 'ignored'""",
    "answer to somebody else": """
        SELECT o.id FROM outbound o JOIN inbound i ON i.id = o.reply_to_id WHERE o.recipient <> i.sender""",
    "due and not gone": """
        SELECT id, state FROM outbound
        WHERE state IN ('queued', 'sending', 'unknown') AND not_before <= now()""",
    "case without a message": "SELECT number FROM cases WHERE inbound_id IS NULL",
    "case without an owner": "SELECT number FROM cases WHERE owner_id IS NULL OR state = 'new'",
    "case without a rung": "SELECT number FROM cases c WHERE NOT EXISTS (SELECT FROM rungs WHERE case_id = c.id)",
    "case without a deadline": """
        SELECT number FROM cases c WHERE state NOT IN ('closed', 'withdrawn', 'merged')
        AND NOT EXISTS (SELECT FROM deadlines d WHERE d.case_id = c.id AND d.done_at IS NULL)""",
    "case opened twice": """
        SELECT case_id FROM case_events WHERE event = 'opened' GROUP BY 1 HAVING count(*) > 1""",
    "deadline twice": """
        SELECT case_id, kind FROM deadlines WHERE done_at IS NULL GROUP BY 1, 2 HAVING count(*) > 1""",
    "owner not told": """
        SELECT number FROM cases c WHERE state = 'open' AND NOT EXISTS (
            SELECT FROM outbound o WHERE o.case_id = c.id AND o.purpose = 'alert' AND o.post_id = c.owner_id)""",
}
"""True of any gateway, whatever was written to it."""

OF_REPORTS: Mapping[str, LiteralString] = {
    "neither a case nor a follow-up": """
        SELECT provider_id, result FROM inbound WHERE case_id IS NULL OR result NOT IN ('report', 'follow_up')""",
    "not handled exactly once": """
        SELECT i.provider_id, count(e.id) FROM inbound i LEFT JOIN case_events e ON e.inbound_id = i.id
        GROUP BY i.id HAVING count(e.id) <> 1""",
    "answer not on its way": """
        SELECT id, state FROM outbound WHERE reply_to_id IS NOT NULL AND state NOT IN ('sent', 'delivered')""",
    "lost on its way": "SELECT id, state FROM outbound WHERE state IN ('failed', 'expired')",
    "no deadline before the case is due": """
        SELECT number FROM cases c WHERE state NOT IN ('closed', 'withdrawn', 'merged')
        AND NOT EXISTS (
            SELECT FROM deadlines d WHERE d.case_id = c.id AND d.done_at IS NULL AND d.due_at <= c.due_at)""",
}
"""True where every text was a report of a registered liaison and every phone could be reached."""

"""`gateway doctor`: looks at everything, finds each fault of docs/runbook.md, and says what to do."""

import json
from collections.abc import Sequence

import click

from gateway.at_hand import settings_at_hand
from gateway.doctor.finding import Finding, Verdict, worst
from gateway.doctor.round import examine
from gateway.settings import is_running, load_settings

_MARKS = {Verdict.OK: "ok  ", Verdict.LOOK: "LOOK", Verdict.FAIL: "FAIL"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="For another program: verdict and findings.")
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    """Look at everything this gateway needs; exit code 1 when something keeps messages from flowing."""
    given = load_settings()
    expected = is_running(given.lianhu_var) or bool(given.database_url)
    with settings_at_hand() as settings:
        found = list(examine(settings, expected=expected))
    click.echo(_json(found) if as_json else "\n".join(_lines(found)))
    if worst(found) is Verdict.FAIL:
        context.exit(1)


def _lines(found: Sequence[Finding]) -> list[str]:
    lines = []
    for each in found:
        lines.append(f"{_MARKS[each.verdict]}  {each.subject:<11}{each.seen}")
        if each.remedy:
            lines.append(f"{'':<17}→ {each.remedy}")
    return lines


def _json(found: Sequence[Finding]) -> str:
    rows = [
        {"subject": each.subject, "verdict": each.verdict, "seen": each.seen, "remedy": each.remedy} for each in found
    ]
    return json.dumps({"verdict": worst(found), "findings": rows}, ensure_ascii=False)

"""Makes settings.md from the fields of Settings."""

from pydantic_core import PydanticUndefined

from gateway.settings import CREDENTIALS, SECRETS, Settings

PAGE = "settings.md"
HEAD = """# Settings

Made from `gateway/settings.py` by `make docs`: do not edit.

Every setting is an environment variable. What is not set there comes from `running.env` under `LIANHU_VAR` while a
`gateway run` holds that folder, then from `demo.env` there, then from the default below. A value that cannot be used
ends the command with one line and exit code 2.

| name | default | meaning |
|---|---|---|
"""


def render() -> str:
    """The page."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is PydanticUndefined or field.default == "" else f"`{field.default}`"
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |\n")
    needs = [
        f"- `{provider}`: {', '.join(f'`{name.upper()}`' for name in names) or 'nothing'}\n"
        for provider, names in CREDENTIALS.items()
    ]
    required = ", ".join(f"`{name.upper()}`" for name in SECRETS)
    return (
        f"{HEAD}{''.join(rows)}\n## What must be set\n\nOutside the demo: {required}.\n\n"
        f"For each provider in `SMS_PROVIDERS`:\n\n{''.join(needs)}\n"
        "Webhooks of `africastalking`, `kannel` and `simulator` always exist behind `WEBHOOK_SECRET`; the one of\n"
        "`twilio` exists when `TWILIO_AUTH_TOKEN` is set, since its signature cannot be checked without.\n"
    )

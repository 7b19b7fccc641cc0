"""Secrets of the demo: made once, kept under `<var>/demo.env`, read by every command with the same LIANHU_VAR."""

import secrets
from pathlib import Path

from gateway.settings import write_env_file


def ensure_demo_env(var: Path) -> Path:
    """Write `demo.env` unless it is there; gives its path."""
    path = var / "demo.env"
    if not path.exists():
        write_env_file(
            path,
            {
                "LIANHU_DEMO": "1",
                "SECRET_KEY": secrets.token_urlsafe(32),
                "WEBHOOK_SECRET": secrets.token_urlsafe(24),
                "DATA_KEYS": f"k1:{secrets.token_urlsafe(32)}",
                "TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
                "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
                "WEB_THREADS": "8",  # each page with phones on it holds one for its stream
            },
        )
    return path

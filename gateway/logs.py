"""Structured logs, with phone and identity numbers masked in everything that is written."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_NUMBER = re.compile(
    r"""
    \+\d{8,15}(?!\d)                        # E.164
    | (?<!\d)(?:00)?86\d{11}(?!\d)          # the same without its plus sign
    | (?<!\d)\d{11}(?!\d)                   # a Chinese mobile as people write it
    | (?<!\d)\d{17}[\dXx](?![\dA-Za-z])     # an identity number
    """,
    re.VERBOSE,
)


def mask(text: str) -> str:
    """The text with every phone and identity number cut to its last three characters."""
    return _NUMBER.sub(lambda found: "…" + found.group()[-3:], text)


def set_up(*, level: str = "INFO", json: bool = False) -> None:
    """Send our logs and those of the libraries to stderr, masked, as JSON lines or plain text."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            mask_values,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.raiseExceptions = False  # a log that cannot be written must not print its values unmasked
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("twilio.http_client", "urllib3", "rq", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger of a module; nothing is read or opened until it writes."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def mask_values(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Processor of structlog: mask every value of an event, however deep."""
    for key, value in event.items():
        if key != "timestamp":
            event[key] = _masked(value)
    return event


def _masked(value: object) -> object:
    match value:
        case str():
            return mask(value)
        case Mapping():
            return {key: _masked(part) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(part) for part in value]
        case BaseException():
            return mask(repr(value))
        case None | bool() | int() | float():
            return value
        case _:
            return mask(str(value))


def bind(**values: str) -> None:
    """Put values into every later line of this thread or request."""
    structlog.contextvars.bind_contextvars(**values)

"""Makes code-book.md from the codebook's data."""

from gateway.sms.codebook_doc import render

PAGE = "code-book.md"

__all__ = ["PAGE", "render"]

"""The printed code card: `card.card_of` reads what stands on it, `paper.render` makes the PDF (docs/code-card.md)."""

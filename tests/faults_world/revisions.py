"""A version from tomorrow: our migrations, and three more of the kinds that can hold up a live table."""

import shutil
from pathlib import Path
from textwrap import dedent

from gateway.store.migrate import MIGRATIONS, head

EXPAND, FILL, CONTRACT = "9001_expand", "9002_fill", "9003_contract"


def of_tomorrow(folder: Path) -> Path:
    """Write them into a folder; gives it."""
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    _write(
        folder,
        EXPAND,
        head(),
        """
        op.add_column("inbound", sa.Column("weight", sa.BigInteger(), nullable=False, server_default="1"))
        op.add_column("inbound", sa.Column("place", sa.Text(), nullable=True))
        add_index("ix_inbound_place", "inbound", ["place"], where="place IS NOT NULL")
        """,
    )
    _write(folder, FILL, EXPAND, 'fill("inbound", "place = recipient", where="place IS NULL")')
    _write(
        folder,
        CONTRACT,
        FILL,
        """
        op.execute(
            "DO $$ BEGIN IF current_setting('lock_timeout') <> '2s' "
            "THEN RAISE 'an index took the patience of all later revisions'; END IF; END $$"
        )
        op.execute("ALTER TABLE inbound ADD CONSTRAINT ck_inbound_weight CHECK (weight > 0) NOT VALID")
        with op.get_context().autocommit_block():
            op.execute("ALTER TABLE inbound VALIDATE CONSTRAINT ck_inbound_weight")
        """,
    )
    return folder


def _write(folder: Path, revision: str, after: str, body: str) -> None:
    lines = dedent(body).strip().replace("\n", "\n    ")
    (folder / "versions" / f"{revision}.py").write_text(
        f'"""{revision}."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
        f"from gateway.store.live import add_index, fill\n\n"
        f'revision = "{revision}"\ndown_revision = "{after}"\nbranch_labels = None\ndepends_on = None\n\n\n'
        f"def upgrade() -> None:\n    {lines}\n",
        encoding="utf-8",
    )

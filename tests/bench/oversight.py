"""How long an auditor waits on a long log: `python -m tests.bench.oversight [events]`, by default 1,000,000 of them.

A year of events of twenty organisations with thirty people each, 20,000 cases, laid by SQL; 1 in 100 denied. Said is what
the database took for each question (EXPLAIN ANALYZE as an auditor, the best of three), and what the log weighs. Exit code
1 when a first page took longer than 100 ms, or the figures longer than 2 s.
"""

import asyncio
import json
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from ecm import connections, seeds
from ecm.audit.queries import Filter, _said
from ecm.clock import midnight, today
from ecm.connections import open_pool
from ecm.database import use_secret
from ecm.embedded import as_role, running
from ecm.migrations.apply import migrate
from ecm.oversight.figures import count_next_day
from ecm.oversight.rules import month_after, months_until
from ecm.paging import LAST_ID
from tests.conftest import SECRET, open_session

FIRST_PAGE_MS, FIGURES_MS = 100, 2000
AT_ONCE = 100_000
# Ids made of a number: the same person works at the same organisation, the same case is of the same pupil.
LAY = """
CREATE OR REPLACE FUNCTION bench_id(p_kind text, p_number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT md5(p_kind || p_number)::uuid $$;
CREATE TEMP TABLE told AS SELECT n, audit_id($$%(first)s$$::timestamptz + n * $$%(step)s$$::interval, n) AS id,
    $$%(first)s$$::timestamptz + n * $$%(step)s$$::interval AS at,
    abs(hashint8(n)) %% 600 AS person, abs(hashint8(n + 7)) %% 20000 AS story FROM generate_series(%(low)s::bigint, %(high)s) n;
INSERT INTO audit_event (id, entry) SELECT id, jsonb_build_object(
    'v', 1, 'id', id, 'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'txid', n,
    'event', (ARRAY['case:shown', 'case:shown', 'case:shown', 'actions:listed', 'home:shown', 'note:written', 'cases:listed',
                    'action:updated', 'plan:downloaded', 'session:opened'])[1 + n %% 10],
    'outcome', CASE WHEN n %% 100 = 3 THEN 'denied' WHEN n %% 10 IN (5, 7, 9) THEN 'done' ELSE 'shown' END,
    'actor', bench_id('person', person), 'membership', bench_id('seat', person),
    'agency', (SELECT a[1 + person %% array_length(a, 1)] FROM (SELECT array_agg(id ORDER BY id) AS a FROM agency) x),
    'role', 'practitioner', 'session', bench_id('session', n / 40), 'purpose', 'show_case', 'basis', 'consent',
    'case', bench_id('case', story), 'pupils', jsonb_build_array(bench_id('pupil', story)), 'detail', '{"part": "overview"}'::jsonb)
FROM told;
INSERT INTO audit_event_pupil (pupil_id, event_id) SELECT bench_id('pupil', story), id FROM told;
INSERT INTO audit_leaf (position, event_id) SELECT n, id FROM told;
DROP TABLE told;
"""


async def lay(url: str, many: int) -> None:
    """A log of a year that ends today."""
    connection = await asyncpg.connect(url)
    try:
        await seeds.lay_ground(connection)
        first, step = midnight(today() - timedelta(days=365)), timedelta(days=365) / many
        for low in range(0, many, AT_ONCE):
            words = {"first": first.isoformat(), "step": f"{step.total_seconds()} seconds"}
            await connection.execute(LAY % (words | {"low": low, "high": min(low + AT_ONCE, many) - 1}))
            print(f"\r{low + AT_ONCE:,}", end="", file=sys.stderr, flush=True)
        await connection.execute("VACUUM ANALYZE")
        sizes = await connection.fetchval(
            """SELECT string_agg(format('%s %s', relname, pg_size_pretty(pg_relation_size(oid))), ', ' ORDER BY relname)
               FROM pg_class WHERE relname LIKE 'audit_event%' AND relkind IN ('r', 'i')"""
        )
        print(f"\r{many:,} events; {sizes}")
    finally:
        await connection.close()


async def questions(url: str) -> dict[str, Filter]:
    """What an auditor asks first."""
    connection = await asyncpg.connect(url)
    person, agency, pupil, case, absent = await connection.fetchrow(
        """SELECT bench_id('person', 5), (SELECT id FROM agency ORDER BY id LIMIT 1), bench_id('pupil', 77),
                  bench_id('case', 77), bench_id('nobody', 1)"""
    )
    await connection.close()
    week = {"from_at": midnight(today() - timedelta(days=200)), "until_at": midnight(today() - timedelta(days=193))}
    return {
        "everything": Filter(), "denied": Filter(outcome="denied"), "a person": Filter(actor=person, at_work=True),
        "a person nobody knows": Filter(actor=absent), "an organisation": Filter(agency=agency), "a pupil": Filter(pupil=pupil),
        "a case": Filter(case=case), "a kind": Filter(event="plan:downloaded"), "a kind that never was": Filter(event="case:voided"),
        "a week in spring": Filter(**week), "denied of a person": Filter(actor=person, outcome="denied"),
        "denied of an organisation": Filter(agency=agency, outcome="denied"),
        "changes of an organisation": Filter(agency=agency, outcome="done", event="note:written"),
        "a kind in a week": Filter(event="plan:downloaded", **week), "an organisation’s kind that never was": Filter(agency=agency, event="case:voided"),
        "a pupil, denied": Filter(pupil=pupil, outcome="denied"),
    }  # fmt: skip


async def took(session: Any, sql: str, *values: Any) -> float:
    """Milliseconds in the database, planning included, the best of three."""
    best = []
    for _ in "123":
        async with connections.transaction() as inside:
            await inside.fetch("SELECT * FROM enter($1, 'bench')", session.token_hash)
            plan = json.loads(await inside.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", *values))[0]
            best.append(plan["Execution Time"] + plan["Planning Time"])
    return min(best)


async def measure(url: str, many: int) -> int:
    """Lay, ask, say; 1 if something took too long."""
    await migrate(url, SECRET)
    await lay(url, many)
    use_secret(SECRET)
    await open_pool(as_role(url, "ecm_app"), size=2, settings={"statement_timeout": "60s"})
    slow = 0
    try:
        auditor = await open_session(seeds.known("auditor@partnership.example"))
        ask = "SELECT * FROM audit_events_for_auditor($1, $2, false, 51)"
        for name, wanted in (await questions(url)).items():
            slow |= _say(f"first page: {name}", await took(auditor, ask, _said(wanted), LAST_ID), FIRST_PAGE_MS)
        slow |= _say("log state", await took(auditor, "SELECT * FROM audit_log_state()"), FIRST_PAGE_MS)
        months = months_until(today())
        span: tuple[date, date] = months[0], month_after(months[-1])
        figures = "SELECT * FROM audit_figures($1, $2)"
        _say("figures, nothing counted before", await took(auditor, figures, *span), 5000)
        clock = asyncio.get_running_loop().time()
        days = 0
        while await count_next_day():
            days += 1
        print(f"{days} days counted by the worker in {asyncio.get_running_loop().time() - clock:.1f} s")
        slow |= _say("figures", await took(auditor, figures, *span), FIGURES_MS)
    finally:
        await connections.close_pool()
    return slow


def _say(what: str, ms: float, most: int) -> int:
    print(f"{what:<55}{ms:>9.1f} ms   (at most {most})", "TOO SLOW" * (ms > most), flush=True)
    return int(ms > most)


def main() -> int:
    """The exit code."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="ecm-bench-") as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder), quick=True) as url:
            return asyncio.run(measure(url, many))


if __name__ == "__main__":
    sys.exit(main())

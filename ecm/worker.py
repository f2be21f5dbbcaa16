"""The worker's process: seals the log, delivers the post, writes reminders. The only one that reads the log's key."""

import asyncio
import contextlib
import logging
import signal
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import asyncpg

from ecm import connections, database, logs
from ecm.audit.events import Event
from ecm.audit.export import export
from ecm.audit.integrator import LogBroken, keep_sealing, log_key
from ecm.audit.verify import Verdict, verify
from ecm.config import Settings, settings
from ecm.database import acting_for
from ecm.duplicates.matching import keep_matching
from ecm.emergencies.late import keep_escalating
from ecm.imports.commands import keep_forgetting
from ecm.oversight.figures import keep_counting
from ecm.post.bounces import note_bounce
from ecm.post.delivery import carry
from ecm.post.senders import senders
from ecm.reminders.commands import keep_reminding

log = logging.getLogger(__name__)

REST_SECONDS = 3


async def run() -> None:
    """Work until told to stop (SIGINT, SIGTERM). Each kind of work goes on when another fails."""
    config = settings()
    logs.begin(config.demo)
    database.use_secret(config.secret_key)
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    await connections.open_pool(config.database_url, config.pool_size)
    try:
        await asyncio.gather(
            _keep_on("the log", partial(_seal, config), stop),
            _keep_on("the post", partial(carry, ways=senders(config)), stop),
            _keep_on("reminders", keep_reminding, stop),
            _keep_on("files of pupils", keep_forgetting, stop),
            _keep_on("matching", keep_matching, stop),
            _keep_on("figures", keep_counting, stop),
            _keep_on("emergencies", keep_escalating, stop),
        )
    finally:
        await connections.close_pool()


async def _keep_on(name: str, work: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    """Do this work until told to stop; when it fails, say so and begin again after a rest."""
    while not stop.is_set():
        try:
            await work(stop)
        except Exception as trouble:  # whatever it is, the other kinds of work must go on
            log.error("%s: %s; beginning again", name, type(trouble).__name__)
            log.debug("%s", name, exc_info=trouble)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), REST_SECONDS)


async def _seal(config: Settings, stop: asyncio.Event) -> None:
    try:
        signer = log_key(log_key_path(config), config.log_origin)
        await keep_sealing(config.database_url, signer, log_folder(config) / "checkpoint", stop)
    except LogBroken as trouble:
        log.error("the log is not sealed any more: %s", trouble)  # recording goes on; a person has to look
        await stop.wait()


def log_folder(config: Settings) -> Path:
    """Where the log keeps what must not be in the database: its key and its newest checkpoint."""
    return config.data / "log"


def log_key_path(config: Settings) -> Path:
    """The file of the log's private key."""
    return config.log_key_file or log_folder(config) / "key"


def log_files(config: Settings) -> dict[str, Path]:
    """The files of the log by their names in a backup."""
    key = log_key_path(config)
    return {
        "log/key": key,
        "log/key.vkey": key.with_suffix(".vkey"),
        "log/checkpoint": log_folder(config) / "checkpoint",
    }


async def verify_log(config: Settings) -> Verdict:
    """Check the log of this installation against its own key, as somebody outside would."""
    with tempfile.TemporaryDirectory() as folder:
        await export_log(config, Path(folder) / "bundle", 0)
        return verify(Path(folder) / "bundle", str(log_key(log_key_path(config), config.log_origin).verifier))


async def export_log(config: Settings, folder: Path, since: int) -> int:
    """Write a bundle from the database of this installation; the size it reaches to."""
    database.use_secret(config.secret_key)
    await connections.open_pool(config.database_url, size=2)
    try:
        async with acting_for("export", "export") as act:
            act.record(Event.AUDIT_EXPORTED, first=since)
        connection = await asyncpg.connect(config.database_url)
        try:
            return await export(connection, folder, log_key(log_key_path(config), config.log_origin).verifier, since)
        finally:
            await connection.close()
    finally:
        await connections.close_pool()


async def take_report(config: Settings, report: bytes) -> bool:
    """Mark the message that a delivery report is about; False when it is about none of ours."""
    database.use_secret(config.secret_key)
    await connections.open_pool(config.database_url, size=2)
    try:
        return await note_bounce(report)
    finally:
        await connections.close_pool()

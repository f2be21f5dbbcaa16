"""The worker's process: the only one that reads the log's key."""

import asyncio
import logging
import signal
from pathlib import Path

import asyncpg

from ecm import database
from ecm.audit.events import Event
from ecm.audit.export import export
from ecm.audit.integrator import LogBroken, keep_sealing, log_key
from ecm.config import Settings, settings
from ecm.database import acting_for

log = logging.getLogger(__name__)


async def run() -> None:
    """Seal what is recorded until told to stop (SIGINT, SIGTERM)."""
    config = settings()
    database.use_secret(config.secret_key)
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    signer = log_key(log_key_path(config), config.log_origin)
    try:
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


async def export_log(config: Settings, folder: Path, since: int) -> int:
    """Write a bundle from the database of this installation; the size it reaches to."""
    database.use_secret(config.secret_key)
    await database.open_pool(config.database_url, size=2)
    try:
        async with acting_for("export", "export") as act:
            act.record(Event.AUDIT_EXPORTED, first=since)
        connection = await asyncpg.connect(config.database_url)
        try:
            return await export(connection, folder, log_key(log_key_path(config), config.log_origin).verifier, since)
        finally:
            await connection.close()
    finally:
        await database.close_pool()

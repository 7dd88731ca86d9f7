"""The state of the app: the photos of a session, and what has become of each."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from enum import Enum, auto

import flet as ft
from client import Classification, ClassifyError, Client, FeaturesUnavailable, Label, Model
from photos import Photo, prepare
from settings import Settings, save_settings
from words import DEFECT, Action, Words, words_for

# Photos that are sent at the same time.
_AT_ONCE = 2
# Seconds without a reply, after which a cold start is likely, and explained.
_COLD_START_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Stage(Enum):
    """How far a photo is on its way."""

    PREPARING = auto()
    SENDING = auto()
    WAITING = auto()
    WAKING = auto()
    DONE = auto()
    FAILED = auto()
    CANCELLED = auto()


#: The stages in which a photo can be cancelled.
UNDER_WAY = {Stage.PREPARING, Stage.SENDING, Stage.WAITING, Stage.WAKING}


@ft.observable
@dataclass(eq=False)
class Entry:
    """A photo of the session."""

    name: str
    data: bytes
    """The bytes of the file, until it is prepared."""
    stage: Stage = Stage.PREPARING
    photo: Photo | None = None
    percent: int = 0
    """Of its bytes, sent so far."""
    labels: list[Label] = field(default_factory=list)
    failure: Words | None = None
    seen: Label | None = None
    """The label whose heat map is shown."""


@ft.observable
@dataclass(eq=False)
class Session:
    """The photos since the start of the app, the one that is shown, and the function asked."""

    settings: Settings
    entries: list[Entry] = field(default_factory=list)
    shown: Entry | None = None
    model: Model | None = None

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._tasks: dict[Entry, asyncio.Task[None]] = {}
        self._clients: dict[Settings, Client] = {}

    def add(self, name: str, data: bytes) -> None:
        """Show a photo, and send it."""
        entry = Entry(name, data)
        self.entries.append(entry)
        self.shown = entry
        self.retry(entry)

    def show(self, entry: Entry) -> None:
        self.shown = entry

    def toggle_heat(self, entry: Entry, label: Label) -> None:
        """Show where a label was seen, or hide it again."""
        entry.seen = None if entry.seen is label else label

    async def close(self) -> None:
        """Close the connections to the function."""
        for client in self._clients.values():
            await client.close()

    def cancel(self, entry: Entry) -> None:
        self._tasks[entry].cancel()

    def retry(self, entry: Entry) -> None:
        """Send a photo, also again if it failed or was cancelled."""
        self._tasks[entry] = asyncio.create_task(self._classify(entry))

    async def apply(self, settings: Settings) -> None:
        """Save new settings, and retry a photo that failed with the former ones."""
        self.settings = settings
        if self.shown and self.shown.failure and self.shown.failure.action != Action.CHOOSE:
            self.retry(self.shown)
        await save_settings(settings)
        await self.look_up_model()

    async def look_up_model(self) -> None:
        """Learn which model answers; this also wakes up a function that sleeps."""
        self.model = None
        try:
            self.model = await self._client().model()
        except ClassifyError as error:
            _log.info("the model is unknown: %s", error)

    async def _classify(self, entry: Entry) -> None:
        """Take a photo through its stages; they are all set here."""
        begin = time.perf_counter()
        entry.stage, entry.failure, entry.percent = Stage.PREPARING, None, 0
        try:
            if entry.photo is None:
                entry.photo = await asyncio.to_thread(prepare, entry.data)
                entry.data = b""
            prepared = time.perf_counter()
            async with self._slots:
                entry.stage = Stage.SENDING
                await self._send(entry, entry.photo.data)
            _log.info(
                "%s: prepared in %.0f ms, answered in %.0f ms",
                entry.name, 1000 * (prepared - begin), 1000 * (time.perf_counter() - prepared),
            )  # fmt: skip
        except ClassifyError as error:
            entry.failure = words_for(error)
            entry.stage = Stage.FAILED
        except asyncio.CancelledError:
            entry.stage = Stage.CANCELLED
        except Exception:  # noqa: BLE001 - a photo must not stay on its way for ever
            _log.exception("%s: not classified", entry.name)
            entry.failure = DEFECT
            entry.stage = Stage.FAILED

    async def _send(self, entry: Entry, data: bytes) -> None:
        def follow(sent: int, total: int) -> None:
            entry.percent = 100 * sent // max(total, 1)
            entry.stage = Stage.SENDING
            if sent == total:
                entry.stage = Stage.WAITING
                asyncio.get_running_loop().call_later(_COLD_START_SECONDS, explain)

        def explain() -> None:
            if entry.stage == Stage.WAITING:
                entry.stage = Stage.WAKING

        async def classify(*, explain: bool) -> Classification:
            return await self._client().classify(
                data, top_k=self.settings.top_k, explain=explain, on_progress=follow
            )

        try:
            reply = await classify(explain=self.model is None or self.model.explains)
        except FeaturesUnavailable:  # the model was not known yet
            reply = await classify(explain=False)
        _log.info("%s: %s", entry.name, reply.server_timing)
        entry.labels, entry.seen = reply.labels, None
        entry.stage = Stage.DONE

    def _client(self) -> Client:
        """The client for the settings in force; one of earlier settings may still be sending."""
        if self.settings not in self._clients:
            self._clients[self.settings] = Client(self.settings.url, key=self.settings.key)
        return self._clients[self.settings]

"""The one place that wires the rooms together: host functions, topics, readers, the open database."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence

import forms
from api import migrations
from api.auth import users
from engine import config, contents, db, files, jobs
from engine.protocol import Finding, TopicOffer
from engine.runtime import Runtime
from processes import law, letters, topics


def all_topics() -> dict[str, jobs.Topic]:
    """Return every topic of processes/topics by name."""
    found: dict[str, jobs.Topic] = {}
    for module_info in pkgutil.iter_modules(topics.__path__):
        topic = getattr(importlib.import_module(f"processes.topics.{module_info.name}"), "TOPIC", None)
        if isinstance(topic, jobs.Topic):
            found[topic.name] = topic
    return found


def runtime(settings: config.Settings | None = None) -> Runtime:
    """Return a Runtime with the law's functions, our topics and the limits of the settings."""
    told = settings or config.load()
    limits = files.Limits(told.file_mb, told.form_mb, told.files_mb)
    return Runtime(law.FUNCTIONS, all_topics(), name_of=users.name_of, file_limits=limits)


def topic_offers() -> Mapping[str, TopicOffer]:
    """Return topic -> what diagrams are checked against."""
    return {name: topic.offer for name, topic in all_topics().items()}


def _form_keys(content: bytes, filename: str) -> Sequence[tuple[str, str]]:
    form = forms.as_far_as_readable(content)
    return [] if form is None else [(form.id, form.id)]


def _form_tag(content: bytes) -> str | None:
    form = forms.as_far_as_readable(content)
    tag = None if form is None else form.schema.get("versionTag")
    return tag if isinstance(tag, str) and tag else None


def _form_names(content: bytes) -> frozenset[str]:
    form = forms.as_far_as_readable(content)
    return frozenset() if form is None else form.keys


def _check_form(content: bytes, filename: str) -> Sequence[Finding]:
    return forms.check(content, filename, RESERVED)


def _form_choices(content: bytes) -> Mapping[str, frozenset[str]]:
    form = forms.as_far_as_readable(content)
    return {} if form is None else form.choices


RESERVED = frozenset({"currentUser", *(function.name for function in law.FUNCTIONS)})  # no variable bears these names
READERS: Mapping[str, contents.Reader] = {
    "form": contents.Reader(keys=_form_keys, names=_form_names, choices=_form_choices, check=_check_form, version_tag=_form_tag),
    "letter": contents.Reader(keys=letters.keys, check=letters.check),
}


def open_database(settings: config.Settings | None = None) -> db.Database:
    """Return the open database, brought to the state of this version where it is our own embedded one."""
    settings = settings or config.load()
    if settings.database_url is None:
        server, owner_url = db.embedded(settings.data_dir)
        migrations.migrate(owner_url)
        del server  # open_database below joins the same server
    return db.open_database(settings, runtime(settings))


def migrate(settings: config.Settings | None = None) -> str:
    """Bring the database to the state of this version and return its revision; with DATABASE_URL this must be the owner's."""
    settings = settings or config.load()
    if settings.database_url is not None:
        return migrations.migrate(db.owner_url(settings.database_url))
    server, owner = db.embedded(settings.data_dir)
    revision = migrations.migrate(owner)
    del server
    return revision

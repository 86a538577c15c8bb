"""A worker with one of the two synchronous Python clients: `worker_sync.py camunda|operaton BASE LOGIN PASSWORD SUFFIX`."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

family, base, login, password, suffix = sys.argv[1:]
worker = importlib.import_module(f"{family}.external_task.external_task_worker")


def tell(what: str, **more: object) -> None:
    print(json.dumps({"what": what, **more}), flush=True)


def handle(task: Any) -> Any:
    given = task.get_variables()
    topic = task.get_topic_name().removesuffix(suffix)
    if topic == "rechnen":
        tell("rechnen", properties=task.get_extension_properties(), retries=task._context["retries"], key=task.get_business_key())
        typed = {f"echo_{name}": task.get_variable(name, with_meta=True) for name in given}
        return task.complete({**typed, "summe": given["betrag"] * 2}, {"nur_hier": 41})
    if topic == "fehlerhaft":
        tell("fehlerhaft")
        return task.bpmn_error("FEHLER", "Kein Konto", {"grund": "konto"})
    if topic == "scheitern" and not given.get("repariert"):
        result = task.failure("Papierstau", "Zeile 1\nZeile 2", max_retries=1, retry_timeout=0)
        tell("gescheitert", retries=result.retries)
        return result
    if topic == "zaehlen":
        tell("gezählt", key=task.get_business_key())
        return task.complete({"von": family})
    if topic == "haengen":
        tell("übernommen", id=task.get_task_id())
    return task.complete()


config = {
    "auth_basic": {"username": login, "password": password}, "maxTasks": 5, "lockDuration": 10_000, "asyncResponseTimeout": 5_000,
    "retries": 1, "retryTimeout": 0, "sleepSeconds": 1,
}  # fmt: skip
topics = [f"{topic}{suffix}" for topic in ("rechnen", "lange", "fehlerhaft", "scheitern", "zaehlen", "haengen")]
worker.ExternalTaskWorker(worker_id=family, base_url=base, config=config).subscribe(topics, handle)

"""A worker with the asynchronous `camunda-client`: `worker_async.py BASE LOGIN PASSWORD SUFFIX`."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta

import httpx
from camunda_client import ExternalTaskClient, ExternalTaskConfig, ExternalTaskContext, ExternalTaskWorker, VariableValueSchema
from camunda_client.clients.dto import AuthData

base, login, password, suffix = sys.argv[1:]
TOPICS = ("rechnen", "lange", "fehlerhaft", "scheitern")


def tell(what: str, **more: object) -> None:
    print(json.dumps({"what": what, **more}), flush=True)


async def handle(client: ExternalTaskClient, context: ExternalTaskContext) -> None:
    async with context as task:
        topic = task.topic_name.removesuffix(suffix)
        if topic == "rechnen":
            found = {f"echo_{name}": value for name, value in task.variables.items()}
            found["summe"] = VariableValueSchema(value=float(task.parsed_variables["betrag"]) * 2, type="Double")
            await context.complete(found, {"nur_hier": VariableValueSchema(value=41, type="Integer")})
            tell("rechnen", retries=task.retries, key=task.business_key)
        elif topic == "lange":
            await client.extend_lock(task.id, new_duration=60_000)
            tell("verlängert", id=task.id)
            await context.complete()
        elif topic == "fehlerhaft":
            await context.bpmn_error("FEHLER", "Kein Konto", {"grund": VariableValueSchema(value="konto", type="String")})
            tell("fehlerhaft")
        elif task.parsed_variables.get("repariert"):
            await context.complete()
        else:
            retries = 1 if task.retries is None else task.retries - 1
            await context.fail("Papierstau", retries=retries, error_details="Zeile 1\nZeile 2")
            tell("gescheitert", retries=retries)


async def main() -> None:
    config = ExternalTaskConfig(
        max_tasks=5, lock_duration=timedelta(seconds=10), async_response_timeout=timedelta(seconds=5), retry_timeout=timedelta(0)
    )
    client = ExternalTaskClient("asyncio", base, AuthData(login, password), httpx.AsyncHTTPTransport(), config)
    worker = ExternalTaskWorker(client, pull_interval=timedelta(milliseconds=20))

    async def serve(topic: str) -> None:
        async with worker.subscribe(f"{topic}{suffix}") as contexts:
            async for context in contexts:
                await handle(client, context)

    async with asyncio.TaskGroup() as group:
        for topic in TOPICS:
            group.create_task(serve(topic))
        await asyncio.sleep(0)  # all topics are subscribed before the first poll
        await worker.__aenter__()


asyncio.run(main())

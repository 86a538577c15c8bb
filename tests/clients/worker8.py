"""A worker with Camunda 8's official Python client: `worker8.py ADDRESS LOGIN PASSWORD SUFFIX` (of the job types)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from camunda_orchestration_sdk import CamundaAsyncClient, ConnectedJobContext, WorkerConfig
from camunda_orchestration_sdk.models import JobChangeset, JobUpdateRequest
from camunda_orchestration_sdk.runtime.job_worker import JobError, JobFailure

address, login, password, suffix = sys.argv[1:]


def tell(what: str, **more: object) -> None:
    print(json.dumps({"what": what, **more}), flush=True)


async def rechnen(job: ConnectedJobContext) -> dict[str, Any]:
    given = job.variables.to_dict()
    tell(
        "rechnen", headers=job.custom_headers.to_dict(), retries=job.retries, key=job.business_id, instance=str(job.process_instance_key)
    )  # fmt: skip
    return {**{f"echo_{name}": value for name, value in given.items()}, "summe": given["betrag"] * 2}


async def lange(job: ConnectedJobContext) -> None:
    await job.client.update_job(job.job_key, data=JobUpdateRequest(changeset=JobChangeset(timeout=60_000)))
    tell("verlängert", id=str(job.job_key))


async def fehlerhaft(job: ConnectedJobContext) -> None:
    tell("fehlerhaft")
    raise JobError("FEHLER", "Kein Konto", {"grund": "konto"})


async def zaehlen(job: ConnectedJobContext) -> dict[str, Any]:
    tell("gezählt", key=job.variables.to_dict()["nummer"])
    return {"von": "python8"}


async def scheitern(job: ConnectedJobContext) -> None:
    given = job.variables.to_dict()
    if not given.get("repariert"):
        tell("gescheitert", retries=job.retries - 1, seite=given.get("seite"))
        raise JobFailure("Papierstau", variables={"seite": 3})


async def main() -> None:
    client = CamundaAsyncClient(
        configuration={
            "CAMUNDA_REST_ADDRESS": address, "CAMUNDA_AUTH_STRATEGY": "BASIC", "CAMUNDA_BASIC_AUTH_USERNAME": login,
            "CAMUNDA_BASIC_AUTH_PASSWORD": password, "CAMUNDA_SDK_LOG_LEVEL": "error",
        }
    )  # fmt: skip
    handlers: tuple[Callable[[ConnectedJobContext], Any], ...] = (rechnen, lange, fehlerhaft, zaehlen, scheitern)
    for handle in handlers:
        config = WorkerConfig(
            f"{handle.__name__}{suffix}", job_timeout_milliseconds=10_000, request_timeout_milliseconds=5_000, max_concurrent_jobs=5,
            worker_name="python8",
        )  # fmt: skip
        client.create_job_worker(config, handle)
    await client.run_workers()


asyncio.run(main())

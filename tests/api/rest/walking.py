"""Walks through models as a designer draws them: deployed, started and worked on over REST, each step said in `walk.yaml`.

A folder of `walks` holds the files that the Modeler sends in one deployment, and the walks through them. A step is one of:

    complete: Rechnung prüfen   a task by its label, `with` variables; `refused`: what the answer must say instead
    error, escalate: CODE       reported at the task named by `at`
    do: topic                   a worker's job, `with` variables; `error` throws, `fail` leaves it with no retries
    message, signal: name       `with` variables, `key` (business key), `where` (correlation keys)
    set: {name: value}          variables from outside
    clock: P3D                  time passes
    other: key                  look at the instance of that process from here on
    tasks, jobs, path, ended, variables, incident, task, children   what must hold now
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import text
from werkzeug.test import TestResponse

from engine import clock, feel, worker
from tests.api.rest.conftest import Office
from tests.api.rest.models import BOUNDARY
from tests.conftest import START

FOLDER = Path(__file__).parent / "walks"
BASE = "/engine-rest"
DEPLOYED: set[tuple[str, str]] = set()  # office and folder: the files of a folder are sent once
ORDER = (".form", ".dmn", ".bpmn")


@dataclass(frozen=True)
class Walk:
    """One way through the models of a folder."""

    folder: Path
    name: str
    said: dict[str, Any]

    @property
    def files(self) -> dict[str, str]:
        found = sorted((one for one in self.folder.iterdir() if one.suffix in ORDER), key=lambda one: (one.suffix != ".bpmn", one.name))
        return {one.name: one.read_text(encoding="utf-8") for one in found}


def all_walks() -> list[Walk]:
    """Return every walk of every folder, in the order of their names."""
    return [
        Walk(path.parent, f"{path.parent.name}: {said['name']}", said)
        for path in sorted(FOLDER.glob("*/walk.yaml"))
        for said in yaml.safe_load(path.read_text(encoding="utf-8"))["walks"]
    ]


def deploy(office: Office, files: dict[str, str]) -> TestResponse:
    """Deploy as the Modeler of the diagram's platform does."""
    caller, parts = office.client("jörg"), []
    is_cloud = any("zeebe:" in content or "Camunda Cloud" in content for content in files.values())
    fields = {"tenantId": "<default>"} if is_cloud else {
        "deployment-name": next(iter(files)), "deployment-source": "Camunda Modeler", "enable-duplicate-filtering": "true",
    }  # fmt: skip
    parts += [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    for n, (name, content) in enumerate(files.items()):
        kind = "application/octet-stream" if is_cloud or n else "text/xml"
        shown = "resources" if is_cloud else name
        parts.append(f'Content-Disposition: form-data; name="{shown}"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n{content}')
    body = ("".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{BOUNDARY}--\r\n").encode()
    path = "/v2/deployments" if is_cloud else f"{BASE}/deployment/create"
    return caller.client.post(
        path, data=body, headers={"Authorization": caller.header}, content_type=f"multipart/form-data; boundary={BOUNDARY}"
    )


def walk(office: Office, one: Walk) -> None:
    """Deploy the folder's files and go the way, asserting what it says."""
    with office.database.look() as tx:
        tx.execute(text("update world set virtual_now = :now where id = :w"), {"now": START, "w": office.world_id})
    if (office.prefix, one.folder.name) not in DEPLOYED:
        answer = deploy(office, one.files)
        assert answer.status_code == 200, answer.get_json().get("message") or answer.get_json()["detail"]
        DEPLOYED.add((office.prefix, one.folder.name))
    at = _Walker(office)
    try:
        if "start" in one.said:
            at.start(one.said["start"], one.said.get("with", {}), one.said.get("refused"), "by_form" in one.said)
        for number, step in enumerate(one.said.get("steps", ())):
            at.where = f"{one.name}, step {number + 1} {step}"
            for act in (name for name in step if name not in OPTIONS):
                getattr(at, f"do_{act}")(step[act], step)
                if act not in LOOKS:
                    at.settle()
    finally:
        at.leave()


OPTIONS = ("with", "by", "at", "refused", "key", "where")
LOOKS = ("tasks", "jobs", "path", "ended", "variables", "incident", "task", "children", "other", "local")


@dataclass
class _Walker:
    office: Office
    id: str = ""
    key: str = ""
    where: str = "start"
    begun: list[str] = field(default_factory=list)

    # ------------------------------------------------------------ acts
    def start(self, process: str, given: dict[str, Any], refused: str | None, by_form: bool) -> None:
        self.key = f"W-{uuid.uuid4()}"
        body = {"businessKey": self.key, "variables": _typed(given)}
        answer = self.post(f"/process-definition/key/{process}/{'submit-form' if by_form else 'start'}", body, "anna", refused)
        if refused is None:
            self.id = answer.get_json()["id"]
            self.begun.append(self.id)
            self.settle()

    def do_complete(self, label: str, step: dict[str, Any]) -> None:
        task = self.open_task(label)
        self.post(f"/task/{task['id']}/complete", {"variables": _typed(step.get("with", {}))}, step.get("by", "anna"), step.get("refused"))

    def do_error(self, code: str, step: dict[str, Any]) -> None:
        if "do" not in step:
            body = {"errorCode": code, "variables": _typed(step.get("with", {}))}
            self.post(f"/task/{self.open_task(step['at'])['id']}/bpmnError", body, "anna", step.get("refused"))

    def do_escalate(self, code: str, step: dict[str, Any]) -> None:
        body = {"escalationCode": code, "variables": _typed(step.get("with", {}))}
        self.post(f"/task/{self.open_task(step['at'])['id']}/bpmnEscalation", body, "anna", step.get("refused"))

    def do_fail(self, message: str, step: dict[str, Any]) -> None:
        """Said beside `do`."""

    def do_do(self, topic: str, step: dict[str, Any]) -> None:
        asked = {"topicName": topic, "lockDuration": 60_000, "businessKey": self.key}
        body = {"workerId": "w", "maxTasks": 1, "topics": [asked]}
        found = self.post("/external-task/fetchAndLock", body, "wolf", None).get_json()
        assert found, f"{self.where}: no job of this topic"
        given = _typed(step.get("with", {}))
        path = f"/external-task/{found[0]['id']}"
        if "error" in step:
            thrown = {"workerId": "w", "errorCode": step["error"], "errorMessage": "geht nicht", "variables": given}
            self.post(f"{path}/bpmnError", thrown, "wolf", step.get("refused"))
        elif "fail" in step:
            self.post(f"{path}/failure", {"workerId": "w", "errorMessage": step["fail"], "retries": 0, "retryTimeout": 0}, "wolf", None)
        else:
            self.post(f"{path}/complete", {"workerId": "w", "variables": given}, "wolf", step.get("refused"))
        if "sees" in step:
            seen = {name: _plain(value) for name, value in found[0]["variables"].items()}
            differs = {name: (seen.get(name), value) for name, value in step["sees"].items() if seen.get(name) != value}
            assert not differs, f"{self.where}: (seen, expected) {differs}"

    def do_sees(self, expected: object, step: dict[str, Any]) -> None:
        """Said beside `do`: variables that the worker gets."""

    def do_message(self, name: str, step: dict[str, Any]) -> None:
        body = {"messageName": name, "processVariables": _typed(step.get("with", {})), "resultEnabled": True}
        if "where" in step:
            body["correlationKeys"] = _typed(step["where"])
        else:
            body["businessKey"] = step.get("key", self.key)
        self.post("/message", body, "wolf", step.get("refused"))

    def do_signal(self, name: str, step: dict[str, Any]) -> None:
        self.post("/signal", {"name": name, "variables": _typed(step.get("with", {}))}, "wolf", step.get("refused"))

    def do_set(self, given: dict[str, Any], step: dict[str, Any]) -> None:
        self.post(f"/process-instance/{self.id}/variables", {"modifications": _typed(given)}, "anna", step.get("refused"))

    def do_clock(self, duration: str, step: dict[str, Any]) -> None:
        with self.office.database.begin(self.office.detmold) as tx:
            now = clock.now(tx, self.office.detmold)
        passed = feel.evaluate(f'duration("{duration}")', {})
        assert isinstance(passed, timedelta), duration
        worker.run_until(self.office.database, self.office.world_id, now + passed)

    def settle(self) -> None:
        """Let the worker do what is due."""
        self.do_clock("PT0S", {})

    def do_other(self, process: str, step: dict[str, Any]) -> None:
        found = self.get(f"/process-instance?processDefinitionKey={process}&active=true")
        fresh = [row for row in found if row["id"] not in self.begun]
        assert len(fresh) == 1, f"{self.where}: {len(fresh)} instances"
        self.id, self.key = fresh[0]["id"], fresh[0]["businessKey"] or ""
        self.begun.append(self.id)

    # ------------------------------------------------------------ looks
    def do_tasks(self, expected: list[str], step: dict[str, Any]) -> None:
        assert sorted(task["name"] for task in self.open_tasks()) == sorted(expected), self.told()

    def do_task(self, expected: dict[str, Any], step: dict[str, Any]) -> None:
        task = self.open_task(expected["name"])
        shown = {name: task[name] for name in expected if name in task}
        if "groups" in expected:
            shown["groups"] = [link["groupId"] for link in self.get(f"/task/{task['id']}/identity-links") if link["groupId"]]
        assert shown == expected, self.told()

    def do_jobs(self, expected: list[str], step: dict[str, Any]) -> None:
        found = [job["topicName"] for job in self.get(f"/external-task?processInstanceId={self.id}")]
        assert sorted(found) == sorted(expected), self.told()

    def do_path(self, expected: list[str], step: dict[str, Any]) -> None:
        assert self.names() == expected, self.told()

    def do_variables(self, expected: dict[str, Any], step: dict[str, Any]) -> None:
        rows = self.get(f"/history/variable-instance?processInstanceId={self.id}")
        found = {row["name"]: _plain(row) for row in rows}
        assert {name: found.get(name, "(unset)") for name in expected} == expected, self.told()

    def do_ended(self, expected: bool, step: dict[str, Any]) -> None:
        shown = self.get(f"/history/process-instance/{self.id}")
        assert (shown["endTime"] is not None) is expected, self.told()

    def do_incident(self, expected: str, step: dict[str, Any]) -> None:
        found = " | ".join(one["incidentMessage"] or "" for one in self.get(f"/incident?processInstanceId={self.id}"))
        assert re.search(expected, found), f"{self.told()} incidents: {found or 'none'}"

    # ------------------------------------------------------------ how
    def open_tasks(self) -> list[dict[str, Any]]:
        return list(self.get(f"/task?processInstanceId={self.id}"))

    def open_task(self, label: str) -> dict[str, Any]:
        found = [task for task in self.open_tasks() if task["name"] == label]
        assert found, self.told()
        return found[0]

    def names(self) -> list[str]:
        return [row["activityName"] or row["activityType"] for row in self.get(f"/history/activity-instance?processInstanceId={self.id}")]

    def told(self) -> str:
        incidents = [one["incidentMessage"] for one in self.get(f"/incident?processInstanceId={self.id}")]
        rows = self.get(f"/history/variable-instance?processInstanceId={self.id}")
        variables = {row["name"]: _plain(row) for row in rows}
        tasks = [task["name"] for task in self.open_tasks()]
        return f"{self.where}\n  open: {tasks}\n  path: {self.names()}\n  variables: {variables}\n  incidents: {incidents}"

    def get(self, path: str) -> Any:
        answer = self.office.client("anna").get(BASE + path)
        assert answer.status_code == 200, f"{self.where}: {answer.get_json()}"
        return answer.get_json()

    def post(self, path: str, body: dict[str, Any], login: str, refused: str | None) -> TestResponse:
        answer = self.office.client(login).post(BASE + path, body)
        if refused is None:
            assert answer.status_code in (200, 204), f"{self.where}: {answer.get_json()}"
        else:
            assert 400 <= answer.status_code < 500, f"{self.where}: {answer.status_code}, expected to be refused"
            assert re.search(refused, answer.get_json()["message"]), f"{self.where}: {answer.get_json()}"
        return answer

    def leave(self) -> None:
        for begun in self.begun:
            self.office.client("anna").delete(f"{BASE}/process-instance/{begun}")


def _typed(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return variables as a client of Camunda 7 sends them: lists and objects as Json."""
    return {
        name: {"value": json.dumps(value, default=_iso), "type": "Json"} if isinstance(value, list | dict) else _simple(value)
        for name, value in given.items()
    }


def _simple(value: object) -> dict[str, Any]:
    if isinstance(value, datetime):
        return {"value": value.strftime("%Y-%m-%dT%H:%M:%S.000+0000"), "type": "Date"}
    return {"value": value}


def _iso(value: Any) -> str:
    return str(value.isoformat())


def _plain(row: dict[str, Any]) -> Any:
    """Return a typed value as YAML would write it."""
    if row["type"] == "Json":
        return json.loads(row["value"])
    if row["type"] == "Date" and row["valueInfo"].get("feelType") == "date":
        return row["value"][:10]
    return row["value"]

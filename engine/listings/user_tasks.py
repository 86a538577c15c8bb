"""User tasks, as task lists ask for them: the open ones, and all there ever were."""

from __future__ import annotations

from dataclasses import replace

from engine import keys
from engine.listings.listing import Filter, FilterKind, Listing, by_variable
from engine.listings.waits import INSTANCE_ORDERS, OF_INSTANCE, USER_TASKS

# Camunda's `candidate...` filters find what nobody has taken; `..._or_taken` (includeAssignedTasks) also what somebody has.
OFFERED: dict[str, tuple[FilterKind, str, str]] = {
    "candidate_user": ("text", "u.candidate_users @> array[cast(:value as text)]", "dieser Person angeboten"),
    "candidate_group": ("text", "u.candidate_groups @> array[cast(:value as text)]", "dieser Gruppe angeboten"),
    "candidate_groups": ("texts", "u.candidate_groups && cast(:value as text[])", "einer dieser Gruppen angeboten"),
}

FORM = "(select f.{} from definition f where f.world_id = :world and f.kind = 'form' and f.key = u.form and f.id = any (b.definition_ids))"

OPEN_TASKS = Listing(
    columns=f"{USER_TASKS.columns}, u.form, u.candidate_groups, u.candidate_users, {FORM.format('version')} as form_version",
    source=f"{USER_TASKS.source} and u.ended_at is null",
    filters=OF_INSTANCE | {
        "process_instance_id_in": Filter("uuids", "p.uuid = any (cast(:value as uuid[]))"),
        "process_instance_business_key_in": Filter("texts", "p.business_key = any (cast(:value as text[]))"),
        "process_instance_business_key_like": Filter("text", "p.business_key like :value", "mit % als Platzhalter"),
        "process_definition_key_in": Filter("texts", "p.process_key = any (cast(:value as text[]))"),
        "process_definition_name": Filter("text", "d.name = :value"),
        "process_definition_name_like": Filter("text", "d.name like :value"),
        "execution_id": Filter("uuid", "p.uuid = :value", "die Kennung des Vorgangs"),
        "activity_instance_id_in": Filter("uuids", "u.id = any (cast(:value as uuid[]))"),
        "task_id": Filter("uuid", "u.id = :value"),
        "task_id_in": Filter("uuids", "u.id = any (cast(:value as uuid[]))"),
        "name": Filter("text", "u.label = :value"),
        "name_not_equal": Filter("text", "u.label <> :value"),
        "name_like": Filter("text", "u.label ilike :value", "mit % als Platzhalter"),
        "name_not_like": Filter("text", "u.label not ilike :value"),
        "task_definition_key": Filter("text", "u.element_id = :value"),
        "task_definition_key_in": Filter("texts", "u.element_id = any (cast(:value as text[]))"),
        "task_definition_key_not_in": Filter("texts", "u.element_id <> all (cast(:value as text[]))"),
        "task_definition_key_like": Filter("text", "u.element_id like :value"),
        "assignee": Filter("text", "u.assignee = :value"),
        "assignee_like": Filter("text", "u.assignee like :value"),
        "assignee_in": Filter("texts", "u.assignee = any (cast(:value as text[]))"),
        "assignee_not_in": Filter("texts", "(u.assignee <> all (cast(:value as text[])))"),
        "assigned": Filter("flag", "u.assignee is not null"),
        "unassigned": Filter("flag", "u.assignee is null"),
        "involved_user": Filter("text", "(u.assignee = :value or u.candidate_users @> array[cast(:value as text)])"),
        **{name: Filter(kind, f"{where} and u.assignee is null", note) for name, (kind, where, note) in OFFERED.items()},
        **{f"{name}_or_taken": Filter(kind, where, f"{note}, auch übernommen") for name, (kind, where, note) in OFFERED.items()},
        "with_candidate_groups": Filter("flag", "u.candidate_groups <> '{}'"),
        "without_candidate_groups": Filter("flag", "u.candidate_groups = '{}'"),
        "with_candidate_users": Filter("flag", "u.candidate_users <> '{}'"),
        "without_candidate_users": Filter("flag", "u.candidate_users = '{}'"),
        "priority": Filter("whole", "u.priority = :value"),
        "min_priority": Filter("whole", "u.priority >= :value"),
        "max_priority": Filter("whole", "u.priority <= :value"),
        "due_date": Filter("instant", "u.due_at = :value"),
        "due_after": Filter("instant", "u.due_at > :value"),
        "due_before": Filter("instant", "u.due_at < :value"),
        "without_due_date": Filter("flag", "u.due_at is null"),
        "follow_up_date": Filter("instant", "u.follow_up_at = :value"),
        "follow_up_after": Filter("instant", "u.follow_up_at > :value"),
        "follow_up_before": Filter("instant", "u.follow_up_at < :value"),
        "follow_up_before_or_not_existent": Filter("instant", "(u.follow_up_at is null or u.follow_up_at < :value)"),
        "created_on": Filter("instant", "u.created_at = :value"),
        "created_after": Filter("instant", "u.created_at > :value"),
        "created_before": Filter("instant", "u.created_at < :value"),
        "process_variables": Filter("comparisons", "p.variables", "name_operator_wert, zum Beispiel betrag_gt_100"),
        "task_variables": Filter("comparisons", "u.variables", "Eingabeparameter der Aufgabe, wie processVariables"),
        "active": Filter("flag", "true"),
        "suspended": Filter("flag", "false", "Aufgaben werden hier nicht angehalten"),
    },
    orders=INSTANCE_ORDERS | {
        "instance_id": "p.uuid", "execution_id": "p.uuid", "id": "u.id", "task_id": "u.id", "name": "u.label", "task_name": "u.label",
        "name_case_insensitive": "lower(u.label)", "assignee": "u.assignee", "created": "u.created_at", "start_time": "u.created_at",
        "last_updated": "u.created_at", "due_date": "u.due_at", "follow_up_date": "u.follow_up_at", "priority": "u.priority",
        "task_definition_key": "u.element_id", "tenant_id": "u.tenant_id", "process_variable": by_variable("p.variables"),
        "task_variable": by_variable("u.variables"),
    },
    tie="u.created_at, u.instance_id, u.id",
)  # fmt: skip

ALL_TASKS = replace(
    OPEN_TASKS,
    columns=OPEN_TASKS.columns + (
        f", u.properties, p.id as instance_id, p.business_key, d.id as definition_number, d.name as definition_name, {FORM.format('id')} as form_number"
    ),
    source=USER_TASKS.source,
    filters={
        **OPEN_TASKS.filters,
        "key": Filter("whole", f"{keys.sql('u.id')} = :value", is_public=False),
        "number": Filter("whole", "p.id = :value", is_public=False),
        "definition_number": Filter("whole", "d.id = :value", is_public=False),
        "state": Filter(
            "text", "(case when u.ended_at is null then 'CREATED' when u.outcome = 'completed' then 'COMPLETED' else 'CANCELED' end) = :value",
            is_public=False,
        ),
        "candidate_user": OPEN_TASKS.filters["candidate_user_or_taken"],
        "candidate_group": OPEN_TASKS.filters["candidate_group_or_taken"],
    },
    orders={**OPEN_TASKS.orders, "end_time": "u.ended_at", "business_key": "p.business_key"},
)  # fmt: skip

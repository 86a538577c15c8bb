// What a task list and an operator ask with Camunda 8's official JavaScript client: `node operator8.mjs ADDRESS LOGIN PASSWORD INSTANCE`, the key of
// an instance that waits at a user task with a form. Tells each answer as a line of JSON. The client checks every answer strictly.
import createCamundaClient from "@camunda8/orchestration-cluster-api";

const [, , address, username, password, processInstanceKey] = process.argv;
const tell = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
const client = createCamundaClient({
  config: {
    CAMUNDA_REST_ADDRESS: address,
    CAMUNDA_AUTH_STRATEGY: "BASIC",
    CAMUNDA_BASIC_AUTH_USERNAME: username,
    CAMUNDA_BASIC_AUTH_PASSWORD: password,
    CAMUNDA_SDK_VALIDATION: "strict",
    CAMUNDA_SDK_LOG_LEVEL: "silent",
  },
});
const now = { consistency: { waitUpToMs: 0 } };
const filter = { processInstanceKey };

try {
  const me = await client.getAuthentication();
  const topology = await client.getTopology();
  tell("who", { username: me.username, version: topology.gatewayVersion });
  const instance = await client.getProcessInstance({ processInstanceKey }, now);
  const definition = await client.getProcessDefinition({ processDefinitionKey: instance.processDefinitionKey }, now);
  const xml = await client.getProcessDefinitionXml({ processDefinitionKey: instance.processDefinitionKey }, now);
  tell("process", { id: definition.processDefinitionId, state: instance.state, drawn: xml.includes("<bpmn:process") });
  for (const name of ["ProcessInstances", "Variables", "ElementInstances", "Jobs", "MessageSubscriptions", "Incidents"]) {
    const found = await client[`search${name}`]({ filter, page: { from: 0, limit: 5 } }, now);
    tell(name, { count: found.items.length, total: found.page.totalItems });
  }
  const tasks = await client.searchUserTasks({ filter: { ...filter, state: "CREATED" }, sort: [{ field: "creationDate", order: "DESC" }] }, now);
  const { userTaskKey } = tasks.items[0];
  const form = await client.getUserTaskForm({ userTaskKey }, now);
  const seen = await client.searchUserTaskEffectiveVariables({ userTaskKey }, now);
  tell("task", { name: tasks.items[0].name, form: form.formId, seen: seen.items.map((one) => one.name) });
  await client.assignUserTask({ userTaskKey, assignee: username });
  await client.completeUserTask({ userTaskKey, variables: { vermerk: "Geprüft" } });
  const { state, assignee } = await client.getUserTask({ userTaskKey }, now);
  tell("done", { state, assignee });
} catch (fault) {
  tell("error", { message: String(fault), detail: fault.issues ?? null });
}

// A worker with the official JavaScript client: `node worker.mjs BASE LOGIN PASSWORD SUFFIX` (of the topics). Tells each step as a line of JSON.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BasicAuthInterceptor, Client, File, Variables } from "camunda-external-task-client-js";

const [, , baseUrl, username, password, suffix] = process.argv;
const tell = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
const client = new Client({
  baseUrl,
  workerId: "javascript",
  interceptors: new BasicAuthInterceptor({ username, password }),
  asyncResponseTimeout: 5000,
  interval: 20,
  lockDuration: 10000,
});
for (const event of ["poll:error", "complete:error", "handleFailure:error", "handleBpmnError:error", "extendLock:error", "handler:error"]) {
  client.on(event, (...told) => tell("error", { event, message: String(told.at(-1)) }));
}

client.subscribe(`rechnen${suffix}`, { includeExtensionProperties: true }, async ({ task, taskService }) => {
  const given = task.variables.getAll();
  const found = new Variables();
  for (const [name, value] of Object.entries(given)) {
    found.set(`echo_${name}`, value);
  }
  found.set("summe", given.betrag * 2);
  await taskService.complete(task, found, new Variables().set("nur_hier", 41));
  tell("rechnen", { properties: task.extensionProperties, retries: task.retries, key: task.businessKey });
});

client.subscribe(`lange${suffix}`, async ({ task, taskService }) => {
  await taskService.lock(task, 30000);
  await taskService.extendLock(task, 60000);
  tell("verlängert", { id: task.id });
  await taskService.complete(task);
});

client.subscribe(`fehlerhaft${suffix}`, async ({ task, taskService }) => {
  await taskService.handleBpmnError(task, "FEHLER", "Kein Konto", new Variables().set("grund", "konto"));
  tell("fehlerhaft");
});

client.subscribe(`zaehlen${suffix}`, async ({ task, taskService }) => {
  await taskService.complete(task, new Variables().set("von", "js"));
  tell("gezählt", { key: task.businessKey });
});

// Reads a File variable, and gives back two: one of its own and the one it read.
client.subscribe(`stempeln${suffix}`, async ({ task, taskService }) => {
  const given = await task.variables.get("beleg").load();
  const path = join(tmpdir(), `gestempelt-${process.pid}.txt`);
  writeFileSync(path, `${given.content}gestempelt`);
  const made = await new File({ localPath: path, filename: "gestempelt.txt", encoding: "UTF-8" }).load();
  await taskService.complete(task, new Variables().set("ergebnis", made).set("kopie", given));
  tell("gestempelt", { name: given.filename, kind: given.mimeType });
});

// Holds its job without ever ending it, as a program does that hangs; the tests kill it.
client.subscribe(`haengen${suffix}`, { lockDuration: 1000 }, async ({ task }) => {
  tell("hängt", { id: task.id });
});

client.subscribe(`scheitern${suffix}`, async ({ task, taskService }) => {
  if (task.variables.get("repariert")) {
    await taskService.complete(task);
    return;
  }
  const retries = task.retries === null ? 1 : task.retries - 1;
  await taskService.handleFailure(task, { errorMessage: "Papierstau", errorDetails: "Zeile 1\nZeile 2", retries, retryTimeout: 0 });
  tell("gescheitert", { retries });
});

// A worker with Camunda 8's official JavaScript client: `node worker8.mjs ADDRESS LOGIN PASSWORD SUFFIX` (of the job types). Tells each step as
// a line of JSON. The client checks what it sends and what it gets against Camunda's own description of the interface.
import createCamundaClient from "@camunda8/orchestration-cluster-api";

const [, , address, username, password, suffix] = process.argv;
const tell = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
const client = createCamundaClient({
  config: {
    CAMUNDA_REST_ADDRESS: address,
    CAMUNDA_AUTH_STRATEGY: "BASIC",
    CAMUNDA_BASIC_AUTH_USERNAME: username,
    CAMUNDA_BASIC_AUTH_PASSWORD: password,
    CAMUNDA_SDK_VALIDATION: "strict",
  },
  log: {
    level: "error",
    transport: (event) => tell("error", { event: event.args.map(String).join(" ") }),
  },
});

function serve(type, handle) {
  client.createJobWorker({
    jobType: `${type}${suffix}`,
    workerName: "javascript8",
    maxParallelJobs: 5,
    jobTimeoutMs: 10_000,
    pollTimeoutMs: 5_000,
    jobHandler: async (job) => {
      try {
        return await handle(job);
      } catch (fault) {
        tell("error", { type, message: String(fault) });
        throw fault;
      }
    },
  });
}

serve("rechnen", async (job) => {
  const found = Object.fromEntries(Object.entries(job.variables).map(([name, value]) => [`echo_${name}`, value]));
  const receipt = await job.complete({ ...found, summe: job.variables.betrag * 2 });
  tell("rechnen", { headers: job.customHeaders, retries: job.retries, key: job.businessId ?? null, instance: job.processInstanceKey });
  return receipt;
});

serve("lange", async (job) => {
  await job.modifyJobTimeout({ newTimeoutMs: 60_000 });
  tell("verlängert", { id: job.jobKey });
  return job.complete();
});

serve("fehlerhaft", async (job) => {
  const receipt = await job.error({ errorCode: "FEHLER", errorMessage: "Kein Konto", variables: { grund: "konto" } });
  tell("fehlerhaft");
  return receipt;
});

serve("zaehlen", async (job) => {
  const receipt = await job.complete({ von: "js8" });
  tell("gezählt", { key: job.variables.nummer });
  return receipt;
});

serve("scheitern", async (job) => {
  if (job.variables.repariert) {
    return job.complete();
  }
  const receipt = await job.fail({ errorMessage: "Papierstau", retries: job.retries - 1, retryBackOff: 0, variables: { seite: 3 } });
  tell("gescheitert", { retries: job.retries - 1, seite: job.variables.seite ?? null });
  return receipt;
});

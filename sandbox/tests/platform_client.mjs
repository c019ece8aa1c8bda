// Reads what a platform has by its official JavaScript client, and prints it as one line of JSON.
//
// node platform_client.mjs FOLDER_WITH_NODE_MODULES API_URL AUTH_URL API_TOKEN PROJECT ENVIRONMENT
import { createRequire } from "node:module";

const [folder, api_url, token_url, api_token, projectId, environmentId] = process.argv.slice(2);
const Client = createRequire(`${folder}/`)("platformsh-client").default;

const body = new URLSearchParams({ grant_type: "api_token", client_id: "reader", api_token });
const { access_token } = await (await fetch(token_url, { method: "POST", body })).json();
const client = new Client({ api_url: `${api_url}/api`, base_url: api_url, access_token, authorization: "" });

const project = await client.getProject(projectId);
const environments = await project.getEnvironments();
const environment = await project.getEnvironment(environmentId);
const activities = await environment.getActivities();
const integrations = await project.getIntegrations();
const deployment = await client.getCurrentDeployment(projectId, environmentId);
const seen = {
  project: project.id,
  environments: environments.map(({ id, status }) => ({ id, status })),
  can_redeploy: Boolean(environment.hasLink("#redeploy")),
  activities: activities.map((it) => ({ id: it.id, type: it.type, state: it.state, result: it.result, done: it.isComplete() })),
  integrations: integrations.map((it) => it.type),
  webapps: Object.keys(deployment.webapps),
};
console.log(JSON.stringify(seen));

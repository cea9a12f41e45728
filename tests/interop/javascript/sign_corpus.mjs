// Signs the requests of a corpus with the signer of a version of the SDK, as its clients do.
//
//     node sign_corpus.mjs v2|v3 MODEL CORPUS SIGNED        host, Region and key from the environment
//
// Each line of SIGNED is what would go over the wire: [method, path, query, headers, body in base64].

import { readFileSync, writeFileSync } from "node:fs";

const [version, model, corpus, signed] = process.argv.slice(2);
const { CORPUS_HOST: host, AWS_REGION: region } = process.env;

/** Return a function from method, labels, pairs by name, headers and body to what is sent. */
async function signer() {
  return version === "v3" ? version3(JSON.parse(readFileSync(model))) : version2();
}

async function version3(model) {
  const { buildQueryString, extendedEncodeURIComponent } = await import("@smithy/core/protocols");
  const { make } = await import("./schemas_v3.mjs");
  const { SecurityIRClient } = make(model);
  const client = new SecurityIRClient({ endpoint: `http://${host}` });
  const found = await client.config.signer({ name: "sigv4", properties: { signingRegion: region } });
  const [hostname, port] = host.split(":");
  return async (method, labels, query, headers, body) => {
    const path = "/v1/" + labels.map(extendedEncodeURIComponent).join("/");
    const draft = {
      method, protocol: "http:", hostname, port: Number(port), path, query, body,
      headers: { ...headers, host },
      clone() { return { ...this, headers: { ...this.headers } }; },
    };
    const request = await found.sign(draft, { signingRegion: region, signingService: "security-ir" });
    return [method, request.path, buildQueryString(request.query), Object.entries(request.headers)];
  };
}

async function version2() {
  process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
  const { default: AWS } = await import("aws-sdk");
  const { util } = AWS;
  const credentials = new AWS.EnvironmentCredentials("AWS");
  return async (method, labels, query, headers, body) => {
    const request = new AWS.HttpRequest(new AWS.Endpoint(`http://${host}`), region);
    const parts = Object.keys(query).sort().flatMap(
      (name) => query[name].map((value) => `${util.uriEscape(name)}=${util.uriEscape(value)}`),
    );
    request.method = method;
    request.path = "/v1/" + labels.map(util.uriEscape).join("/") + (parts.length ? `?${parts.join("&")}` : "");
    request.body = body;
    Object.assign(request.headers, headers, { Host: host });
    new AWS.Signers.V4(request, "security-ir", { signatureCache: true }).addAuthorization(credentials, new Date());
    const [path, ...rest] = request.path.split("?");
    return [method, path, rest.join("?"), Object.entries(request.headers)];
  };
}

const sign = await signer();
const lines = [];
for (const line of readFileSync(corpus, "utf8").split("\n").filter(Boolean)) {
  const { method, labels, pairs, headers, body } = JSON.parse(line);
  const query = {};
  for (const [name, value] of pairs) (query[name] ??= []).push(value);
  const bytes = Buffer.from(body, "base64");
  const sent = await sign(method, labels, query, headers, bytes);
  const named = sent[3].map(([name, value]) => [name.toLowerCase(), String(value)]);
  lines.push(JSON.stringify([...sent.slice(0, 3), named, body]));
}
writeFileSync(signed, lines.join("\n") + "\n");

// The service's client for version 3 of the AWS SDK for JavaScript, made from a service model.
//
// In v3 a service's package is data (schemas of its operations and errors) for a pipeline that all
// services share: protocol, signer, retries, paginator. The pipeline here is that of a stock client
// of another service with the same protocol, unchanged; the data is made from botocore's model, as
// the generator makes the package's. So nothing of what goes over the wire is ours.

import { AccountClient } from "@aws-sdk/client-account";
import { createPaginator } from "@smithy/core";
import { makeBuilder, ServiceException } from "@smithy/core/client";
import { getEndpointPlugin } from "@smithy/core/endpoints";
import { TypeRegistry } from "@smithy/core/schema";

const NAMESPACE = "com.amazonaws.securityir";
const SYNTHETIC = `smithy.ts.sdk.synthetic.${NAMESPACE}`;
const LEAVES = { string: 0, integer: 1, long: 1, boolean: 2, timestamp: 4 };
const ENDPOINT = {
  UseFIPS: { type: "builtInParams", name: "useFipsEndpoint" },
  Endpoint: { type: "builtInParams", name: "endpoint" },
  Region: { type: "builtInParams", name: "region" },
  UseDualStack: { type: "builtInParams", name: "useDualstackEndpoint" },
};

/** Return { SecurityIRClient, commands, errors, paginate } of botocore's `model`. */
export function make(model) {
  const schemas = new Map();
  const schemaOf = (name) => {
    if (!schemas.has(name)) schemas.set(name, schema(name, model.shapes[name], schemaOf));
    return schemas.get(name);
  };
  const errors = errorClasses(model, schemaOf);
  const command = makeBuilder(ENDPOINT, "SecurityIncidentResponse", "SecurityIRClient", getEndpointPlugin);
  const commands = Object.fromEntries(
    Object.values(model.operations).map((operation) => [
      operation.name,
      class extends command({}, () => [], operation.name, operationSchema(operation, schemaOf)) {},
    ]),
  );
  const SecurityIRClient = clientClass(model);
  const paginate = (operation) => createPaginator(
    SecurityIRClient, commands[operation], "nextToken", "nextToken", "maxResults",
  );
  return { SecurityIRClient, commands, errors, paginate };
}

function clientClass(model) {
  const { apiVersion, serviceId, signingName } = model.metadata;
  const protocolSettings = {
    defaultNamespace: NAMESPACE,
    errorTypeRegistries: [TypeRegistry.for(SYNTHETIC), TypeRegistry.for(NAMESPACE)],
    version: apiVersion,
    serviceTarget: "SecurityIncidentResponse",
  };
  return class SecurityIRClient extends AccountClient {
    constructor(configuration = {}) {
      super({ serviceId, signingName, protocolSettings, ...configuration });
    }
  };
}

function errorClasses(model, schemaOf) {
  const classes = {};
  const base = [-3, SYNTHETIC, "SecurityIRServiceException", 0, [], []];
  TypeRegistry.for(SYNTHETIC).registerError(base, ServiceException);
  for (const [name, shape] of Object.entries(model.shapes)) {
    if (!shape.exception) continue;
    const fault = shape.error?.senderFault ? "client" : "server";
    classes[name] = class extends ServiceException {
      constructor(options) {
        super({ name, $fault: fault, ...options });
        if (shape.retryable) this.$retryable = shape.retryable;
        for (const member of Object.keys(shape.members)) this[member] = options[member];
      }
    };
    TypeRegistry.for(NAMESPACE).registerError(schemaOf(name), classes[name]);
  }
  return classes;
}

function operationSchema({ name, http, input, output }, schemaOf) {
  const traits = { http: [http.method, http.requestUri, http.responseCode ?? 200] };
  const empty = [3, NAMESPACE, "Empty", 0, [], []];
  const shape = (reference) => () => (reference ? schemaOf(reference.shape) : empty);
  return [9, NAMESPACE, name, traits, shape(input), shape(output)];
}

function schema(name, shape, schemaOf) {
  const to = (member) => () => schemaOf(member.shape);
  if (shape.type === "list") return [1, NAMESPACE, name, 0, to(shape.member)];
  if (shape.type === "map") return [2, NAMESPACE, name, 0, to(shape.key), to(shape.value)];
  if (shape.type !== "structure") return LEAVES[shape.type];
  const members = Object.entries(shape.members);
  const traits = shape.exception ? { error: "client", httpError: shape.error.httpStatusCode } : 0;
  return [
    shape.exception ? -3 : 3, NAMESPACE, name, traits,
    members.map(([member]) => member),
    members.map(([member, reference]) => [to(reference), memberTraits(member, reference)]),
  ];
}

function memberTraits(name, { location, locationName = name, idempotencyToken }) {
  if (location === "uri") return { httpLabel: 1 };
  if (location === "querystring") return { httpQuery: locationName };
  if (location === "header") return { httpHeader: locationName };
  return idempotencyToken ? { idempotencyToken: 1 } : 0;
}

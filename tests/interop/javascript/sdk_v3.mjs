// Version 3 of the AWS SDK for JavaScript, as the journey wants to call an SDK.

import { make } from "./schemas_v3.mjs";

/** Return { call, isError, statusOf, items } of a client that the environment configures. */
export function connect(model) {
  const { SecurityIRClient, commands, errors, paginate } = make(model);
  const client = new SecurityIRClient();
  return {
    async call(operation, input) {
      const { $metadata, ...output } = await client.send(new commands[operation](input));
      return { status: $metadata.httpStatusCode, ...output };
    },
    isError: (error, name) => error instanceof errors[name],
    statusOf: (error) => error.$metadata.httpStatusCode,
    async items(operation, input, member) {
      const found = [];
      for await (const page of paginate(operation)({ client, pageSize: 1 }, input)) found.push(...page[member]);
      return found;
    },
  };
}

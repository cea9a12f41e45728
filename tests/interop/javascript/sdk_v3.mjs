// Version 3 of the AWS SDK for JavaScript, as the journey wants to call an SDK.

import { make } from "./schemas_v3.mjs";

/** Return { call, isError, memberships } of a client that the environment configures. */
export function connect(model) {
  const { SecurityIRClient, commands, errors, paginateListMemberships } = make(model);
  const client = new SecurityIRClient();
  return {
    async call(operation, input) {
      const { $metadata, ...output } = await client.send(new commands[operation](input));
      return { status: $metadata.httpStatusCode, ...output };
    },
    isError: (error, name) => error instanceof errors[name],
    statusOf: (error) => error.$metadata.httpStatusCode,
    async memberships() {
      const found = [];
      for await (const { items } of paginateListMemberships({ client, pageSize: 1 }, {})) found.push(...items);
      return found;
    },
  };
}

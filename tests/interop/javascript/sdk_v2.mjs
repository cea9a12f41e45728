// Version 2 of the AWS SDK for JavaScript, which takes any service's model as it is.
// It is out of support but much used, and sends `{}` where an operation has no body.

process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
process.env.AWS_SDK_LOAD_CONFIG = "1"; // reads AWS_SHARED_CREDENTIALS_FILE as the other SDKs do
const { default: AWS } = await import("aws-sdk");

// It reads no endpoint of sts from the environment, so a role is assumed by its own provider.
const role = process.env.ROLE_ARN && {
  credentials: new AWS.ChainableTemporaryCredentials({
    params: { RoleArn: process.env.ROLE_ARN, RoleSessionName: "javascript" },
    stsConfig: { endpoint: process.env.AWS_ENDPOINT_URL_STS, region: process.env.AWS_REGION },
    masterCredentials: new AWS.SharedIniFileCredentials(),
  }),
};

/** Return { call, isError, statusOf, items } of a client that the environment configures. */
export function connect(model) {
  const client = new AWS.Service({
    apiConfig: model,
    endpoint: process.env.AWS_ENDPOINT_URL_SECURITY_IR,
    region: process.env.AWS_DEFAULT_REGION,
    ...role,
  });
  const call = async (operation, input) => {
    const method = operation[0].toLowerCase() + operation.slice(1);
    const output = await client[method](input).promise();
    return { status: output.$response.httpResponse.statusCode, ...output };
  };
  return {
    call,
    isError: (error, name) => error.code === name,
    statusOf: (error) => error.statusCode,
    async items(operation, input, member) {
      const found = [];
      let nextToken;
      do {
        const page = await call(operation, { ...input, maxResults: 1, nextToken });
        found.push(...page[member]);
        nextToken = page.nextToken;
      } while (nextToken);
      return found;
    },
  };
}

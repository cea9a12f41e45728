// One journey through everything that works; prints what was answered as JSON.
//
//     node journey.mjs v2|v3 MODEL PARAMETERS        both files JSON; endpoint and key as always

import { readFileSync } from "node:fs";

const [version, ...paths] = process.argv.slice(2);
const [model, parameters] = paths.map((path) => JSON.parse(readFileSync(path)));
const { connect } = await import(`./sdk_${version}.mjs`);
const { call, isError, statusOf, items } = connect(model);

/** Return what the error of that name says; anything else is thrown on. */
async function refused(name, operation, input) {
  try {
    await call(operation, input);
  } catch (error) {
    if (!isError(error, name)) throw error;
    const { message, reason, fieldList, resourceId, resourceType } = error;
    return { status: statusOf(error), message, reason, fieldList, resourceId, resourceType };
  }
  throw new Error(`${name} was not raised`);
}

const create = await call("CreateMembership", parameters);
const replay = await call("CreateMembership", parameters);
const get = await call("GetMembership", { membershipId: create.membershipId });
get.membershipActivationTimestamp = get.membershipActivationTimestamp.getTime() / 1000;
const resourceArn = get.membershipArn;
const tagKeys = ["empty", "a key/with: signs", "none"];
const tags = {
  before: await call("ListTagsForResource", { resourceArn }),
  tag: await call("TagResource", { resourceArn, tags: { team: "red", "später": "ja" } }),
  untag: await call("UntagResource", { resourceArn, tagKeys }),
  after: await call("ListTagsForResource", { resourceArn }),
};
const { clientToken, ...another } = parameters; // the SDK fills in a token of its own
const refusals = {
  second: await refused("ConflictException", "CreateMembership", another),
  invalid: await refused("ValidationException", "CreateMembership", {
    ...another,
    membershipName: "n".repeat(51),
  }),
  foreign: await refused("AccessDeniedException", "GetMembership", {
    membershipId: `m-${"0".repeat(30)}`,
  }),
};
const list = await items("ListMemberships", {}, "items");
process.stdout.write(JSON.stringify({ create, replay, get, list, tags, refusals }));

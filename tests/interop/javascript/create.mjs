// One CreateMembership without a clientToken, which the SDK fills in; prints the answer as JSON.
//
//     node create.mjs v2|v3 MODEL PARAMETERS

import { readFileSync } from "node:fs";

const [version, ...paths] = process.argv.slice(2);
const [model, parameters] = paths.map((path) => JSON.parse(readFileSync(path)));
const { connect } = await import(`./sdk_${version}.mjs`);
delete parameters.clientToken;
process.stdout.write(JSON.stringify(await connect(model).call("CreateMembership", parameters)));

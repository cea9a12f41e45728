// One call; prints the answer as JSON.
//
//     node call.mjs v2|v3 MODEL OPERATION PARAMETERS        MODEL is a file, PARAMETERS is JSON

import { readFileSync } from "node:fs";

const [version, path, operation, parameters] = process.argv.slice(2);
const { connect } = await import(`./sdk_${version}.mjs`);
const client = connect(JSON.parse(readFileSync(path)));
process.stdout.write(JSON.stringify(await client.call(operation, JSON.parse(parameters))));

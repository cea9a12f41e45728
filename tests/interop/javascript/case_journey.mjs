// A case from opening to closing; prints what was answered as JSON.
//
//     node case_journey.mjs v2|v3 MODEL CASE SUPPORTED      two JSON files, and a case to read

import { readFileSync } from "node:fs";

const [version, modelPath, casePath, supported] = process.argv.slice(2);
const [model, opening] = [modelPath, casePath].map((path) => JSON.parse(readFileSync(path)));
const { connect } = await import(`./sdk_${version}.mjs`);
const { call, isError, items } = connect(model);
const { send } = await import(`./http_${version}.mjs`);

opening.reportedIncidentStartDate = new Date(opening.reportedIncidentStartDate * 1000);
const create = await call("CreateCase", opening);
const replay = await call("CreateCase", opening);
const { caseId } = create;
for (const body of ["Erster.", "Zweiter 🚒.", "Dritter."]) await call("CreateCaseComment", { caseId, body });
const status = await call("UpdateCaseStatus", { caseId, caseStatus: "Detection and Analysis" });
const found = await call("GetCase", { caseId });
const resourceArn = found.caseArn;
const tag = await call("TagResource", { resourceArn, tags: { "später": "ja" } });
await call("UntagResource", { resourceArn, tagKeys: ["a key/with: signs"] });

const evidence = Buffer.alloc(2 ** 21, Uint8Array.from({ length: 256 }, (_, each) => each));
const upload = await call("GetCaseAttachmentUploadUrl", {
  caseId, fileName: "dump.bin", contentLength: evidence.length,
});
const headers = { "If-None-Match": "*", "Content-Type": "application/octet-stream" };
const put = [];
for (let times = 0; times < 2; times++) {
  put.push((await send("PUT", upload.attachmentPresignedUrl, headers, evidence)).status);
}
const [{ attachmentId }] = (await call("GetCase", { caseId })).caseAttachments;
const download = await call("GetCaseAttachmentDownloadUrl", { caseId, attachmentId });
const { body } = await send("GET", download.attachmentPresignedUrl, {});

const comments = await items("ListComments", { caseId }, "items");
const cases = await items("ListCases", {}, "items");
const investigations = await items("ListInvestigations", { caseId: supported }, "investigationActions");
const end = await call("CloseCase", { caseId });
let conflict;
try {
  await call("CreateCaseComment", { caseId, body: "Late." });
} catch (error) {
  if (!isError(error, "ConflictException")) throw error;
  conflict = { resourceId: error.resourceId, resourceType: error.resourceType };
}
process.stdout.write(JSON.stringify({
  "cases made": [...new Set([create.caseId, replay.caseId])],
  statuses: [create, status, tag, upload, download].map((each) => each.status),
  reported: found.reportedIncidentStartDate.getTime() / 1000,
  comments: comments.length,
  cases: cases.map((each) => each.caseId),
  investigations: investigations.map((each) => each.title),
  put,
  evidence: body.toString("base64"),
  closed: end.caseStatus,
  conflict,
}));

// Plain HTTP as programs of the time of version 2 send it: node:http, in several writes.

import { request } from "node:http";

const WRITE = 65536;

/** Send one request; return { status, body }. */
export function send(method, url, headers, body) {
  return new Promise((resolve, reject) => {
    const length = body ? { "Content-Length": body.length } : {};
    const sent = request(url, { method, headers: { ...headers, ...length } }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode, body: Buffer.concat(parts) }));
    });
    sent.on("error", reject);
    for (let start = 0; start < (body?.length ?? 0); start += WRITE) sent.write(body.subarray(start, start + WRITE));
    sent.end();
  });
}

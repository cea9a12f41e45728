// Plain HTTP as programs of today send it: fetch.

/** Send one request; return { status, body }. */
export async function send(method, url, headers, body) {
  const answer = await fetch(url, { method, headers, body });
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}

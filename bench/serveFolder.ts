/** Serves the files of a folder by range requests, as a process of its own; prints the port. Ends with its input. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

const [folder] = process.argv.slice(2);
const server = createServer((request, response) => {
  const file = path.join(folder, path.basename(request.url ?? ''));
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    response.writeHead(404).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(size - 1, Number(range[2])) : size - 1;
  const headers = { 'Content-Length': end - start + 1, 'Accept-Ranges': 'bytes' };
  if (range) response.writeHead(206, { ...headers, 'Content-Range': `bytes ${start}-${end}/${size}` });
  else response.writeHead(200, headers);
  if (request.method === 'HEAD') response.end();
  // In large pieces, so that the server is not what is measured.
  else createReadStream(file, { start, end, highWaterMark: 2 ** 20 }).pipe(response);
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.on('end', () => process.exit()).resume();

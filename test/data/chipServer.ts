import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request gets instead of its file; undefined: the file. */
export type Fault = 'drop' | 'half' | 'hang' | 'whole' | number | undefined;

/** Serves files by range requests, with faults on demand; keeps the ranges asked for. */
export async function startChipServer(files: ReadonlyMap<string, Uint8Array>) {
  const requests: { path: string; range: string | undefined }[] = [];
  /** The fault of the next request for a path. */
  let faultOf: (path: string, count: number) => Fault = () => undefined;
  let [open, mostOpen, delay] = [0, 0, 0];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const count = requests.filter((made) => made.path === path).length;
    requests.push({ path, range: request.headers.range });
    mostOpen = Math.max(mostOpen, ++open);
    response.on('close', () => open--);
    const reply = () => answer(request, response, files.get(path), faultOf(path, count));
    if (delay > 0) setTimeout(reply, delay);
    else reply();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    requests,
    /** Requests that were open at the same time, at most. */
    mostOpen: () => mostOpen,
    /** From now on answers come so many milliseconds late. */
    delay(milliseconds: number): void {
      delay = milliseconds;
      if (delay > 0) mostOpen = 0;
    },
    urlOf: (path: string) => `${origin}${path}`,
    faults(next: typeof faultOf = () => undefined): void {
      faultOf = next;
      requests.length = 0;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  file: Uint8Array | undefined,
  fault: Fault,
) {
  if (fault === 'hang') return;
  if (fault === 'drop') {
    request.socket.destroy();
    return;
  }
  if (file === undefined || typeof fault === 'number') {
    response.writeHead(typeof fault === 'number' ? fault : 404).end('no');
    return;
  }
  const [from, to] = (/^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')?.slice(1) ?? []).map(Number);
  if (fault === 'whole' || from === undefined) {
    response.writeHead(200, { 'Content-Length': file.length }).end(file);
    return;
  }
  if (from >= file.length) {
    response.writeHead(416).end();
    return;
  }
  const part = file.subarray(from, to + 1);
  const range = `bytes ${from}-${from + part.length - 1}/${file.length}`;
  response.writeHead(206, { 'Content-Range': range, 'Content-Length': part.length });
  if (fault === 'half') response.write(part.subarray(0, part.length >> 1), () => request.socket.destroy());
  else response.end(part);
}

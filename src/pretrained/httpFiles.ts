import { argumentError } from '../internal/checks.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { HttpSource } from './HttpSource.js';

/**
 * The files below an http(s) address, for {@link fromPretrained}. Each is read as a stream, tensor by tensor, from
 * servers with and without ranges; in a page of another origin the server must allow it (CORS).
 *
 * @param base The folder's address, absolute or relative to the page. What follows `?` goes with each file; a user and
 * password in it are sent as a header.
 * @throws `ConfigError` if it is no such address.
 * @example
 * ```ts no-run
 * import { fromPretrained, httpFiles } from 'diffusion-ssl/pretrained';
 *
 * const { model } = await fromPretrained(httpFiles('https://example.org/models/nicfi'));
 * ```
 */
export function httpFiles(base: string): ModelFiles {
  const folder = folderOf(base);
  /** The source whose answer is open: browsers and servers grant a few at a time. */
  let open: HttpSource | undefined;
  const turns = {
    async take(source: HttpSource) {
      if (open !== source) await open?.close();
      open = source;
    },
  };
  // No query, which may hold a secret.
  const place = `${folder.origin}${folder.pathname}`.replace(/\/$/, '');
  return {
    place,
    async open(name) {
      const address = new URL(encodeURIComponent(name), folder);
      address.search = folder.search;
      const source = new HttpSource(address.href, `${place}/${name}`, turns);
      return (await source.open()) ? source : undefined;
    },
    folder(name) {
      const address = new URL(`${encodeURIComponent(name)}/`, folder);
      address.search = folder.search;
      return httpFiles(address.href);
    },
  };
}

function folderOf(base: string): URL {
  try {
    const here = typeof location === 'undefined' ? undefined : location.href;
    const url = new URL(base, here);
    if (!/^https?:$/.test(url.protocol)) throw new Error('no http');
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    return url;
  } catch {
    throw argumentError('httpFiles: base', base, 'an http(s) address');
  }
}

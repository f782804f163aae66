import { get, type IncomingMessage } from 'node:http';
import { get as getSecurely } from 'node:https';
import { fetchRange } from '../fetchRange.js';
import type { RangeRequest } from '../RangeRequest.js';

/**
 * Makes a {@link RangeRequest} by Node's own client, which takes half of the processor's time that its `fetch` takes
 * for large parts. Redirections and encoded content are left to `fetch`, from the first on.
 */
export function httpRange(): RangeRequest {
  let isLeft = false;
  return async (address, headers, timeout) => {
    if (isLeft) return fetchRange(address, headers, timeout);
    const signal = AbortSignal.timeout(timeout);
    const reasonOf = (error: Error) => (signal.aborted ? signal.reason : error);
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = address.startsWith('https:') ? getSecurely : get;
      send(address, { headers, signal }, resolve).on('error', (error) => reject(reasonOf(error)));
    });
    const { statusCode: status = 0, statusMessage: statusText = '' } = message;
    const encoding = message.headers['content-encoding'] ?? 'identity';
    isLeft = [301, 302, 303, 307, 308].includes(status) || encoding !== 'identity';
    if (isLeft) {
      message.destroy();
      return fetchRange(address, headers, timeout);
    }
    return {
      status,
      statusText,
      header: (name) => message.headers[name]?.toString() ?? null,
      receive: (take) =>
        new Promise((resolve, reject) => {
          message.on('data', (piece: Uint8Array) => {
            try {
              take(piece);
            } catch (error) {
              reject(error);
              message.destroy();
            }
          });
          message.on('end', resolve);
          message.on('error', (error) => reject(reasonOf(error)));
          // Without an error only where somebody has ended it.
          message.on('close', () => reject(new Error('the connection was closed')));
        }),
      cancel: async () => {
        message.destroy();
      },
    };
  };
}

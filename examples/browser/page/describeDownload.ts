import type { Download } from '../shared/types.js';

/** What is loading and how far it is, in words. */
export function describeDownload({ what, loadedBytes, totalBytes }: Download): string {
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(0);
  const of = totalBytes === undefined ? '' : ` of ${kilobytes(totalBytes)}`;
  return `loading ${what}, ${kilobytes(loadedBytes)}${of} kB…`;
}

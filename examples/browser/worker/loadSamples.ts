import type { DownloadProgress } from 'diffusion-ssl/backends';
import { Dataset } from './Dataset.js';

const SIZE = 64;
const BANDS = ['red', 'green', 'blue', 'elevation'];

/** Fetches the bundle of sample chips, and tells how far it is. */
export async function loadSamples(url: string, onDownload: DownloadProgress): Promise<Dataset> {
  const response = await fetch(url);
  if (!response.ok || !response.body)
    throw new Error(
      `The sample chips do not load (${response.status}). Is the folder samples/ on the server?`,
    );
  const dataset = new Dataset('NASA Blue Marble', SIZE, BANDS.length, BANDS);
  const length = SIZE ** 2 * BANDS.length;
  let rest = new Uint8Array();
  let loaded = 0;
  const total = Number(response.headers.get('content-length')) || undefined;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return dataset;
    loaded += value.length;
    // Of a compressed file the length is that on the way.
    onDownload(loaded, total !== undefined && loaded > total ? undefined : total);
    const bytes = new Uint8Array(rest.length + value.length);
    bytes.set(rest);
    bytes.set(value, rest.length);
    const whole = bytes.length - (bytes.length % length);
    for (let start = 0; start < whole; start += length) {
      dataset.add(Float32Array.from(bytes.subarray(start, start + length)));
    }
    rest = bytes.subarray(whole);
  }
}

import { Dataset } from './Dataset.js';

const SIZE = 64;
const BANDS = ['red', 'green', 'blue', 'elevation'];

/** Fetches the bundle of sample chips. */
export async function loadSamples(url: string): Promise<Dataset> {
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(
      `The sample chips do not load (${response.status}). Is the folder samples/ on the server?`,
    );
  const bytes = new Uint8Array(await response.arrayBuffer());
  const dataset = new Dataset('NASA Blue Marble', SIZE, BANDS.length, BANDS);
  const length = SIZE ** 2 * BANDS.length;
  for (let start = 0; start + length <= bytes.length; start += length) {
    const data = Float32Array.from(bytes.subarray(start, start + length));
    dataset.add({ height: SIZE, width: SIZE, channels: BANDS.length, data }, [], true);
  }
  return dataset;
}

import { isRemote } from '../checkChipPath.js';
import { shownPath } from '../shownPath.js';
import type { ChipTaskRunner } from './ChipLoader.js';
import type { ChipReaderSettings } from './ChipReader.js';
import { ChipWorkerClient } from './ChipWorkerClient.js';
import { chipWorkerUrl } from './chipWorkerUrl.js';
import { inlineRunner } from './inlineRunner.js';

/**
 * So many worker threads, or with 0 the main thread.
 *
 * @param imagesOf The paths of the chip of an index, for the error of a crash.
 */
export function makeRunners(
  workers: number,
  settings: ChipReaderSettings,
  imagesOf: (index: number) => readonly string[] | undefined,
  { workerUrl: url, chipTimeout = 60_000 }: { workerUrl?: URL; chipTimeout?: number },
): ChipTaskRunner[] {
  if (workers === 0) {
    return [inlineRunner(settings)];
  }
  const workerUrl = url ?? chipWorkerUrl();
  const describe = (index: number) => {
    const images = imagesOf(index) ?? [];
    return { name: images.map(shownPath).join(' + '), patient: images.some(isRemote) };
  };
  return Array.from(
    { length: workers },
    () => new ChipWorkerClient(workerUrl, settings, describe, chipTimeout),
  );
}

import type { GeoTiffInfo } from '../geoTiffTypes.js';
import { readExactly, type TiffSource } from './TiffSource.js';
import type { TiffLayout } from './tiffLayout.js';

/** Blocks of which bytes are taken, and how many of each, at most. */
const BLOCKS = 8;
const BYTES = 2 ** 16;

/**
 * What tells a large file from one of other content without reading it: what its header says, the stored length of
 * every strip and tile, and the beginning of eight of them, evenly spread. A pixel that changes without a change of its
 * block's length stays unseen elsewhere.
 *
 * @param layouts The image and its mask.
 */
export async function fingerprint(
  source: TiffSource,
  layouts: readonly TiffLayout[],
  info: GeoTiffInfo,
): Promise<Uint8Array[]> {
  // JSON knows no NaN. Names change no value.
  const facts = JSON.stringify({ ...info, nodata: String(info.nodata), bandNames: undefined });
  const parts: Uint8Array[] = [new TextEncoder().encode(facts)];
  for (const { counts, offsets } of layouts) {
    parts.push(new Uint8Array(Float64Array.from(counts).buffer));
    const written = Array.from(counts, (_, block) => block).filter((block) => counts[block] > 0);
    const stride = Math.max(1, written.length / BLOCKS);
    const ranges = Array.from({ length: Math.min(BLOCKS, written.length) }, (_, i) => {
      const block = written[Math.floor(i * stride)];
      return { offset: offsets[block], length: Math.min(BYTES, counts[block]) };
    });
    await source.prefetch?.(ranges);
    for (const { offset, length } of ranges) parts.push(await readExactly(source, offset, length));
  }
  return parts;
}

import { BYTES_OF_TYPE, TAGS, TiffDirectory, type TiffValue } from './TiffDirectory.js';
import { readExactly, type TiffSource } from './TiffSource.js';

/** Directories after the first that are looked at: overviews, masks, pages. */
const MOST_DIRECTORIES = 64;
/** Entries of a directory, at most: libtiff's own limit. */
const MOST_ENTRIES = 4096;
/** Bytes of a tag's value, at most: eight million places of tiles. */
const MOST_VALUE_BYTES = 2 ** 25;
/** Of all directories together. */
const MOST_TAG_BYTES = 2 ** 27;
const KNOWN = new Set<number>(Object.values(TAGS));

/** A TIFF's beginning: where its directories are, and how they are written. */
export interface TiffHeader {
  littleEndian: boolean;
  big: boolean;
  /** Offset of the first directory. */
  first: number;
}

/**
 * The header of a TIFF or BigTIFF of either byte order.
 *
 * @returns undefined when the bytes are no TIFF.
 */
export function parseTiffHeader(bytes: Uint8Array): TiffHeader | undefined {
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const littleEndian = order === 0x4949;
  const version = view.getUint16(2, littleEndian);
  if (version === 42) return { littleEndian, big: false, first: view.getUint32(4, littleEndian) };
  if (version !== 43 || bytes.length < 16 || view.getUint16(4, littleEndian) !== 8) return undefined;
  return { littleEndian, big: true, first: Number(view.getBigUint64(8, littleEndian)) };
}

/**
 * Reads the directories of a TIFF in order: the image, then its overviews, masks and further pages. Follows the TIFF
 * 6.0 specification and BigTIFF. A chain that turns back ends.
 *
 * @throws If a directory, or a value of a tag that is read, lies beyond the file's end.
 */
export async function* readDirectories(
  source: TiffSource,
  { littleEndian, big, first }: TiffHeader,
): AsyncGenerator<TiffDirectory, void, void> {
  const seen = new Set<number>();
  const budget = { bytes: MOST_TAG_BYTES };
  for (let offset = first; offset !== 0 && !seen.has(offset) && seen.size < MOST_DIRECTORIES; ) {
    seen.add(offset);
    const { directory, next } = await readDirectory(source, offset, { littleEndian, big, budget });
    yield directory;
    offset = next;
  }
}

async function readDirectory(
  source: TiffSource,
  offset: number,
  { littleEndian, big, budget }: { littleEndian: boolean; big: boolean; budget: { bytes: number } },
) {
  const [countSize, entrySize, offsetSize] = big ? [8, 20, 8] : [2, 12, 4];
  const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = viewOf(await readExactly(source, offset, countSize));
  const count = big ? Number(start.getBigUint64(0, littleEndian)) : start.getUint16(0, littleEndian);
  if (count === 0 || count > MOST_ENTRIES) {
    throw new Error(`its directory has ${count} entries (1 to ${MOST_ENTRIES} are read).`);
  }
  const entries = await readExactly(source, offset + countSize, count * entrySize);
  const view = viewOf(entries);
  const readOffset = (of: DataView, at: number) =>
    big ? Number(of.getBigUint64(at, littleEndian)) : of.getUint32(at, littleEndian);
  const values = new Map<number, TiffValue>();
  for (let at = 0; at < entries.length; at += entrySize) {
    const tag = view.getUint16(at, littleEndian);
    const type = view.getUint16(at + 2, littleEndian);
    const size = BYTES_OF_TYPE[type];
    // Of a tag that stands twice, the first counts, as in libtiff.
    if (!KNOWN.has(tag) || size === undefined || values.has(tag)) continue;
    const amount = readOffset(view, at + 4);
    const length = size * amount;
    if (length > MOST_VALUE_BYTES) throw new Error(`its tag ${tag} has ${amount} values.`);
    budget.bytes -= length;
    if (budget.bytes < 0) throw new Error(`its tags have more than ${MOST_TAG_BYTES} bytes.`);
    const place = at + 4 + offsetSize;
    const bytes =
      length <= offsetSize
        ? entries.subarray(place, place + length)
        : await readExactly(source, readOffset(view, place), length);
    values.set(tag, { type, count: amount, bytes });
  }
  // Some writers end a file behind the last entry; then there is no other directory.
  const behind = offset + countSize + count * entrySize;
  const link = behind + offsetSize <= source.size ? await source.read(behind, offsetSize) : new Uint8Array(0);
  const next = link.length === offsetSize ? readOffset(viewOf(link), 0) : 0;
  return { directory: new TiffDirectory(littleEndian, values), next };
}

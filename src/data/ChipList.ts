import { ConfigError } from '../errors/ConfigError.js';
import { checkInteger } from '../internal/checks.js';

/** One chip to load: the paths of its rasters, whose bands are stacked in this order. */
export interface ChipRow {
  images: readonly string[];
}

/** Chips by their number: an array, a {@link ChipList}, or a list of one's own. */
export interface ChipRows {
  readonly length: number;
  /** The chip of an index from 0 to `length - 1`. */
  at(index: number): ChipRow | undefined;
}

/**
 * A list of chips that keeps their paths as bytes, one after the other: about the length of its paths and four bytes a
 * row, where an array of rows takes some hundred bytes and several objects a row.
 *
 * @example
 * import { ChipList } from 'diffusion-ssl/data';
 * const list = new ChipList();
 * list.push({ images: ['a/red.tif', 'a/blue.tif'] });
 * console.log(list.length, list.at(0)?.images);
 */
export class ChipList implements ChipRows, Iterable<ChipRow> {
  private text = new Uint8Array(1024);
  private ends = new Uint32Array(64);
  private count = 0;
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder();

  /** Number of chips. */
  get length(): number {
    return this.count;
  }

  /** Bytes that the list holds. */
  get byteLength(): number {
    return this.text.byteLength + this.ends.byteLength;
  }

  /**
   * Adds a chip at the end.
   *
   * @throws If a path holds a zero character, or all paths together are longer than 4 GiB.
   */
  push({ images }: ChipRow): void {
    if (images.length === 0 || images.some((image) => image.includes('\0')))
      throw new ConfigError(
        `ChipList.push: images is ${JSON.stringify(images)}; it must be paths without zero characters.`,
      );
    const row = images.length === 1 ? images[0] : images.join('\0');
    const begin = this.begin(this.count);
    // A UTF-16 unit takes three bytes at most.
    if (begin + 3 * row.length > this.text.length) this.text = grown(this.text, begin + 3 * row.length);
    const end = begin + this.encoder.encodeInto(row, this.text.subarray(begin)).written;
    checkInteger('ChipList.push: length of all paths', end, 0, 2 ** 32 - 1);
    if (this.count === this.ends.length) this.ends = grown(this.ends, this.count + 1);
    this.ends[this.count++] = end;
  }

  /** The chip of an index, or undefined beyond the list. */
  at(index: number): ChipRow | undefined {
    if (!(index >= 0 && index < this.count)) return undefined;
    return {
      images: this.decoder.decode(this.text.subarray(this.begin(index), this.ends[index])).split('\0'),
    };
  }

  /** The chips in their order. */
  *[Symbol.iterator](): Generator<ChipRow, void, void> {
    for (let i = 0; i < this.count; i++) yield this.at(i) as ChipRow;
  }

  private begin(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1];
  }
}

/** A copy with room for `length` elements and half as many again. */
function grown<T extends Uint8Array | Uint32Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(Math.ceil(1.5 * length));
  larger.set(array);
  return larger;
}

import type { PixelArray } from '../geoTiffTypes.js';

/** Decoded strips and tiles of one image, by their number. */
export interface BlockStore {
  /** Whether most blocks that had to give way to others had been asked for again before. */
  areFoundAgain(): boolean;
  /** Whether the first `length` values of a block are kept. */
  has(block: number, length: number): boolean;
  /** A block's values, at least the first `length`, which the next call of `keep` may overwrite. */
  get(block: number, length: number): PixelArray | undefined;
  /** Keeps a copy of a block's values: all of its `whole`, or the first ones. */
  keep(block: number, values: PixelArray, whole: number): void;
}

interface Entry {
  /** Room for the whole block. */
  values: PixelArray;
  /** Values that are kept, from the first on. */
  length: number;
  found: boolean;
}

/** How much one more block that gives way changes the share of those that had been found. */
const WEIGHT = 1 / 32;

/** Keeps decoded strips and tiles of several images in bounded memory: those used last. */
export class BlockCache {
  private readonly blocks = new Map<string, Entry>();
  private held = 0;
  private foundShare = 0;

  /** @param capacity Bytes that are kept at most. */
  constructor(private readonly capacity: number) {}

  /** Bytes that are held. */
  get byteLength(): number {
    return this.held;
  }

  /** The blocks of one image. @param image A name that no other image has. */
  of(image: string): BlockStore {
    return {
      areFoundAgain: () => this.foundShare > 0.5,
      has: (block, length) => (this.blocks.get(`${image} ${block}`)?.length ?? 0) >= length,
      get: (block, length) => this.get(`${image} ${block}`, length),
      keep: (block, values, whole) => this.keep(`${image} ${block}`, values, whole),
    };
  }

  private get(key: string, length: number): PixelArray | undefined {
    const entry = this.blocks.get(key);
    if (!entry || entry.length < length) return undefined;
    entry.found = true;
    this.touch(key, entry);
    return entry.values;
  }

  /** A map keeps the order in which its entries came: the first one has not been used for longest. */
  private touch(key: string, entry: Entry): void {
    this.blocks.delete(key);
    this.blocks.set(key, entry);
  }

  private keep(key: string, values: PixelArray, whole: number): void {
    const known = this.blocks.get(key);
    if (known && known.length >= values.length) return;
    const room = known?.values ?? this.room(values, whole);
    if (!room) return;
    room.set(values);
    this.touch(key, { values: room, length: values.length, found: known?.found ?? false });
  }

  /** Room for a block of so many values like those given. */
  private room(values: PixelArray, whole: number): PixelArray | undefined {
    const bytes = whole * values.BYTES_PER_ELEMENT;
    if (bytes > this.capacity) return undefined;
    let room: PixelArray | undefined;
    for (const [oldest, entry] of this.blocks) {
      if (this.held + bytes <= this.capacity) break;
      this.blocks.delete(oldest);
      this.held -= entry.values.byteLength;
      this.foundShare += (Number(entry.found) - this.foundShare) * WEIGHT;
      // Memory that is there already costs less than new one; who has been given the block has read it.
      if (entry.values.constructor === values.constructor && entry.values.length === whole)
        room = entry.values;
    }
    this.held += bytes;
    return room ?? new (values.constructor as new (length: number) => PixelArray)(whole);
  }
}

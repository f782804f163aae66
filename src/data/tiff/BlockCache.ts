import type { PixelArray } from '../geoTiffTypes.js';

/** Decoded strips and tiles of one image, by their number. */
export interface BlockStore {
  has(block: number): boolean;
  /** A block's values, which the next call of `keep` may overwrite. */
  get(block: number): PixelArray | undefined;
  /** Keeps a copy of a block's values. */
  keep(block: number, values: PixelArray): void;
}

/** Keeps decoded strips and tiles of several images in bounded memory: those used last. */
export class BlockCache {
  private readonly blocks = new Map<string, PixelArray>();
  private held = 0;

  /** @param capacity Bytes that are kept at most. */
  constructor(private readonly capacity: number) {}

  /** Bytes that are held. */
  get byteLength(): number {
    return this.held;
  }

  /** The blocks of one image. @param image A name that no other image has. */
  of(image: string): BlockStore {
    return {
      has: (block) => this.blocks.has(`${image} ${block}`),
      get: (block) => this.get(`${image} ${block}`),
      keep: (block, values) => this.keep(`${image} ${block}`, values),
    };
  }

  private get(key: string): PixelArray | undefined {
    const values = this.blocks.get(key);
    if (values) {
      // A map keeps the order in which its entries came: the first one has not been used for longest.
      this.blocks.delete(key);
      this.blocks.set(key, values);
    }
    return values;
  }

  private keep(key: string, values: PixelArray): void {
    if (values.byteLength > this.capacity || this.blocks.has(key)) return;
    let room: PixelArray | undefined;
    for (const [oldest, block] of this.blocks) {
      if (this.held + values.byteLength <= this.capacity) break;
      this.blocks.delete(oldest);
      this.held -= block.byteLength;
      // Memory that is there already costs less than new one; who has been given the block has read it.
      if (block.constructor === values.constructor && block.length === values.length) room = block;
    }
    if (room) room.set(values);
    this.blocks.set(key, room ?? values.slice());
    this.held += values.byteLength;
  }
}

/** Tables that share the chips: one grows at a time, so hardly any memory is held twice. */
const TABLES = 256;

/** The part of a table that may be taken, and how much larger the next one is: 9.4 to 11.8 bytes a chip. */
const MAXIMUM_LOAD = 0.85;
const GROWTH = 1.25;

/** Bits of a slot's first word that say where a chip has been seen; the others, and the second word, are its hash. */
const PLACES = 0xf;

/**
 * Remembers in which of four places chips have been seen, in 12 bytes a chip at most: by a hash of 64 bits, for which
 * any two of ten million chips are the same once in 400,000 catalogs.
 */
export class SeenChips {
  private readonly tables = Array.from({ length: TABLES }, () => new Table());

  /** Bytes that are held. */
  get byteLength(): number {
    return this.tables.reduce((sum, { slots }) => sum + slots.byteLength, 0);
  }

  /**
   * Adds a chip.
   *
   * @param place Bit of the place: 1, 2, 4 or 8.
   * @returns Bits of the places where it has been seen before.
   */
  add(chip: string, place: number): number {
    let [a, b] = [0x811c9dc5, 0x2545f491];
    for (let i = 0; i < chip.length; i++) {
      const unit = chip.charCodeAt(i);
      a = Math.imul(a ^ unit, 0x01000193);
      b = (Math.imul((b << 13) | (b >>> 19), 5) + Math.imul(unit, 0x9e3779b1)) | 0;
    }
    a = mix(a ^ b);
    b = mix(b ^ a);
    return this.tables[a & (TABLES - 1)].add(a >>> 0, b >>> 0, place);
  }
}

/** A hash table of pairs of words, in the order of the second one but where places are taken. */
class Table {
  slots = new Uint32Array(2 * 16);
  private count = 0;

  add(a: number, b: number, place: number): number {
    if (this.count >= (MAXIMUM_LOAD * this.slots.length) / 2) this.grow();
    const at = this.find(a, b);
    const before = this.slots[at] & PLACES;
    if (before === 0) {
      this.count++;
      this.slots[at] = a & ~PLACES;
      this.slots[at + 1] = b;
    }
    this.slots[at] |= place;
    return before;
  }

  /** Where a pair is, or the free place for it. */
  private find(a: number, b: number): number {
    const { slots } = this;
    const capacity = slots.length / 2;
    let at = 2 * Math.floor((b / 2 ** 32) * capacity);
    while ((slots[at] & PLACES) !== 0 && (slots[at + 1] !== b || (slots[at] ^ a) >>> 0 > PLACES))
      at = at + 2 === slots.length ? 0 : at + 2;
    return at;
  }

  private grow(): void {
    const { slots } = this;
    this.slots = new Uint32Array(2 * Math.ceil((GROWTH * slots.length) / 2));
    for (let from = 0; from < slots.length; from += 2) {
      if ((slots[from] & PLACES) === 0) continue;
      const at = this.find(slots[from], slots[from + 1]);
      this.slots[at] = slots[from];
      this.slots[at + 1] = slots[from + 1];
    }
  }
}

/** Changes every bit of 32 by every other: the last step of MurmurHash3. */
function mix(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

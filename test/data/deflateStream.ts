import { deflateSync } from 'node:zlib';

/** Writes deflate streams bit by bit, valid or not, with zlib's header and the checksum of given data. */
export class DeflateStream {
  private readonly bits: number[] = [];

  /** A number, its lowest bit first. */
  number(value: number, count: number): this {
    for (let i = 0; i < count; i++) this.bits.push((value >> i) & 1);
    return this;
  }

  /** The canonical code of a symbol, its first bit first. */
  symbol(lengths: readonly number[], symbol: number): this {
    let code = 0;
    for (let length = 1; length <= lengths[symbol]; length++) {
      code <<= 1;
      lengths.forEach((other, i) => {
        if (other === length && (length < lengths[symbol] || i < symbol)) code++;
      });
    }
    for (let i = lengths[symbol] - 1; i >= 0; i--) this.bits.push((code >> i) & 1);
    return this;
  }

  /** The beginning of a last block with codes of its own, whose lengths are written as they are, four bits each. */
  codes(literals: readonly number[], distances: readonly number[]): this {
    this.number(1, 1).number(2, 2);
    this.number(literals.length - 257, 5)
      .number(distances.length - 1, 5)
      .number(15, 4);
    // In the order of the format: 16, 17 and 18 have no code.
    for (let i = 0; i < 19; i++) this.number(i < 3 ? 0 : 4, 3);
    const fours = new Array<number>(16).fill(4);
    for (const length of [...literals, ...distances]) this.symbol(fours, length);
    return this;
  }

  end(data: readonly number[]): Buffer {
    const bytes = Buffer.alloc(Math.ceil(this.bits.length / 8));
    this.bits.forEach((bit, i) => {
      bytes[i >> 3] |= bit << (i & 7);
    });
    const checksum = deflateSync(Uint8Array.from(data)).subarray(-4);
    return Buffer.concat([new Uint8Array([0x78, 0x9c]), bytes, checksum]);
  }
}

/** Lengths of codes by symbol. */
export function lengthsOf(count: number, codes: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: count }, (_, symbol) => codes[symbol] ?? 0);
}

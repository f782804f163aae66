import { describe, expect, it } from 'vitest';
import { unpackValues } from '../../src/data/tiff/unpackValues.js';

describe('unpackValues', () => {
  it.each(Array.from({ length: 31 }, (_, i) => i + 1).filter((bits) => bits % 8 !== 0 || bits === 24))(
    'unpacks rows of integers of %d bits',
    (bits) => {
      const rowLength = 13;
      const values = Array.from({ length: 2 * rowLength }, (_, i) => ((i + 1) * 2654435761) % 2 ** bits);
      const rowBits = 8 * Math.ceil((rowLength * bits) / 8);
      const row = (of: number[]) => of.map((value) => value.toString(2).padStart(bits, '0')).join('');
      const text = [values.slice(0, rowLength), values.slice(rowLength)]
        .map((of) => row(of).padEnd(rowBits, '1'))
        .join('');
      const bytes = Uint8Array.from(text.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
      const dtype = bits <= 8 ? 'uint8' : bits <= 16 ? 'uint16' : 'uint32';
      expect([...unpackValues(bytes, { bits, format: 'uint', dtype }, rowLength)]).toEqual(values);
    },
  );
});

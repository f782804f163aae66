import type { PixelDecoder } from '../loadPixelDecoder.js';

const CLEAR = 256;
const END = 257;
const FIRST = 258;
const MOST = 4096;

/**
 * Undoes LZW as TIFF has it (TIFF 6.0, section 13): codes of 9 to 12 bits, the highest first, that grow one code early;
 * also the old form of libtiff before 1990, whose codes come lowest bit first, is refused by name.
 *
 * @param most Bytes wanted; what comes after them is left.
 * @param decoder Does it, where it can.
 * @throws If a code is none that has been made, or the stream holds fewer bytes.
 */
export function decodeLzw(stored: Uint8Array, most: number, decoder?: PixelDecoder): Uint8Array {
  if (stored.length >= 2 && stored[0] === 0 && (stored[1] & 1) === 1) {
    throw new Error('a strip or tile is of the LZW form from before TIFF 5.');
  }
  const decoded = decoder?.lzw?.(stored, most);
  // What it refuses is damaged; how, is found here.
  if (decoded) return decoded;
  const out = new Uint8Array(most);
  // A code's bytes are the bytes of an earlier place of the output: where they begin, and how many.
  const starts = new Int32Array(MOST);
  const lengths = new Int32Array(MOST);
  let next = FIRST;
  let bits = 9;
  let buffer = 0;
  let held = 0;
  let at = 0;
  let i = 0;
  let before = -1;
  let beforeLength = 0;
  while (at < most) {
    while (held < bits) {
      if (i >= stored.length) throw new Error(`a strip or tile has ${at} bytes of ${most} (LZW).`);
      buffer = ((buffer << 8) | stored[i++]) & 0xffffff;
      held += 8;
    }
    held -= bits;
    const code = (buffer >> held) & ((1 << bits) - 1);
    if (code === END) throw new Error(`a strip or tile has ${at} bytes of ${most} (LZW).`);
    if (code === CLEAR) {
      next = FIRST;
      bits = 9;
      before = -1;
      continue;
    }
    const start = at;
    if (code < 256) out[at++] = code;
    else {
      // The code that is only now being made: the bytes before, and the first of them again.
      const known = code < next;
      if (!known && (code !== next || before < 0))
        throw new Error(`a strip or tile is damaged (LZW code ${code}).`);
      const from = known ? starts[code] : before;
      const count = Math.min(known ? lengths[code] : beforeLength + 1, most - at);
      for (let k = 0; k < count; k++) out[at++] = out[from + k];
    }
    if (before >= 0 && next < MOST) {
      // The bytes before and the first of these lie side by side in the output.
      starts[next] = before;
      lengths[next] = beforeLength + 1;
      next++;
      if (next >= (1 << bits) - 1 && bits < 12) bits++;
    }
    before = start;
    beforeLength = at - start;
  }
  return out;
}

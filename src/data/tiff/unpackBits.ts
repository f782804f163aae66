/**
 * Undoes PackBits (TIFF 6.0, section 9): runs of up to 128 bytes, copied or repeated.
 *
 * @param most Bytes wanted.
 * @throws If the stream holds fewer.
 */
export function unpackBits(stored: Uint8Array, most: number): Uint8Array {
  const out = new Uint8Array(most);
  let at = 0;
  for (let i = 0; at < most && i + 1 < stored.length; ) {
    const code = stored[i++];
    if (code === 128) continue;
    const room = most - at;
    if (code < 128) {
      const run = stored.subarray(i, i + Math.min(code + 1, room));
      out.set(run, at);
      at += run.length;
      i += code + 1;
    } else {
      const run = Math.min(257 - code, room);
      out.fill(stored[i++], at, at + run);
      at += run;
    }
  }
  if (at < most) throw new Error(`a strip or tile has ${at} bytes of ${most} (PackBits).`);
  return out;
}

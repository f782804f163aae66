/**
 * 16 letters that tell contents apart that differ by accident, quickly: two lanes of 32 bits over the bytes in words of
 * four, each a rotation, an exclusive or and a multiplication, so that any one changed word changes both. No
 * cryptography: whoever wants two contents of one hash can make them.
 */
export function hashBytes(bytes: Uint8Array): string {
  const { byteLength } = bytes;
  const isAligned = bytes.byteOffset % 4 === 0 && byteLength % 4 === 0;
  // A copy of whole words, zeros at its end; the length tells them from zeros of the content.
  const whole = isAligned ? bytes : new Uint8Array(4 * Math.ceil(byteLength / 4));
  if (!isAligned) whole.set(bytes);
  const words = new Uint32Array(whole.buffer, whole.byteOffset, whole.byteLength / 4);
  let a = 0x9e3779b9 ^ byteLength;
  let b = 0x85ebca6b;
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(((a << 13) | (a >>> 19)) ^ words[i], 0x9e3779b1);
    b = Math.imul(((b << 17) | (b >>> 15)) ^ words[i], 0x85ebca77);
  }
  // The last words have not yet reached all bits.
  for (let i = 0; i < 4; i++) {
    a = Math.imul(((a << 13) | (a >>> 19)) ^ b, 0x9e3779b1);
    b = Math.imul(((b << 17) | (b >>> 15)) ^ a, 0x85ebca77);
  }
  return [a, b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}

/** {@link hashBytes} of an array's elements. */
export function hashArray({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return hashBytes(new Uint8Array(buffer, byteOffset, byteLength));
}

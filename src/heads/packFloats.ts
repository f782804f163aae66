import { DataError } from '../errors/DataError.js';
import type { HeadJson } from './Head.js';

/** The bytes of float32 values, little-endian, in base64. */
export function packFloats(values: Float32Array): string {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i], true);
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000)
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

/** The `count` values of a field that {@link packFloats} wrote. */
export function unpackFloats(json: HeadJson, field: string, count: number): Float32Array {
  const values = decode(json[field]);
  if (values === undefined || values.length !== count || !values.every(Number.isFinite)) {
    throw new DataError(`The head's '${field}' is damaged: it must hold ${count} finite numbers.`);
  }
  return values;
}

/** A whole number of at least 1. */
export function readSize(json: HeadJson, field: string): number {
  const size = json[field];
  if (!Number.isSafeInteger(size) || Number(size) < 1) {
    throw new DataError(`The head's '${field}' is ${String(size)}; it must be a whole number of at least 1.`);
  }
  return Number(size);
}

function decode(text: unknown): Float32Array | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) =>
      view.getFloat32(4 * i, true),
    );
  } catch {
    return undefined;
  }
}

import { fingerprint } from '../internal/fingerprint.js';
import { fromHalf, LARGEST_HALF, toHalf } from '../internal/float16.js';
import { hashArray } from '../internal/hashBytes.js';
import { readSafetensors } from '../interop/readSafetensors.js';
import type { SafetensorsTensor } from '../interop/safetensorsTypes.js';
import { writeSafetensors } from '../interop/writeSafetensors.js';

/** Features of one image by name, as they are kept. */
export type StoredFeatures = ReadonlyMap<string, SafetensorsTensor>;

/** Features as float16, as float32 where float16 does not reach. */
export function storeFeature(shape: number[], data: Float32Array): SafetensorsTensor {
  const fits = data.every((value) => !(Math.abs(value) > LARGEST_HALF));
  return { shape, ...(fits ? { dtype: 'F16', data: toHalf(data) } : { dtype: 'F32', data }) };
}

/** The numbers behind {@link storeFeature}, into an array from a place on. */
export function loadFeature({ data }: SafetensorsTensor, values: Float32Array, offset: number): void {
  if (data instanceof Float32Array) values.set(data, offset);
  else fromHalf(data as Uint16Array, values, offset);
}

/** A safetensors file with a checksum in its header. */
export function encodeFeatures(features: StoredFeatures): Uint8Array {
  return writeSafetensors(features, { checksum: checksum(features) });
}

/**
 * What was encoded.
 *
 * @returns Undefined where the bytes are damaged, or their names and shapes are not those expected.
 */
export function decodeFeatures(
  bytes: Uint8Array,
  expected: ReadonlyMap<string, readonly number[]>,
): StoredFeatures | undefined {
  try {
    const { tensors, metadata } = readSafetensors(bytes);
    const fits = [...expected].every(([name, shape]) => tensors.get(name)?.shape.join() === shape.join());
    const isWhole = tensors.size === expected.size && metadata.checksum === checksum(tensors);
    return fits && isWhole ? tensors : undefined;
  } catch {
    return undefined;
  }
}

function checksum(features: StoredFeatures): string {
  const lines = [...features].map(
    ([name, { dtype, shape, data }]) => `${name} ${dtype} ${shape} ${hashArray(data)}`,
  );
  return fingerprint(lines.sort().join('\n'));
}

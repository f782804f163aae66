import { checkData, planSafetensors } from './planSafetensors.js';
import type { StoredTensor } from './safetensorsTypes.js';

/** A safetensors file piece by piece: its header, then each tensor, read when it is its turn. */
export async function* safetensorsPieces(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { header, names } = planSafetensors(tensors, metadata);
  yield header;
  for (const name of names) {
    const tensor = tensors.get(name)!;
    const data = await tensor.read();
    checkData(name, tensor, data);
    yield new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  }
}

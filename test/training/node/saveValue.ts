import type { StoredTensor } from '../../../src/interop/safetensorsTypes.js';
import { saveTensors } from '../../../src/interop/saveTensors.js';
import { folderFiles } from '../../../src/training/node/folderFiles.js';

/** Saves four tensors of a value in two files. */
export async function saveValue(folder: string, value: number): Promise<void> {
  const tensors = ['a', 'b', 'c', 'd'].map((name): [string, StoredTensor] => {
    return [name, { dtype: 'F32', shape: [1000], read: () => new Float32Array(1000).fill(value) }];
  });
  await saveTensors(folderFiles(folder), 'latest.safetensors', new Map(tensors), { maxShardBytes: 8000 });
}

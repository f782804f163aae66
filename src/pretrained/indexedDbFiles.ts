import type { WritableModelFiles } from '../interop/ModelFiles.js';

const STORE = 'files';

/**
 * Files in the browser's own database, for {@link savePretrained} and {@link fromPretrained}. They are kept as `Blob`s,
 * which browsers have on disk, and are read in parts.
 *
 * @param folder A name, such as the model's.
 * @param database Name of the database. Default `'diffusion-ssl models'`.
 * @returns Files by name; the database is opened when it is first needed.
 * @example
 * ```ts no-run
 * import { fromPretrained, indexedDbFiles } from 'diffusion-ssl/pretrained';
 *
 * const { model } = await fromPretrained(indexedDbFiles('nicfi'));
 * ```
 */
export function indexedDbFiles(folder: string, database = 'diffusion-ssl models'): WritableModelFiles {
  let opened: Promise<IDBDatabase> | undefined;
  const within = async <T>(
    mode: IDBTransactionMode,
    body: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    opened ??= openDatabase(database);
    const transaction = (await opened).transaction(STORE, mode, { durability: 'strict' });
    const request = body(transaction.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('the write was given up'));
    });
    return request.result;
  };
  return {
    place: `${database}/${folder}`,
    async open(name) {
      const file = await within<Blob | undefined>('readonly', (store) => store.get([folder, name]));
      return (
        file && {
          size: file.size,
          read: async (offset, length) =>
            new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
        }
      );
    },
    async write(name, pieces) {
      const parts: Blob[] = [];
      for await (const piece of pieces) parts.push(new Blob([piece as Uint8Array<ArrayBuffer>]));
      await within('readwrite', (store) => store.put(new Blob(parts), [folder, name]));
    },
    async list() {
      const range = IDBKeyRange.bound([folder], [folder, []]);
      const keys = await within('readonly', (store) => store.getAllKeys(range));
      return keys.map((key) => (key as [string, string])[1]);
    },
    async remove(name) {
      await within('readwrite', (store) => store.delete([folder, name]));
    },
  };
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

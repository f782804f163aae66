import type { StoredCheckpoint } from '../../shared/types.js';
import type { CheckpointStore } from './CheckpointStore.js';

const DATABASE = 'diffusion-ssl';
/** What a list needs is apart from the bytes, which are long. */
const ENTRIES = 'entries';
const BYTES = 'bytes';

/** Checkpoints in the browser's own database. */
export class IndexedDbStore implements CheckpointStore {
  private constructor(private readonly database: IDBDatabase) {}

  /** @throws If the browser does not let the page store anything. */
  static async open(): Promise<IndexedDbStore> {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ENTRIES, { keyPath: 'name' });
      request.result.createObjectStore(BYTES);
    };
    return new IndexedDbStore(await answer(request));
  }

  async list(): Promise<StoredCheckpoint[]> {
    const entries = await answer<StoredCheckpoint[]>(
      this.database.transaction(ENTRIES).objectStore(ENTRIES).getAll(),
    );
    return entries.sort((a, b) => b.savedAt - a.savedAt);
  }

  async read(name: string): Promise<Blob> {
    const file = await answer<Blob | Uint8Array<ArrayBuffer> | undefined>(
      this.database.transaction(BYTES).objectStore(BYTES).get(name),
    );
    if (!file) throw new Error(`There is no checkpoint '${name}' in this browser any more.`);
    // Earlier versions of the page stored bytes.
    return file instanceof Blob ? file : new Blob([file]);
  }

  async write(name: string, file: Blob): Promise<void> {
    const transaction = this.database.transaction([ENTRIES, BYTES], 'readwrite', { durability: 'strict' });
    transaction.objectStore(BYTES).put(file, name);
    transaction.objectStore(ENTRIES).put({ name, bytes: file.size, savedAt: Date.now() });
    await completion(transaction);
  }

  async remove(name: string): Promise<void> {
    const transaction = this.database.transaction([ENTRIES, BYTES], 'readwrite');
    transaction.objectStore(BYTES).delete(name);
    transaction.objectStore(ENTRIES).delete(name);
    await completion(transaction);
  }
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('the write was given up'));
  });
}

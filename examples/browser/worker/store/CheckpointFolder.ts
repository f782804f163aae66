import type { StoredCheckpoint } from '../../shared/types.js';
import type { CheckpointStore } from './CheckpointStore.js';
import { IndexedDbStore } from './IndexedDbStore.js';

const LOCK = 'diffusion-ssl checkpoints';
const DOWNLOAD = 'Download keeps the run as a file meanwhile.';

/** The store of this page: opened when first needed, written by one tab at a time, with errors that say what to do. */
export class CheckpointFolder {
  private store?: CheckpointStore;
  private locked = false;

  /** Says why this tab cannot write, if so. */
  async open(): Promise<string | undefined> {
    try {
      this.store ??= await IndexedDbStore.open();
      this.locked ||= await takeLock();
    } catch (error) {
      return (
        `This browser does not let the page store anything (${(error as Error).message}). ` +
        `Allow site data for this page, or leave private browsing, and reload. ${DOWNLOAD}`
      );
    }
    if (this.locked) return undefined;
    return `Another tab with this page is open and writes checkpoints. Close it and press “Try again”. ${DOWNLOAD}`;
  }

  async list(): Promise<StoredCheckpoint[]> {
    return (await this.store?.list()) ?? [];
  }

  async read(name: string): Promise<Blob> {
    await this.open();
    return this.opened().read(name);
  }

  async write(name: string, file: Blob): Promise<void> {
    const store = await this.writable();
    try {
      await store.write(name, file);
    } catch (error) {
      const { name: kind, message } = error as Error;
      const why =
        kind === 'QuotaExceededError' ? 'its space for this page is used up; remove a checkpoint' : message;
      throw new Error(
        `The browser did not save the checkpoint: ${why}. Earlier ones are unharmed. ${DOWNLOAD}`,
      );
    }
  }

  async remove(name: string): Promise<void> {
    await (await this.writable()).remove(name);
  }

  private async writable(): Promise<CheckpointStore> {
    const problem = await this.open();
    if (problem) throw new Error(problem);
    return this.opened();
  }

  private opened(): CheckpointStore {
    if (!this.store) throw new Error(`This browser does not let the page store anything. ${DOWNLOAD}`);
    return this.store;
  }
}

/** Takes the lock for as long as the tab lives, if no other has it. Without locks (plain http) every tab may write. */
function takeLock(): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(LOCK, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise(() => undefined);
      })
      .catch(reject);
  });
}

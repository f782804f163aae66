import type { StoredCheckpoint } from '../../shared/types.js';

/** Where checkpoints are kept under names. A write is whole or not there at all, as a renamed file is on a disk. */
export interface CheckpointStore {
  list(): Promise<StoredCheckpoint[]>;
  /** @throws If there is none of this name. */
  read(name: string): Promise<Blob>;
  write(name: string, file: Blob): Promise<void>;
  remove(name: string): Promise<void>;
}

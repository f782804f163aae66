/** A file that is read in parts. */
export interface ByteSource {
  /** Bytes of the file; undefined where that is not known before its end. */
  readonly size?: number;
  /**
   * Bytes from `offset` on; fewer than `length` only where the file ends. Cheapest for some sources, such as a file at
   * an address, where each part begins behind the one before.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Lets go of the file. */
  close?(): Promise<void>;
}

/**
 * Files under their names, wherever they lie: in a folder (`folderFiles` of `diffusion-ssl/training/node`), at an
 * address, in a browser.
 */
export interface ModelFiles {
  /** Where they lie, for messages. */
  readonly place: string;
  /** @returns Undefined where there is no file of this name. */
  open(name: string): Promise<ByteSource | undefined>;
  /** The files of a folder within this one, as the pipelines of diffusers have them; absent where there are none. */
  folder?(name: string): ModelFiles;
}

/** Files that can be written too. */
export interface WritableModelFiles extends ModelFiles {
  /**
   * Writes a file piece by piece. Under its name there is at every moment what was there before, or all of the new
   * file; when the promise is settled, it is there to stay.
   */
  write(name: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
  /** Names of all files. */
  list(): Promise<string[]>;
  /** Removes a file, if it is there. */
  remove(name: string): Promise<void>;
  folder?(name: string): WritableModelFiles;
}

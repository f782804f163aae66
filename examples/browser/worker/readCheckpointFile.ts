const MAX_BYTES = 2 ** 30;

/** The bytes of a file that a visitor opened as a checkpoint. */
export async function readCheckpointFile(file: File): Promise<Uint8Array> {
  if (file.size > MAX_BYTES) {
    throw new Error(
      `${file.name} has ${(file.size / 1e9).toFixed(1)} GB; the page opens checkpoints up to 1 GB. Train networks of that size in Node.`,
    );
  }
  return new Uint8Array(await file.arrayBuffer());
}

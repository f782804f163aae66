import type { FileEntry } from '@zip.js/zip.js';
import type { PlacedFile } from './PlacedFile.js';

/** Bytes of an archive's files together, at most: more than any network that the page trains has. */
const MOST_BYTES = 8 * 2 ** 30;

/**
 * The files of a ZIP archive, which its directory names; each is unpacked, and compared with its checksum, when it is
 * asked for.
 *
 * @throws If it is no whole archive, is encrypted, or unpacks to more than 8 GiB.
 */
export async function unpack(archive: File): Promise<PlacedFile[]> {
  const { BlobReader, BlobWriter, configure, ZipReader } = await import(
    '@zip.js/zip.js/lib/zip-core-native.js'
  );
  // The page's policy allows none but its own.
  configure({ useWebWorkers: false });
  const named = async <T>(reading: Promise<T>): Promise<T> => {
    try {
      return await reading;
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`${archive.name} is damaged, or no ZIP archive (${message}).`, { cause: error });
    }
  };
  const reader = new ZipReader(new BlobReader(archive), { checkSignature: true });
  const entries = (await named(reader.getEntries())).filter((entry): entry is FileEntry => !entry.directory);
  const locked = entries.find(({ encrypted }) => encrypted);
  if (locked)
    throw new Error(`${archive.name}: ${locked.filename} is encrypted. Unpack it, and drop the folder.`);
  const bytes = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (bytes > MOST_BYTES)
    throw new Error(
      `${archive.name} unpacks to ${(bytes / 2 ** 30).toFixed(1)} GiB; the page takes up to ${MOST_BYTES / 2 ** 30}.`,
    );
  return entries.map((entry) => ({
    path: `${archive.name}/${entry.filename}`,
    async file() {
      const content = await named(entry.getData(new BlobWriter()));
      return new File([content], entry.filename.slice(entry.filename.lastIndexOf('/') + 1));
    },
  }));
}

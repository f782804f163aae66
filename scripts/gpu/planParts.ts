/** What may travel at once: the tree and one part of the pack. */
export const TRAVEL_BYTES = 60 * 2 ** 20;

/** A file of the pack. */
export interface Archive {
  name: string;
  bytes: number;
}

/**
 * The part, from 1, that each archive goes into: one part where everything fits beside the tree, else two.
 *
 * @throws {Error} when not even two parts do
 */
export function planParts(
  treeBytes: number,
  archives: readonly Archive[],
  limit = TRAVEL_BYTES,
): Map<string, number> {
  const room = limit - treeBytes;
  const parts = new Map<string, number>();
  let part = 1;
  let used = 0;
  for (const { name, bytes } of archives) {
    if (used > 0 && used + bytes > room) {
      part++;
      used = 0;
    }
    used += bytes;
    if (used > room || part > 2) {
      const sizes = archives.map((archive) => `${archive.name} ${archive.bytes}`).join(', ');
      throw new Error(
        `two parts of ${limit} bytes do not hold the pack: ${treeBytes} bytes of tree, ${sizes}`,
      );
    }
    parts.set(name, part);
  }
  return parts;
}

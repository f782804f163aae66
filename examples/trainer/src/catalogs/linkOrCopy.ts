import { copyFile, link, rm } from 'node:fs/promises';

/** Puts a file into another folder: as a second name of it where that can be, otherwise as a copy. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  await link(from, to).catch(() => copyFile(from, to));
}

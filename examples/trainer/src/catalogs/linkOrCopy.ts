import { copyFile, link, realpath, rm } from 'node:fs/promises';

/** Puts a file into another folder: as a second name of it where that can be, otherwise as a copy. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  // A second name of a symbolic link would be one that leads nowhere from there.
  const file = await realpath(from);
  await link(file, to).catch(() => copyFile(file, to));
}

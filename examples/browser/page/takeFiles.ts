import { type ChosenFiles, chooseFiles } from './chooseFiles.js';
import type { PlacedFile } from './PlacedFile.js';
import { unpack } from './unpack.js';

/** Who takes files: of a model folder, a checkpoint, or chips. */
export type FileTakers = Record<ChosenFiles['kind'], (files: File[]) => Promise<void>>;

/** Hands files, those of ZIP archives among them, to who takes their kind. */
export async function takeFiles(given: readonly PlacedFile[], takers: FileTakers): Promise<void> {
  const placed: PlacedFile[] = [];
  for (const one of given) {
    if (/\.zip$/i.test(one.path)) placed.push(...(await unpack(await one.file())));
    else placed.push(one);
  }
  const { kind, files } = chooseFiles(placed);
  const opened: File[] = [];
  for (const { file } of files) opened.push(await file());
  await takers[kind](opened);
}

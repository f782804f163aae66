import type { PlacedFile } from './PlacedFile.js';

/** Takes files and folders that are dropped anywhere on the page. */
export function dropPart(useFiles: (files: PlacedFile[]) => Promise<void>): void {
  const mark = (on: boolean) => document.body.classList.toggle('dropping', on);
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    mark(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) mark(false);
  });
  document.addEventListener('drop', async (event) => {
    event.preventDefault();
    mark(false);
    // What is dropped can be asked for in this very moment only.
    const entries = Array.from(event.dataTransfer?.items ?? [], (item) => item.webkitGetAsEntry?.() ?? null);
    const plain = Array.from(event.dataTransfer?.files ?? [], (file) => ({
      path: file.name,
      file: async () => file,
    }));
    const files = entries.some((entry) => entry?.isDirectory)
      ? (await Promise.all(entries.map((entry) => filesOf(entry)))).flat()
      : plain;
    if (files.length > 0) await useFiles(files);
  });
}

async function filesOf(entry: FileSystemEntry | null): Promise<PlacedFile[]> {
  if (!entry) return [];
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = () =>
      new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: PlacedFile[] = [];
  for (;;) {
    // It gives some hundred at a time, and at the end none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return files;
    files.push(...(await Promise.all(some.map(filesOf))).flat());
  }
}

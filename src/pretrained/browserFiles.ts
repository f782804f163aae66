import { CheckpointError } from '../errors/CheckpointError.js';
import type { ModelFiles } from '../interop/ModelFiles.js';
import { MODEL_FILE } from './modelFile.js';

/**
 * Files that somebody chose or dropped in a page, for {@link fromPretrained}; each is read in parts. Of a chosen folder
 * (`<input webkitdirectory>`) the files beside its `diffusion_ssl.json` count.
 *
 * @param files As an input's `files`, or a drop's `dataTransfer.files`.
 * @throws `CheckpointError` if there are several models among them.
 * @example
 * ```ts
 * import { browserFiles } from 'diffusion-ssl/pretrained';
 *
 * const file = await browserFiles([new File(['{}'], 'config.json')]).open('config.json');
 * console.log(file?.size); // 2
 * ```
 */
export function browserFiles(files: Iterable<File> | ArrayLike<File>): ModelFiles {
  const all = Array.from(files);
  const folders = all.filter(({ name }) => name === MODEL_FILE).map(folderOf);
  if (folders.length > 1)
    throw new CheckpointError(
      `browserFiles: there are several models among the files (${folders.join(', ')}); choose one folder.`,
    );
  return filesIn(all, folders[0]);
}

/** Those of the files that are in a folder, or all, whatever folders they are in. */
function filesIn(all: readonly File[], folder: string | undefined): ModelFiles {
  const own = folder === undefined ? all : all.filter((file) => folderOf(file) === folder);
  return {
    place: folder || 'the files chosen',
    async open(name) {
      const file = own.find((one) => one.name === name);
      return (
        file && {
          size: file.size,
          read: async (offset, length) =>
            new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
        }
      );
    },
    folder: (name) => filesIn(all, folder ? `${folder}/${name}` : name),
  };
}

function folderOf({ webkitRelativePath = '' }: File): string {
  return webkitRelativePath.split('/').slice(0, -1).join('/');
}

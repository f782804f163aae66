import { pretrain } from './pretrain.js';

/** `diffusion-ssl resume RUN`: goes on with the run in a folder, `pretrain --out RUN --resume`. */
export async function resume(args: readonly string[]): Promise<void> {
  const [folder, ...flags] = args;
  if (folder === undefined || folder.startsWith('-')) {
    console.error('error: resume needs the folder of the run first: diffusion-ssl resume RUN [options]');
    process.exitCode = 1;
    return;
  }
  await pretrain(['--out', folder, '--resume', ...flags]);
}

import type { RunOptions } from '../config/pretrainOptions.js';

/** The line that goes on with a run: with what a checkpoint does not hold, the place of its logs and the backend. */
export function resumeCommand(folder: string, { logDir, backend, allowSoftware }: RunOptions): string {
  const flags = ['--out', folder, '--resume'];
  if (logDir !== undefined) flags.push('--log-dir', logDir);
  // On another backend the last bits are others.
  if (backend !== 'wasm') flags.push('--backend', backend);
  if (allowSoftware) flags.push('--allow-software');
  const quoted = flags.map((flag) =>
    /^[\w./:@%+=,-]+$/.test(flag) ? flag : `'${flag.replaceAll("'", "'\\''")}'`,
  );
  return `${trainerCommand()} ${quoted.join(' ')}`;
}

/** How this process was started: in a clone by `npm run pretrain`, or as the program of the package. */
function trainerCommand(): string {
  if (process.env.npm_lifecycle_event === 'pretrain') return 'npm run pretrain --';
  const isClone = import.meta.url.endsWith('.ts');
  return `npx ${isClone ? 'diffusion-ssl' : 'diffusion-ssl-trainer'} pretrain`;
}

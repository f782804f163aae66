import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * The Python interpreter that has PyTorch: `PEER_PYTHON`, else `python3`, else the one that `peers/setup.sh`
 * made, or undefined.
 *
 * @param modules What it must be able to import.
 * @throws {Error} when `PEER_PYTHON` is set and cannot import them
 */
export function findPeer(modules = 'torch, safetensors'): string | undefined {
  const works = (python: string) =>
    spawnSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0;
  const wanted = process.env.PEER_PYTHON;
  if (wanted && !works(wanted)) {
    throw new Error(`PEER_PYTHON is ${wanted}, which cannot import ${modules}`);
  }
  const own = fileURLToPath(new URL('.venv/bin/python', import.meta.url));
  return wanted || ['python3', own].find(works);
}

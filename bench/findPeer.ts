import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * The Python interpreter that has PyTorch: `PEER_PYTHON`, else `python3`, else the one that `peers/setup.sh`
 * made, or undefined.
 *
 * @throws {Error} when `PEER_PYTHON` is set and cannot import torch
 */
export function findPeer(): string | undefined {
  const works = (python: string) =>
    spawnSync(python, ['-c', 'import torch, safetensors'], { stdio: 'ignore' }).status === 0;
  const wanted = process.env.PEER_PYTHON;
  if (wanted && !works(wanted)) {
    throw new Error(`PEER_PYTHON is ${wanted}, which cannot import torch and safetensors`);
  }
  const own = fileURLToPath(new URL('.venv/bin/python', import.meta.url));
  return wanted || ['python3', own].find(works);
}

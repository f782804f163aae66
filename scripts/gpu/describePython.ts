import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/root.js';

/** The Python that has PyTorch and safetensors, and what it computes with; or why there is none. */
export type Python =
  | { command: string; torch: string; cuda: string | null; cudnn: number | null; card: string | null }
  | { missing: string };

const PROGRAM = `
import json, safetensors, torch
card = torch.cuda.is_available()
print(json.dumps({
    "torch": torch.__version__,
    "cuda": torch.version.cuda,
    "cudnn": torch.backends.cudnn.version() if card else None,
    "card": torch.cuda.get_device_name() if card else None,
}))`;

/**
 * Looks for PyTorch: in `PEER_PYTHON`, else in `python3` and where `bench/peers/setup.sh` puts it. Takes some seconds.
 */
export function describePython(): Python {
  const { PEER_PYTHON } = process.env;
  const own = path.join(root, 'bench/.venv/bin/python');
  const commands = PEER_PYTHON ? [PEER_PYTHON] : ['python3', ...(existsSync(own) ? [own] : [])];
  const reasons: string[] = [];
  for (const command of commands) {
    const { stdout, stderr, error } = spawnSync(command, ['-c', PROGRAM], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    const line = stdout?.trim().split('\n').at(-1);
    if (line?.startsWith('{')) return { command, ...JSON.parse(line) };
    reasons.push(`${command}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  }
  return { missing: reasons.join('; ') };
}

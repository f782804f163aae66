import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

function setup(args: string[], env: NodeJS.ProcessEnv) {
  const tsx = ['--import', 'tsx', 'scripts/setupTfjsNode.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, tsx, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

describe('setup:tfjs-node', () => {
  it('says which option it does not know', () => {
    const { status, stderr } = setup(['--cuda'], {});
    expect(stderr).toBe('setup:tfjs-node: unknown option --cuda; there is only --gpu\n');
    expect(status).toBe(1);
  });

  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'says that Python or the compiler is missing, before it downloads anything',
    () => {
      const python = setup([], { PYTHON: '/nowhere/python3' });
      expect(python.stderr).toMatch(/^setup:tfjs-node: needs Python 3 with pip .*'\/nowhere\/python3 -m pip/);
      // `true` stands for a Python that works; without a PATH there is no g++.
      const compiler = setup([], { PYTHON: '/bin/true', PATH: '/nowhere' });
      expect(compiler.stderr).toMatch(/^setup:tfjs-node: needs a C\+\+ compiler .*apt-get install g\+\+/);
      for (const { status, stdout } of [python, compiler]) expect([status, stdout]).toEqual([1, '']);
    },
  );
});

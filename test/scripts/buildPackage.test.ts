import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/buildPackage.mjs', import.meta.url));

let clone: string;

beforeEach(() => {
  clone = realpathSync(mkdtempSync(path.join(tmpdir(), 'build-package-')));
  mkdirSync(path.join(clone, 'bin'));
  cpSync(script, path.join(clone, 'scripts/buildPackage.mjs'));
  // An npm that notes what it is asked to do.
  const npm = `#!/bin/sh\necho "$*" >> '${clone}/asked'\necho printed\n[ "$2" != "$FAILS" ]\n`;
  writeFileSync(path.join(clone, 'bin/npm'), npm, { mode: 0o755 });
});

afterEach(() => {
  rmSync(clone, { recursive: true });
});

/** What npm is asked to do when it calls the script for an event, itself called in a folder. */
function asked(event: string, calledFrom: string, fails = '') {
  const { status, stdout } = spawnSync(process.execPath, [path.join(clone, 'scripts/buildPackage.mjs')], {
    env: {
      PATH: `${path.join(clone, 'bin')}:${process.env.PATH}`,
      INIT_CWD: calledFrom,
      npm_lifecycle_event: event,
      FAILS: fails,
    },
    encoding: 'utf8',
  });
  const file = path.join(clone, 'asked');
  const commands = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  rmSync(file, { force: true });
  return { status, stdout, commands };
}

function put(file: string): void {
  mkdirSync(path.dirname(path.join(clone, file)), { recursive: true });
  writeFileSync(path.join(clone, file), '');
}

describe('the build before packing', () => {
  it('is whole for every tarball, whatever dist/ holds', () => {
    put('node_modules/tsup/package.json');
    put('dist/index.d.ts');
    expect(asked('prepack', clone)).toEqual({ status: 0, stdout: '', commands: ['run build'] });
    expect(asked('prepack', tmpdir()).commands).toEqual(['run build']);
  });

  it('installs first in a fresh clone', () => {
    expect(asked('prepack', clone).commands).toEqual(['ci --dry-run=false', 'run build']);
  });

  it('fails where it fails, so that no tarball without types is packed', () => {
    put('node_modules/tsup/package.json');
    expect(asked('prepack', clone, 'build').status).not.toBe(0);
  });

  it('is not made by npm ci in the clone, from any of its folders', () => {
    put('node_modules/tsup/package.json');
    expect(asked('prepare', clone)).toEqual({ status: 0, stdout: '', commands: [] });
    expect(asked('prepare', path.join(clone, 'scripts')).commands).toEqual([]);
  });

  it('is made by an install from git, once', () => {
    put('node_modules/tsup/package.json');
    expect(asked('prepare', tmpdir()).commands).toEqual(['run build']);
    put('dist/index.d.ts');
    expect(asked('prepare', tmpdir()).commands).toEqual([]);
  });
});

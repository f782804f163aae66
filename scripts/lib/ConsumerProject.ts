import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { manifest } from './publicEntries.js';
import { root } from './root.js';
import { runCommand } from './runCommand.js';

/** An empty project of a stranger in a temporary folder, that installs the package from its tarball. */
export class ConsumerProject {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'diffusion-ssl-consumer-'));

  /** The tarball, packed from an up-to-date build in dist/ unless it is given. */
  readonly tarball: string;

  constructor(tarball?: string) {
    this.write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    this.tarball = tarball ? path.resolve(tarball) : this.pack();
  }

  /** Installs packages, without running what they would run. */
  install(...packages: readonly string[]): void {
    const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
    runCommand('npm', ['install', ...options, ...packages], this.folder);
  }

  /** What README.md tells to install, the package itself from the tarball. */
  readmePackages(): string[] {
    const text = readFileSync(path.join(root, 'README.md'), 'utf8').replaceAll('\\\n', '');
    const line = /^npm install (diffusion-ssl .*)$/m.exec(text);
    if (!line) throw new Error('README.md has no line that begins with "npm install diffusion-ssl "');
    return line[1].split(/ +/).map((name) => (name === manifest.name ? this.tarball : name));
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  path(...parts: readonly string[]): string {
    return path.join(this.folder, ...parts);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private pack(): string {
    // The scripts would build again.
    const name = runCommand(
      'npm',
      ['pack', '--silent', '--ignore-scripts', '--pack-destination', this.folder],
      root,
    );
    return this.path(name.trim());
  }
}

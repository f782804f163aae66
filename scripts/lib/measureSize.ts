import { builtinModules } from 'node:module';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { manifest } from './publicEntries.js';
import { root } from './root.js';

const peers = Object.keys(manifest.peerDependencies);

/**
 * Bytes that a bundle holds which imports `name` alone from `specifier`, minified, and the same gzipped.
 *
 * The peers (tfjs, geotiff, …) are left out unless `withPeers`: they are the user's already. What is bundled
 * is the built package in dist/, as its own `exports` resolve it.
 */
export async function measureSize(
  specifier: string,
  name: string,
  withPeers = false,
): Promise<{ minified: number; gzipped: number }> {
  const result = await build({
    stdin: { contents: `export { ${name} } from '${specifier}';`, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*', ...builtinModules, ...(withPeers ? [] : peers)],
    tsconfigRaw: '{}',
    write: false,
    logLevel: 'silent',
  });
  const { contents } = result.outputFiles[0];
  return { minified: contents.byteLength, gzipped: gzipSync(contents).byteLength };
}

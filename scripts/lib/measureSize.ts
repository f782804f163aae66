import { builtinModules } from 'node:module';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { manifest } from './publicEntries.js';
import { root } from './root.js';

const peers = Object.keys(manifest.peerDependencies);

/**
 * Bytes that a bundle holds which imports `name` alone from `specifier`, minified, and the same gzipped.
 *
 * The peers (tfjs, codecs, …) are left out unless `withPeers`: they are the user's already. What `import()` loads
 * later, such as the one kernel module that fits, is left out too. What is bundled is the built package in dist/, as
 * its own `exports` resolve it.
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
    // With peers, tfjs' own import() would put what all share into a chunk.
    splitting: !withPeers,
    outdir: root,
    metafile: true,
    platform: 'browser',
    target: 'es2022',
    external: ['node:*', ...builtinModules, ...(withPeers ? [] : peers)],
    tsconfigRaw: '{}',
    write: false,
    logLevel: 'silent',
  });
  const { outputs } = result.metafile;
  const entry = Object.keys(outputs).find((file) => outputs[file].entryPoint === '<stdin>') as string;
  const loaded = new Set([entry]);
  for (const file of loaded) {
    for (const { path: chunk, kind } of outputs[file].imports) {
      if (kind === 'import-statement' && chunk in outputs) loaded.add(chunk);
    }
  }
  const files = [...loaded].map((file) => path.resolve(file));
  const contents = Buffer.concat(
    result.outputFiles.filter((output) => files.includes(output.path)).map((output) => output.contents),
  );
  return { minified: contents.byteLength, gzipped: gzipSync(contents).byteLength };
}

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { importedPackages, programs } from '../../../scripts/gpu/importedPackages.js';
import { isPacked, type Lockfile, packedModules } from '../../../scripts/gpu/packedModules.js';
import { planParts } from '../../../scripts/gpu/planParts.js';
import { stagePackages } from '../../../scripts/gpu/stagePackages.js';
import { root } from '../../../scripts/lib/root.js';

const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lockfile;

test('Node can strip the types of what it runs there', async () => {
  const { metafile } = await build({
    ...{ absWorkingDir: root, entryPoints: [...programs], outdir: 'unused', write: false, bundle: true },
    ...{ metafile: true, format: 'esm', platform: 'node', packages: 'external' },
  });
  const files = Object.keys(metafile.inputs);
  expect(files).toEqual(expect.arrayContaining([...programs, 'bench/networks.ts']));
  const options = { erasableSyntaxOnly: true, noResolve: true, noLib: true, types: [], noEmit: true };
  const paths = files.map((file) => path.join(root, file));
  const program = ts.createProgram(paths, options);
  const compiled = paths.flatMap((file) =>
    program.getSemanticDiagnostics(program.getSourceFile(file)).filter(({ code }) => code === 1294),
  );
  expect(compiled.map(({ file, start }) => `${file?.fileName}: ${start}`)).toEqual([]);
});

describe('planParts', () => {
  const archives = [
    { name: 'runtime', bytes: 27 },
    { name: 'modules', bytes: 13 },
  ];

  it('takes one part where the tree leaves room for all, else two beside each of which the tree fits', () => {
    expect([...planParts(20, archives, 60)]).toEqual([
      ['runtime', 1],
      ['modules', 1],
    ]);
    expect([...planParts(21, archives, 60)]).toEqual([
      ['runtime', 1],
      ['modules', 2],
    ]);
    expect(planParts(33, archives, 60).get('modules')).toBe(2);
  });

  it('says by how much it does not fit', () => {
    expect(() => planParts(34, archives, 60)).toThrow(
      'two parts of 60 bytes do not hold the pack: 34 bytes of tree, runtime 27, modules 13',
    );
    const third = { name: 'third', bytes: 30 };
    expect(() => planParts(20, [...archives, third, third], 60)).toThrow(/^two parts/);
  });
});

describe('packedModules', () => {
  let imported: string[];
  beforeAll(async () => {
    imported = await importedPackages();
  });

  it('has what tests and programs import, directly or not', () => {
    expect(imported).toEqual(
      expect.arrayContaining(['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', 'fast-check', 'vitest']),
    );
    expect(imported.filter((name) => /^(node:|\.|diffusion-ssl)/.test(name))).toEqual([]);
  });

  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'loads from the files that it takes',
    () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'gpu-packages-'));
      try {
        stagePackages(folder, imported);
        const script = `for (const name of ${JSON.stringify([...imported, 'webgpu'])}) {
        if (name === 'vitest') continue;
        const module = await import(name);
        if (Object.keys(module).length === 0) throw new Error(name);
      }
      process.exit();`;
        writeFileSync(path.join(folder, 'script.mjs'), script);
        const options = { cwd: folder, encoding: 'utf8' } as const;
        expect(spawnSync(process.execPath, ['script.mjs'], options)).toMatchObject({ status: 0, stderr: '' });
        writeFileSync(
          path.join(folder, 'one.test.mjs'),
          `import { expect, it } from 'vitest';\nit('is', () => expect(1).toBe(1));`,
        );
        const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json'];
        expect(JSON.parse(spawnSync(process.execPath, args, options).stdout)).toMatchObject({
          numPassedTests: 1,
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it('has what tests and benchmarks need, with what that needs, and no types', () => {
    const modules = packedModules(lock, imported);
    expect(modules).toEqual(
      expect.arrayContaining([
        ...['node_modules/vitest', 'node_modules/vite', 'node_modules/webgpu', 'node_modules/seedrandom'],
        ...['node_modules/@rolldown/binding-linux-x64-gnu', 'node_modules/@tensorflow/tfjs-backend-webgpu'],
      ]),
    );
    expect(modules.filter((name) => /@types|typescript|esbuild|three|lightningcss/.test(name))).toEqual([]);
  });

  it('finds the version that Node finds: the nearest', () => {
    const packages: Lockfile['packages'] = {};
    for (const name of ['vitest', 'fast-check', 'webgpu']) packages[`node_modules/${name}`] = {};
    for (const name of ['backend-cpu', 'backend-wasm', 'backend-webgpu'])
      packages[`node_modules/@tensorflow/tfjs-${name}`] = {};
    packages['node_modules/vitest'] = { dependencies: { a: '1', '@types/a': '1' } };
    packages['node_modules/a'] = {};
    packages['node_modules/@types/a'] = {};
    packages['node_modules/fast-check'] = {
      dependencies: { b: '1', a: '2' },
      optionalDependencies: { elsewhere: '1' },
    };
    packages['node_modules/fast-check/node_modules/a'] = {};
    packages['node_modules/fast-check/node_modules/b'] = { dependencies: { a: '2' } };
    const all = Object.keys(packages).filter((name) => name !== 'node_modules/@types/a');
    expect(packedModules({ packages }, ['fast-check'])).toEqual(all.sort());
    delete packages['node_modules/webgpu'];
    expect(() => packedModules({ packages }, [])).toThrow('package-lock.json has no webgpu');
  });

  it('takes less than 70 MB before it is compressed, Dawn for this system alone', () => {
    const files = packedModules(lock, imported)
      .filter((module) => existsSync(path.join(root, module)))
      .flatMap((module) =>
        readdirSync(path.join(root, module), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))),
      );
    const packed = [...new Set(files)].filter(isPacked);
    const bytes = packed.reduce((sum, file) => sum + statSync(path.join(root, file)).size, 0);
    expect(bytes / 1e6).toBeLessThan(70);
    expect(packed.filter((file) => file.endsWith('dawn.node'))).toEqual([
      'node_modules/webgpu/dist/linux-x64/dawn.node',
    ]);
    for (const name of ['core', 'layers', 'backend-cpu', 'backend-wasm', 'backend-webgpu'])
      expect(packed).toContain(`node_modules/@tensorflow/tfjs-${name}/dist/tf-${name}.node.js`);
  });

  it.each([
    ['node_modules/vitest/dist/cli.js', true],
    ['node_modules/vitest/dist/cli.d.ts', false],
    ['node_modules/vitest/dist/cli.js.map', false],
    ['node_modules/vite/LICENSE.md', true],
    ['node_modules/fast-check/README.md', false],
    ['node_modules/@tensorflow/tfjs-core/package.json', true],
    ['node_modules/@tensorflow/tfjs-core/dist/index.js', false],
    ['node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm', true],
    ['node_modules/@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.js', true],
    ['node_modules/webgpu/index.js', true],
    ['node_modules/webgpu/dist/win32-x64/dawn.node', false],
  ])('%s: %s', (file, packed) => {
    expect(isPacked(file)).toBe(packed);
  });
});

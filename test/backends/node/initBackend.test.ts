import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const SOURCE = 'src/backends/node/initBackend.ts';

interface Outcome {
  /** What the script printed as JSON, last line. */
  result: {
    name?: string;
    threads?: number;
    build?: string;
    memoryLimitBytes?: number;
    values?: number[];
    errors?: string[];
    passedOver?: { name: string; reason: string }[];
  };
  code: number | null;
  /** From the last line printed to the end of the process, in ms. */
  exitDelay: number;
}

interface RunOptions {
  /** Where `initBackend` and its packages come from. */
  folder?: string;
  /** Pass the program on the command line, not in a file. */
  inline?: boolean;
}

/** Runs an ES module in a Node of its own, with `initBackend` imported, and waits for its natural end. */
async function runModule(
  body: string,
  { folder = repository, inline = false }: RunOptions = {},
): Promise<Outcome> {
  const code = `
    import { initBackend } from ${JSON.stringify(path.join(folder, SOURCE))};
    const print = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
    ${body}`;
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'init-backend-'));
  try {
    symlinkSync(path.join(folder, 'node_modules'), path.join(temporary, 'node_modules'));
    const file = path.join(temporary, 'program.mjs');
    writeFileSync(file, code);
    return await runNode(
      ['--import', 'tsx', ...(inline ? ['--input-type=module', '--eval', code] : [file])],
      temporary,
    );
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

async function runNode(args: string[], cwd: string): Promise<Outcome> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  let printedAt = Date.now();
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
    printedAt = Date.now();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 50_000);
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  const line = output.trim().split('\n').pop() ?? '';
  if (!line.startsWith('{'))
    throw new Error(`exit code ${exitCode}, printed: ${output}\n${errors.slice(-2000)}`);
  return { result: JSON.parse(line) as Outcome['result'], code: exitCode, exitDelay: Date.now() - printedAt };
}

/** Starts a backend and prints the results of a convolution and a matrix product with exact inputs. */
const compute = (options: string) => `
  import * as tf from '@tensorflow/tfjs-core';
  const started = await initBackend(${options});
  const fill = (shape, k) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(Float32Array.from({ length: size }, (_, i) => Math.sin(k * i + 1)), shape);
  };
  const y = tf.conv2d(fill([2, 32, 32, 8], 0.7), fill([3, 3, 8, 16], 1.3), 1, 'same');
  const product = tf.matMul(fill([1, 96, 64], 0.3), fill([1, 64, 80], 0.9));
  print({ ...started, backend: tf.getBackend(), values: [...(await y.data()), ...(await product.data())] });`;

/** Prints the messages of what `initBackend` throws for each list of options. */
const caught = (...options: string[]) => `
  const errors = [];
  for (const options of [${options}]) {
    await initBackend(options).then(() => errors.push(''), ({ message }) => errors.push(message));
  }
  print({ errors });`;

/** A copy of the source whose node_modules holds no backend but these. */
async function bareCopy(backends: string[]): Promise<string> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'no-backend-'));
  for (const part of ['src/backends', 'src/errors', 'src/internal', 'src/kernels', 'src/ops']) {
    await cp(path.join(repository, part), path.join(folder, part), { recursive: true });
  }
  await mkdir(path.join(folder, 'node_modules/@tensorflow'), { recursive: true });
  for (const name of ['tsx', '@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', ...backends]) {
    symlinkSync(path.join(repository, 'node_modules', name), path.join(folder, 'node_modules', name));
  }
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

describe('initBackend', () => {
  it('gives the same bits on one thread and on two, and lets the process end', async () => {
    const [one, two] = await Promise.all([
      runModule(compute("{ device: 'wasm', threads: 1 }")),
      runModule(compute("{ device: 'wasm', threads: 2 }")),
    ]);
    expect(one.result).toMatchObject({ name: 'wasm', threads: 1, backend: 'wasm' });
    expect(two.result).toMatchObject({ name: 'wasm', threads: 2, backend: 'wasm' });
    expect(one.result.build).not.toBe(two.result.build);
    for (const { result, code, exitDelay } of [one, two]) {
      expect(code).toBe(0);
      expect(exitDelay).toBeLessThan(5000);
      expect(result.memoryLimitBytes).toBeGreaterThan(2 ** 28);
      expect(result.memoryLimitBytes).toBeLessThanOrEqual(2 ** 32);
      expect(result.values!.length).toBe(2 * 32 * 32 * 16 + 96 * 80);
      expect(result.values!.every((value) => Number.isFinite(value))).toBe(true);
    }
    // The first element of the convolution, by hand: the four taps inside the image at its corner.
    let corner = 0;
    for (const [ky, kx] of [
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ]) {
      for (let c = 0; c < 8; c++) {
        const pixel = ((ky - 1) * 32 + (kx - 1)) * 8 + c;
        const tap = ((ky * 3 + kx) * 8 + c) * 16;
        corner += Math.sin(0.7 * pixel + 1) * Math.sin(1.3 * tap + 1);
      }
    }
    expect(one.result.values![0]).toBeCloseTo(corner, 4);
    expect(two.result.values).toEqual(one.result.values);
  });

  it('starts on one thread where workers cannot start', async () => {
    const { result, code } = await runModule(compute("{ device: 'wasm', threads: 2 }"), { inline: true });
    expect(result).toMatchObject({ name: 'wasm', threads: 1 });
    expect(code).toBe(0);
  });

  it.each(['bun', 'deno'])('starts on one thread in %s, with a word', async (runtime) => {
    const { result } = await runModule(`
      Object.defineProperty(process, 'versions', { value: { ...process.versions, ${runtime}: '1.0.0' } });
      const errors = [];
      console.warn = (text) => errors.push(text);
      const { threads } = await initBackend({ device: 'wasm', threads: 2 });
      print({ threads, errors });`);
    const name = runtime === 'bun' ? 'Bun' : 'Deno';
    expect(result).toEqual({
      threads: 1,
      errors: [
        `initBackend: the wasm backend starts on one thread only (several need Node; this is ${name})`,
      ],
    });
  });

  it('starts the cpu backend, with gradients registered', async () => {
    const { result, code } = await runModule(`
      import * as tf from '@tensorflow/tfjs-core';
      const started = await initBackend({ device: 'cpu' });
      const gradient = tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([3]));
      print({ ...started, values: [...(await gradient.data())] });`);
    expect(result).toMatchObject({ name: 'cpu', threads: 1, values: [6] });
    expect(code).toBe(0);
  });

  it('refuses an unknown backend, naming the known ones, and a wrong number of threads', async () => {
    const threads = ['0', '1.5', 'NaN'];
    const { result } = await runModule(
      caught("{ device: 'cuda' }", ...threads.map((number) => `{ threads: ${number} }`)),
    );
    const [backend, ...others] = result.errors!;
    expect(backend).toMatch(
      /^initBackend: device is 'cuda'; it must be one of 'auto', 'webgpu', 'node', 'wasm', 'cpu'/,
    );
    expect(others.length).toBe(threads.length);
    for (const [i, message] of others.entries()) {
      expect(message).toContain(`initBackend: threads is ${threads[i]}; it must be an integer of at least 1`);
    }
  });

  it('says which package is missing, and how to install it', async () => {
    const folder = await bareCopy([]);
    try {
      const packages = {
        webgpu: '@tensorflow/tfjs-backend-webgpu',
        node: '@tensorflow/tfjs-node',
        wasm: '@tensorflow/tfjs-backend-wasm',
        cpu: '@tensorflow/tfjs-backend-cpu',
      };
      const options = Object.keys(packages).map((device) => `{ device: '${device}' }`);
      const { result } = await runModule(caught(...options, '{}'), { folder });
      const [auto] = result.errors!.splice(-1);
      for (const [i, name] of Object.values(packages).entries()) {
        expect(result.errors![i]).toMatch(/^initBackend: @tensorflow/);
        expect(result.errors![i]).toContain(`${name} is not installed (np`);
      }
      expect(auto).toMatch(
        /^initBackend: no backend starts here\.\n {2}webgpu: .*\n {2}node: .*\n {2}wasm: .*\n {2}cpu: /,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('passes over what does not start, says why, and takes the next', async () => {
    // Of the packages only the wasm backend's; the one of tfjs-node is there and broken.
    const folder = await bareCopy(['@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-backend-cpu']);
    try {
      const broken = path.join(folder, 'node_modules/@tensorflow/tfjs-node');
      await mkdir(broken);
      writeFileSync(path.join(broken, 'package.json'), '{ "main": "index.js" }');
      writeFileSync(path.join(broken, 'index.js'), "throw new Error('libtensorflow.so.2: no such file');");
      const { result, code } = await runModule(
        `print(await initBackend({ kernels: false }).then(({ dispose, ...rest }) => rest));`,
        { folder },
      );
      expect(code).toBe(0);
      expect(result.name).toBe('wasm');
      expect(result.passedOver!.map(({ name }) => name)).toEqual(['webgpu', 'node']);
      const [webgpu, node] = result.passedOver!.map(({ reason }) => reason);
      expect(webgpu).toContain('@tensorflow/tfjs-backend-webgpu is not installed');
      expect(node).toContain('@tensorflow/tfjs-node does not load: libtensorflow.so.2: no such file');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ends a backend, threads included, and starts another after it', async () => {
    const { result, code } = await runModule(`
      import * as tf from '@tensorflow/tfjs-core';
      const values = [];
      const one = { device: 'wasm' };
      for (const options of [{ ...one, threads: 2 }, one, { device: 'cpu' }, one]) {
        const { dispose } = await initBackend(options);
        values.push((await tf.square(tf.tensor1d([3])).data())[0]);
        await dispose();
      }
      print({ values, name: tf.getBackend() ?? 'none' });`);
    expect(result).toMatchObject({ values: [9, 9, 9, 9], name: 'none' });
    expect(code).toBe(0);
  });

  it.each([1, 2])('throws where the memory of wasm ends, naming the tensor (%i threads)', async (threads) => {
    const { result } = await runModule(`
      import * as tf from '@tensorflow/tfjs-core';
      await initBackend({ device: 'wasm', threads: ${threads} });
      const kept = tf.tensor1d([1, 2, 3]);
      const errors = [];
      // The backend takes memory without filling it.
      for (let i = 0; i < 9 && errors.length === 0; i++) {
        try {
          tf.backend().write(null, [2, 1 << 27], 'float32');
        } catch ({ message }) {
          errors.push(message);
        }
      }
      print({ errors, values: [...(await tf.square(kept).data())] });`);
    expect(result.errors![0]).toMatch(
      /^wasm: no memory for a float32 tensor of shape \[2, 134217728\] \(1073741824 bytes\); .* Take a smaller batch/,
    );
    expect(result.values).toEqual([1, 4, 9]);
  });
});

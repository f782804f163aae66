/**
 * Builds @tensorflow/tfjs-node on a current TensorFlow from PyPI, without changing package.json: the stock package
 * downloads TensorFlow 2.9 from 2022, and its CUDA build wants CUDA 11.2.
 *
 * `npm run setup:tfjs-node`, or with `-- --gpu` for the CUDA 12 build. Needs Python 3 with pip and g++.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const TFJS_VERSION = '4.22.0';
const TENSORFLOW_VERSION = '2.20.0';
const NODE_API_HEADERS = 'node-api-headers@1.9.0';
/** SHA-256 of the wheels for CPython 3.12 on Linux; the C++ libraries in them do not depend on Python's version. */
const WHEELS: Record<string, { name: string; platform: string; sha256: string }> = {
  cpu: {
    name: 'tensorflow-cpu',
    platform: 'manylinux_2_17_x86_64',
    sha256: 'c7a9224185818094ed95c4e114d3efe77241db35fbf0b75251fb2bf6222dd6a7',
  },
  gpu: {
    name: 'tensorflow',
    platform: 'manylinux_2_17_x86_64',
    sha256: '25265b0bc527e0d54b1e9cc60c44a24f44a809fe27666b905f0466471f9c52ec',
  },
};

/** A failure whose message is all that the user needs. */
class SetupError extends Error {}

function main(args: readonly string[]): void {
  const unknown = args.filter((arg) => arg !== '--gpu');
  if (unknown.length > 0) throw new SetupError(`unknown option ${unknown.join(' ')}; there is only --gpu`);
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(
      `this script serves Linux on x64, not ${process.platform} on ${process.arch}; ` +
        `there, npm install @tensorflow/tfjs-node@${TFJS_VERSION} may work as it is`,
    );
  }
  const variant = args.includes('--gpu') ? 'gpu' : 'cpu';
  const packageName = variant === 'gpu' ? 'tfjs-node-gpu' : 'tfjs-node';
  const python = process.env.PYTHON ?? 'python3';
  requireTool(python, ['-m', 'pip', '--version'], 'Python 3 with pip (or set PYTHON)');
  requireTool('g++', ['--version'], 'a C++ compiler (Debian and Ubuntu: apt-get install g++)');

  const work = mkdtempSync(path.join(tmpdir(), 'tfjs-node-'));
  try {
    step(`installing @tensorflow/${packageName} ${TFJS_VERSION} without its download`);
    // As a development dependency: npm passes over the optional peer that it is.
    run('npm', [
      ...['install', '--no-save', '--save-dev', '--ignore-scripts', '--no-audit', '--no-fund'],
      ...[`@tensorflow/${packageName}@${TFJS_VERSION}`],
    ]);
    const target = path.resolve('node_modules/@tensorflow', packageName);
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];
    run('npm', ['install', '--prefix', work, ...quiet, NODE_API_HEADERS]);

    const wheel = WHEELS[variant];
    step(`downloading ${wheel.name} ${TENSORFLOW_VERSION} (some 250 MB, more with --gpu)`);
    const requirement = `${wheel.name}==${TENSORFLOW_VERSION} --hash=sha256:${wheel.sha256}`;
    downloadWheel(python, wheel.platform, requirement, work);
    const file = readdirSync(work).find((name) => name.endsWith('.whl'));
    if (!file) throw new SetupError(`pip left no wheel of ${wheel.name} in ${work}`);
    run(python, ['-m', 'zipfile', '-e', path.join(work, file), path.join(work, 'wheel')]);

    step('compiling the addon (about a minute)');
    const deps = path.join(target, 'deps');
    rmSync(deps, { recursive: true, force: true });
    mkdirSync(path.join(deps, 'lib'), { recursive: true });
    const unpacked = path.join(work, 'wheel', 'tensorflow');
    const libraries = readdirSync(unpacked).filter((name) => /^libtensorflow_(cc|framework)\.so/.test(name));
    if (libraries.length < 2)
      throw new SetupError(`${file} holds no libtensorflow_cc and libtensorflow_framework`);
    for (const name of libraries) move(path.join(unpacked, name), path.join(deps, 'lib', name));
    const headers = path.join(work, 'node_modules/node-api-headers/include');
    compile(target, { headers, tensorflow: path.join(unpacked, 'include') }, variant);
    if (variant === 'gpu') installCuda(python, path.join(work, 'wheel'), deps);
    step('trying it');
    run(process.execPath, ['--input-type=module', '-e', trial(packageName)]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  console.log(
    `\n@tensorflow/${packageName} runs on TensorFlow ${TENSORFLOW_VERSION}. Train on it with --backend node.`,
  );
  console.log('package.json is as it was: npm ci removes the addon again.');
}

function downloadWheel(python: string, platform: string, requirement: string, folder: string): void {
  const list = path.join(folder, 'requirements.txt');
  writeFileSync(list, `${requirement}\n`);
  run(python, [
    ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--require-hashes'],
    ...['--python-version', '3.12', '--implementation', 'cp', '--platform', platform],
    ...['--dest', folder, '--requirement', list],
  ]);
}

/** Compiles `binding/*.cc` of the package, for processors with what is in `tfjsNode/`, to where its loader looks. */
function compile(
  target: string,
  include: { headers: string; tensorflow: string },
  variant: 'cpu' | 'gpu',
): void {
  const binding = path.join(target, 'binding');
  const sources = readdirSync(binding)
    .filter((name) => name.endsWith('.cc'))
    .map((name) => path.join(binding, name));
  // What is in this folder says what for.
  const folder = fileURLToPath(new URL('tfjsNode', import.meta.url));
  const own = readdirSync(folder)
    .filter((name) => name.endsWith('.cc'))
    .map((name) => path.join(folder, name));
  const wrapped = ['TFE_NewContext', 'TFE_OpSetAttrString', 'TFE_OpSetAttrType'];
  const out = path.join(target, 'lib/napi-v8');
  mkdirSync(out, { recursive: true });
  run('g++', [
    ...['-std=c++17', '-O2', '-fno-math-errno', '-shared', '-fPIC', '-w'],
    ...['-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
    ...['-I', include.headers, '-I', include.tensorflow, '-I', binding],
    ...sources,
    ...(variant === 'cpu' ? [...own, ...wrapped.map((name) => `-Wl,--wrap=${name}`)] : []),
    ...['-o', path.join(out, 'tfjs_binding.node'), '-L', path.join(target, 'deps/lib')],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    '-Wl,-rpath,$ORIGIN/../../deps/lib',
  ]);
}

/** Puts NVIDIA's libraries, those that the wheel names, beside TensorFlow's, where those look for them. */
function installCuda(python: string, wheel: string, deps: string): void {
  step('downloading the CUDA 12 libraries (some 3 GB)');
  const metadata = readFileSync(
    path.join(wheel, `tensorflow-${TENSORFLOW_VERSION}.dist-info/METADATA`),
    'utf8',
  );
  const required = [...metadata.matchAll(/^Requires-Dist: (nvidia-[^;]+);.*and-cuda/gm)].map(
    (match) => match[1],
  );
  if (required.length === 0) throw new SetupError('the wheel names no CUDA libraries');
  // pip takes a wheel only for a platform that is named.
  const platforms = ['manylinux_2_17', 'manylinux2014', 'manylinux_2_12', 'manylinux2010', 'manylinux1'];
  run(python, [
    ...['-m', 'pip', 'install', '--target', deps, '--only-binary=:all:'],
    ...['--python-version', '3.12', '--implementation', 'cp'],
    ...platforms.flatMap((platform) => ['--platform', `${platform}_x86_64`]),
    ...required,
  ]);
}

function trial(packageName: string): string {
  return `
    import util from 'node:util';
    util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    util.isArray ??= Array.isArray;
    const tf = (await import('@tensorflow/${packageName}')).default;
    await tf.ready();
    const [four] = await tf.matMul(tf.ones([1, 4]), tf.ones([4, 1])).data();
    if (tf.getBackend() !== 'tensorflow' || four !== 4) throw new Error('the addon gives ' + four);
    if (${packageName === 'tfjs-node-gpu'}) {
      console.log(tf.backend().isUsingGpuDevice ? 'on the graphics processor' :
        'TensorFlow finds no graphics processor here (see its message above): it computes on the processor');
    }
  `;
}

function requireTool(command: string, args: string[], what: string): void {
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  if (status !== 0) throw new SetupError(`needs ${what}: '${command} ${args.join(' ')}' does not work here`);
}

function run(command: string, args: string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  } catch {
    throw new SetupError(`'${command} ${args.slice(0, 4).join(' ')} …' failed; its messages are above`);
  }
}

/** Renames, or copies where the two folders are on different disks. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    run('cp', [from, to]);
  }
}

function step(text: string): void {
  console.log(`- ${text}`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup:tfjs-node: ${error.message}`);
  process.exitCode = 1;
}

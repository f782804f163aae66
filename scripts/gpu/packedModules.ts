/** The part of package-lock.json that is read. */
export interface Lockfile {
  packages: Record<
    string,
    { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> }
  >;
}

/** What no file of the tests imports by a name that can be read in it. */
const ROOTS = [
  ...['vitest', 'webgpu', '@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-backend-wasm'],
  '@tensorflow/tfjs-backend-webgpu',
];

/** Types, and what vite loads for style sheets alone. */
const LEFT_OUT = /^(@types\/|@webgpu\/types$|lightningcss)/;

/**
 * Folders (`node_modules/…`) of the packages that the pack takes, with all that they depend on; some are of other
 * systems.
 *
 * @param imported Names of packages, besides those that are always needed.
 */
export function packedModules({ packages }: Lockfile, imported: readonly string[]): string[] {
  const found = new Set<string>();
  const add = (folder: string | undefined) => {
    if (folder === undefined || found.has(folder)) return;
    found.add(folder);
    const { dependencies, optionalDependencies } = packages[folder];
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (!LEFT_OUT.test(name)) add(resolve(folder, name));
    }
  };
  /** Where Node finds a package: in the folder that asks, or in one above it. */
  const resolve = (from: string, name: string): string | undefined => {
    const candidate = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
    if (packages[candidate]) return candidate;
    return from === ''
      ? undefined
      : resolve(from.slice(0, Math.max(0, from.lastIndexOf('node_modules/') - 1)), name);
  };
  for (const name of [...ROOTS, ...imported]) {
    const folder = resolve('', name);
    if (!folder) throw new Error(`package-lock.json has no ${name}`);
    add(folder);
  }
  return [...found].sort();
}

/**
 * Whether a file of a package (`node_modules/…`, forward slashes) is needed to run: no types, maps, sources, other
 * systems.
 */
export function isPacked(file: string): boolean {
  if (file.endsWith('/package.json') || /\/licen[cs]e[^/]*$/i.test(file)) return true;
  if (/\.(map|md|markdown|[cm]?ts|flow)$/.test(file)) return false;
  const [, tensorflow] = /^node_modules\/@tensorflow\/[^/]+\/(.*)$/.exec(file) ?? [];
  if (tensorflow !== undefined) {
    return /^dist\/tf-[\w-]+\.node\.js$|^dist\/[^/]+\.wasm$|^wasm-out\/.*\.js$/.test(tensorflow);
  }
  const [, dawn] = /^node_modules\/webgpu\/dist\/([^/]+)\//.exec(file) ?? [];
  return dawn === undefined || dawn === 'linux-x64';
}

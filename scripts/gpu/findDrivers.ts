import path from 'node:path';

/** What is asked of the file system: the files of a folder by name, none where there is no such folder. */
export type ListFolder = (folder: string) => readonly string[];

/** Vulkan drivers, as their manifests (ICD) name them. */
export interface Drivers {
  /** Manifests that the loader is to read. */
  manifests: string[];
  /** NVIDIA's library, where it lies about without a manifest. */
  library?: string;
}

/** Where the loader looks by itself, then where container runtimes put NVIDIA's manifest. */
const MANIFESTS = [
  ...['/usr/local/etc', '/usr/local/share', '/etc', '/usr/share'].map((folder) => `${folder}/vulkan/icd.d`),
  ...['/usr/local/nvidia/share/vulkan/icd.d', '/usr/local/nvidia/vulkan/icd.d'],
];

/** Where NVIDIA's libraries lie, besides the folders of the system. */
export const NVIDIA_LIBRARIES = ['/usr/local/nvidia/lib64', '/usr/local/nvidia/lib', '/usr/lib64-nvidia'];

/** Drivers that compute on the processor. */
const SOFTWARE = /lvp|lavapipe|llvmpipe|swiftshader/i;

/**
 * Finds the drivers of graphics processors; those that compute on the processor only where there is no other.
 *
 * @param list How folders are listed.
 * @param linked Names of the libraries that the system finds by itself.
 * @param env Environment: drivers that it names are taken as they are.
 */
export function findDrivers(list: ListFolder, linked: ReadonlySet<string>, env: NodeJS.ProcessEnv): Drivers {
  const named = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES;
  if (named) return { manifests: named.split(path.delimiter) };
  const found = MANIFESTS.flatMap((folder) =>
    list(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => `${folder}/${name}`),
  );
  const real = found.filter((file) => !SOFTWARE.test(path.basename(file)));
  if (real.some((file) => /nvidia/i.test(file))) return { manifests: real };
  const library = ['libGLX_nvidia.so.0', 'libEGL_nvidia.so.0'].find(
    (name) => linked.has(name) || NVIDIA_LIBRARIES.some((folder) => list(folder).includes(name)),
  );
  if (library) return { manifests: real, library };
  return { manifests: real.length > 0 ? real : found };
}

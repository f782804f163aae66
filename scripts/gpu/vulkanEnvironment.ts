import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findDrivers, NVIDIA_LIBRARIES } from './findDrivers.js';

/** NVIDIA's driver in the words of GLVND. */
const EGL_VENDOR = '/usr/local/nvidia/share/glvnd/egl_vendor.d/10_nvidia.json';

/** How Vulkan is found here. */
export interface VulkanEnvironment {
  /** Whose `libvulkan.so.1` is taken. */
  loader: 'system' | 'pack' | 'none';
  /** Libraries of the pack that the system lacks. */
  libraries: string[];
  /** Manifests of drivers. */
  manifests: string[];
  /** Variables for processes that use Vulkan. */
  env: Record<string, string>;
}

/**
 * Finds a Vulkan loader and drivers, and sets what processes need to find them too.
 *
 * @param packed Folder of the pack's libraries; those that the system lacks are added, no other.
 * @param work Folder for what is written.
 */
export function vulkanEnvironment(packed: string, work: string): VulkanEnvironment {
  const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
  const linked = linkedLibraries();
  const known = (process.env.LD_LIBRARY_PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const has = (name: string) =>
    linked.has(name) || known.some((folder) => existsSync(path.join(folder, name)));

  const added = path.join(work, 'libraries');
  mkdirSync(added, { recursive: true });
  const libraries = list(packed).filter((name) => !has(name));
  for (const name of libraries) symlinkSync(path.join(packed, name), path.join(added, name));

  const { manifests, library } = findDrivers(list, linked, process.env);
  if (library) {
    const manifest = path.join(work, 'nvidia_icd.json');
    const driver = { file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.3.0' } };
    writeFileSync(manifest, JSON.stringify(driver));
    manifests.push(manifest);
  }
  return {
    loader: has('libvulkan.so.1') ? 'system' : libraries.includes('libvulkan.so.1') ? 'pack' : 'none',
    libraries,
    manifests,
    env: {
      LD_LIBRARY_PATH: [...known, ...NVIDIA_LIBRARIES.filter(existsSync), added].join(path.delimiter),
      ...(manifests.length > 0 && { VK_ICD_FILENAMES: manifests.join(path.delimiter) }),
      ...(existsSync(EGL_VENDOR) && { __EGL_VENDOR_LIBRARY_FILENAMES: EGL_VENDOR }),
      XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? work,
    },
  };
}

/** Names of the libraries in the linker's cache. */
function linkedLibraries(): Set<string> {
  for (const command of ['ldconfig', '/sbin/ldconfig']) {
    const { stdout } = spawnSync(command, ['-p'], { encoding: 'utf8' });
    if (stdout) return new Set([...stdout.matchAll(/^\s*(\S+) \(.*x86-64/gm)].map(([, name]) => name));
  }
  return new Set();
}

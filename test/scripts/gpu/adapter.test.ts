import { describe, expect, it } from 'vitest';
import { classifyAdapter, type Probe, type ProbeRun } from '../../../scripts/gpu/classifyAdapter.js';
import { findDrivers } from '../../../scripts/gpu/findDrivers.js';

const nvidia = '/usr/share/vulkan/icd.d/nvidia_icd.json';

describe('findDrivers', () => {
  const find = (folders: Record<string, string[]>, linked: string[] = [], env: NodeJS.ProcessEnv = {}) =>
    findDrivers((folder) => folders[folder] ?? [], new Set(linked), env);

  it('takes what the environment names, as it is', () => {
    const env = { VK_ICD_FILENAMES: '/a.json:/b.json' };
    expect(find({ '/usr/share/vulkan/icd.d': ['nvidia_icd.json'] }, [], env)).toEqual({
      manifests: ['/a.json', '/b.json'],
    });
    expect(find({}, [], { ...env, VK_DRIVER_FILES: '/c.json' }).manifests).toEqual(['/c.json']);
  });

  it('takes a driver that computes on the processor only where there is no other', () => {
    const folders = { '/usr/share/vulkan/icd.d': ['lvp_icd.x86_64.json', 'README'] };
    expect(find(folders).manifests).toEqual(['/usr/share/vulkan/icd.d/lvp_icd.x86_64.json']);
    const mesa = { '/usr/share/vulkan/icd.d': ['lvp_icd.x86_64.json', 'radeon_icd.x86_64.json'] };
    expect(find(mesa).manifests).toEqual(['/usr/share/vulkan/icd.d/radeon_icd.x86_64.json']);
    const both = { '/usr/share/vulkan/icd.d': ['lvp_icd.x86_64.json', 'nvidia_icd.json'] };
    expect(find(both, ['libGLX_nvidia.so.0'])).toEqual({ manifests: [nvidia] });
    expect(find({ ...folders, '/usr/local/nvidia/share/vulkan/icd.d': ['nvidia_icd.json'] })).toEqual({
      manifests: ['/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json'],
    });
  });

  it('names the library of NVIDIA where no manifest does', () => {
    expect(find({}, ['libGLX_nvidia.so.0'])).toEqual({ manifests: [], library: 'libGLX_nvidia.so.0' });
    expect(find({ '/usr/local/nvidia/lib64': ['libEGL_nvidia.so.0'] })).toEqual({
      manifests: [],
      library: 'libEGL_nvidia.so.0',
    });
    expect(find({}, ['libcuda.so.1'])).toEqual({ manifests: [] });
  });
});

describe('classifyAdapter', () => {
  const adapter = (info: Record<string, unknown>): Probe => {
    const report = { info, features: [], limits: {} };
    return { adapter: report, unsafe: report };
  };
  const none: Probe = { adapter: null, unsafe: null };
  const vulkan = { loader: 'pack' as const, manifests: [nvidia] };
  const classify = (
    run: Partial<ProbeRun>,
    found: Partial<Parameters<typeof classifyAdapter>[1]> = {},
    card?: string,
  ) => classifyAdapter({ probe: none, status: 0, stderr: '', ...run }, { ...vulkan, ...found }, card);

  it('knows a card from what computes on the processor', () => {
    const h100 = {
      vendor: 'nvidia',
      architecture: 'hopper',
      description: 'NVIDIA: 580.159.04',
      isFallbackAdapter: false,
    };
    expect(classify({ probe: adapter(h100) })).toEqual({
      kind: 'card',
      text: 'NVIDIA: 580.159.04, nvidia, hopper',
    });
    const shader = { vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader driver 5.0.0' };
    const { kind, text } = classify({ probe: adapter(shader) }, {}, 'NVIDIA H100');
    expect(kind).toBe('software');
    expect(text).toMatch(
      /^There is a card \(NVIDIA H100\), but the only adapter computes on the processor \(SwiftShader/,
    );
    expect(classify({ probe: adapter({ vendor: 'mesa', isFallbackAdapter: true }) }).kind).toBe('software');
  });

  // What Dawn and Vulkan's loader print in each of these states.
  const noDrivers = [
    'Warning: vkCreateInstance: Found no drivers!',
    'Warning: vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER',
    '    at CheckVkSuccessImpl (/home/runner/VulkanError.cpp:106)',
  ].join('\n');
  it.each([
    [
      'no loader',
      "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file: No such file or directory",
      vulkan,
      /^no Vulkan loader: libvulkan\.so\.1/,
    ],
    ['no loader', '', { loader: 'none' as const }, /^no Vulkan loader/],
    [
      'no driver',
      noDrivers,
      { manifests: [] },
      /^no Vulkan driver: the loader finds no manifest.*NVIDIA_DRIVER_CAPABILITIES/,
    ],
    [
      'driver fails',
      `Warning: libX11.so.6: cannot open shared object file: No such file or directory\n${noDrivers}`,
      {},
      /does not load \(\/usr\/share\/vulkan\/icd\.d\/nvidia_icd\.json\): libX11\.so\.6: cannot open/,
    ],
    [
      'driver fails',
      `Warning: loader_get_json: Failed to open JSON file /no.json\n${noDrivers}`,
      {},
      /Failed to open JSON/,
    ],
    ['no device', noDrivers, {}, /loads and offers no device: is \/dev\/nvidia\* here/],
    ['no device', '', {}, /offers no device/],
    [
      'refused',
      'Warning: Insufficient Vulkan limits for maxTextureDimension3D.\n - While gathering supported limits',
      {},
      /^Dawn refuses the device: Warning: Insufficient Vulkan limits/,
    ],
  ])('%s', (kind, stderr, found, text) => {
    const verdict = classify({ stderr }, found);
    expect(verdict).toMatchObject({ kind, text: expect.stringMatching(text) });
    expect(classify({ stderr }, found, 'NVIDIA H200').text).toMatch(/^There is a card \(NVIDIA H200\), but /);
  });

  it('takes a process that ends without an answer for a fault, whatever it warned of', () => {
    const run = {
      probe: undefined,
      status: 'SIGSEGV',
      stderr: `${noDrivers}\nError: dawn.node: GLIBC_2.38`,
    };
    expect(classify(run)).toEqual({
      kind: 'fault',
      text: 'Dawn’s process ended with SIGSEGV, which no missing driver explains: Error: dawn.node: GLIBC_2.38',
    });
  });
});

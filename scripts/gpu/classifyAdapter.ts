import type { VulkanEnvironment } from './vulkanEnvironment.js';

/** What Dawn says of an adapter. */
export interface AdapterReport {
  info: Record<string, unknown>;
  features: string[];
  limits: Record<string, unknown>;
}

/** What `probeAdapter.ts` prints. */
export interface Probe {
  adapter: AdapterReport | null;
  /** The same with Dawn's `allow_unsafe_apis`. */
  unsafe: AdapterReport | null;
}

/** How the probe's process ended, and what it printed. */
export interface ProbeRun {
  /** Undefined where it printed no result. */
  probe?: Probe;
  /** Of the process, or the signal that ended it. */
  status: number | string | null;
  stderr: string;
}

/** What is there to compute on. */
export interface Verdict {
  kind: 'card' | 'software' | 'no loader' | 'no driver' | 'driver fails' | 'no device' | 'refused' | 'fault';
  /** In words, with what to do. */
  text: string;
}

/** How containers get NVIDIA's Vulkan driver, besides CUDA's. */
const GRAPHICS =
  'A container gets it with NVIDIA_DRIVER_CAPABILITIES=all, a machine with its distribution’s package ' +
  '(Debian: nvidia-driver, Ubuntu: libnvidia-gl).';

/**
 * Tells what WebGPU has to compute on, and where that is no graphics processor, which link of the chain is missing:
 * the Vulkan loader, a driver, a device, or something that is the fault of this project or of Dawn.
 *
 * @param card Name of the card by `nvidia-smi`, where that works: CUDA's part of the driver is there.
 */
export function classifyAdapter(
  { probe, status, stderr }: ProbeRun,
  { loader, manifests }: Pick<VulkanEnvironment, 'loader' | 'manifests'>,
  card?: string,
): Verdict {
  const warnings = stderr.split('\n').filter((line) => /^(Warning|Error): /.test(line));
  const named = (pattern: RegExp) => warnings.find((line) => pattern.test(line))?.replace(/^\w+: /, '');
  const there = card ? `There is a card (${card}), but ` : '';
  if (!probe) {
    const words = stderr.trim().split('\n').at(-1);
    return {
      kind: 'fault',
      text: `Dawn’s process ended with ${status}, which no missing driver explains: ${words}`,
    };
  }
  if (probe.adapter) {
    const { description, vendor, architecture, device, isFallbackAdapter } = probe.adapter.info;
    const name = [description, vendor, architecture, device].filter(Boolean).join(', ');
    if (!isFallbackAdapter && !/swiftshader|llvmpipe|lavapipe|software/i.test(name))
      return { kind: 'card', text: name };
    return {
      kind: 'software',
      text:
        `${there}the only adapter computes on the processor (${name}): the card’s Vulkan driver is missing. ` +
        GRAPHICS,
    };
  }
  if (loader === 'none' || named(/libvulkan\.so\.1: cannot open/)) {
    return {
      kind: 'no loader',
      text: `${there}no Vulkan loader: libvulkan.so.1 is neither here nor in the pack.`,
    };
  }
  const failure = named(
    /cannot open shared object|Failed loading library|Attempt to retrieve|Failed to open JSON|file too short/,
  );
  if (failure) {
    return {
      kind: 'driver fails',
      text: `${there}the Vulkan driver does not load (${manifests.join(', ')}): ${failure}. ${GRAPHICS}`,
    };
  }
  if (manifests.length === 0) {
    return {
      kind: 'no driver',
      text: `${there}no Vulkan driver: the loader finds no manifest (ICD) of one. ${GRAPHICS}`,
    };
  }
  if (
    warnings.length === 0 ||
    named(/Found no drivers|ERROR_INCOMPATIBLE_DRIVER|ERROR_INITIALIZATION_FAILED/)
  ) {
    return {
      kind: 'no device',
      text: `${there}the Vulkan driver (${manifests.join(', ')}) loads and offers no device: is /dev/nvidia* here?`,
    };
  }
  return { kind: 'refused', text: `${there}Dawn refuses the device: ${warnings.join(' ')}` };
}

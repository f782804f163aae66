/**
 * Prints what Dawn finds here as one line of JSON, a `Probe`; its and the Vulkan loader's warnings go to standard
 * error. In a process of its own, since a driver may end it.
 */
import { createRequire } from 'node:module';
import type { Probe } from './classifyAdapter.js';

interface Dawn {
  create(options: string[]): GPU;
}

/** The properties of an object that has them as getters. */
function valuesOf(object: object): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name in object) {
    const value = (object as Record<string, unknown>)[name];
    if (Array.isArray(value))
      values[name] = value.map((item) => (typeof item === 'object' ? valuesOf(item) : item));
    else if (typeof value !== 'function') values[name] = value;
  }
  return values;
}

const { create } = createRequire(import.meta.url)('webgpu') as Dawn;

async function probe(...options: string[]): Promise<Probe['adapter']> {
  const adapter = await create(options).requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return null;
  const { info } = adapter as GPUAdapter & { info: object };
  return { info: valuesOf(info), features: [...adapter.features].sort(), limits: valuesOf(adapter.limits) };
}

const adapter = await probe('verbose=1');
// What Dawn has but keeps from pages, such as matrix operations of subgroups.
const unsafe = adapter && (await probe('enable-dawn-features=allow_unsafe_apis'));
console.log(JSON.stringify({ adapter, unsafe } satisfies Probe));
process.exit();

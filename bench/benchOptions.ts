import { parseArgs } from 'node:util';
import { decimal } from '../examples/trainer/src/config/decimal.js';
import { listItems } from '../examples/trainer/src/config/listItems.js';
import { type BenchNetwork, findNetwork } from './networks.js';
import { peerDevices, type Setup } from './runMeasurement.js';

/** Options that the benchmarks of networks share, and their numbers. */
export interface BenchOptions<Count extends string> {
  /** What `findNetwork` takes. */
  networks: string[];
  /** None where PyTorch alone is measured. */
  backends: string[];
  /** An adapter that computes on the processor takes minutes a step: only where the backends are named. */
  allowSoftware: boolean;
  /** Where PyTorch is measured. */
  device: Setup['device'];
  /** Seconds that one measurement may take. */
  limit?: number;
  /** File for the rows. */
  json?: string;
  counts: Record<Count, number>;
}

/**
 * Reads a benchmark's options from the command line.
 *
 * @param list Its networks.
 * @param defaults Its numbers: integers from 1.
 */
export function benchOptions<Count extends string>(
  list: readonly BenchNetwork[],
  defaults: Record<Count, number>,
): BenchOptions<Count> {
  const names = Object.keys(defaults) as Count[];
  const { values } = parseArgs({
    options: {
      networks: { type: 'string', default: list.map((_, i) => i + 1).join() },
      backends: { type: 'string' },
      peer: { type: 'string', default: 'cpu' },
      limit: { type: 'string' },
      json: { type: 'string' },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    },
  });
  const networks = listItems(values.networks);
  const unknown = networks.find((name) => !findNetwork(list, name));
  if (unknown !== undefined)
    throw new Error(`--networks takes numbers from 1 to ${list.length} and small, not '${unknown}'`);
  const device = peerDevices.find((name) => name === values.peer);
  if (!device) throw new Error(`--peer takes ${peerDevices.join(', ')}, not '${values.peer}'`);
  const limit = values.limit === undefined ? undefined : decimal(values.limit);
  if (limit !== undefined && !(limit > 0)) throw new Error(`--limit takes seconds, not '${values.limit}'`);
  const given = values as Record<string, string | undefined>;
  const counts = names.map((name) => {
    const count = given[name] === undefined ? defaults[name] : decimal(given[name]);
    if (!(Number.isInteger(count) && count > 0))
      throw new Error(`--${name} takes an integer from 1, not '${given[name]}'`);
    return [name, count];
  });
  return {
    networks,
    backends: values.backends === 'none' ? [] : listItems(values.backends ?? 'wasm,node,webgpu'),
    allowSoftware: values.backends !== undefined,
    device,
    limit,
    json: values.json,
    counts: Object.fromEntries(counts) as Record<Count, number>,
  };
}

import * as tf from '@tensorflow/tfjs-core';
import type { ModelCondition } from 'diffusion-ssl/pretrained';
import { beforeAll, describe, expect, it } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { configOf } from '../../../test/support/configOf.js';
import { ConditionTable } from '../src/conditions/ConditionTable.js';
import { drawConditions } from '../src/run/drawConditions.js';
import type { Run } from '../src/run/Run.js';
import { networkOf } from '../src/setup/networkOf.js';

// The title of every test begins with the keys whose effect it shows: configEffects.test.ts counts them.

beforeAll(startTestBackend);

const conditions: ModelCondition[] = [
  { kind: 'class', name: 'group', classes: ['a', 'b'] },
  { kind: 'number', name: 'month', encoding: 'cyclic', range: [1, 13] },
];

/** Which chips of a batch go without each condition, by a configuration. */
async function dropped(...lines: string[]): Promise<{ group: boolean[]; month: boolean[] }> {
  const table = new ConditionTable(2);
  for (let i = 0; i < 400; i++) table.push([i % 2, 1 + (i % 12)]);
  const config = configOf('model: unet2d', 'conditions: ["group:class", month]', ...lines);
  const data = { conditions: { conditions, train: table } } as unknown as Run['data'];
  const rows = Array.from({ length: 400 }, (_, i) => i);
  const [images, shape] = [new Float32Array(400), [400, 1, 1, 1] as [number, number, number, number]];
  const { group, month } = drawConditions({ config, data, conditions }, { images, shape, rows }, 3)!;
  const result = {
    group: Array.from(await group.data(), (index) => index === 2),
    month: Array.from(await tf.slice(month, [0, 0], [-1, 1]).data(), Number.isNaN),
  };
  tf.dispose([group, month]);
  return result;
}
const share = (list: boolean[]) => list.filter(Boolean).length / list.length;
const both = ({ group, month }: { group: boolean[]; month: boolean[] }) =>
  group.map((isDropped, i) => isDropped && month[i]);

describe('conditions', () => {
  it('conditions: are inputs of the network', () => {
    const { config } = networkOf(
      configOf('model: unet2d', 'conditions: ["group:class", month]'),
      [8, 8, 1],
      conditions,
    );
    expect(config).toMatchObject({ numClassEmbeds: 3, useMetadata: true, numMetadata: 2 });
    expect(configOf('model: unet2d', 'conditions: [month]').conditions).toEqual(['month']);
    expect(() => configOf('conditions: [month]')).toThrow(/conditions is month; it needs model unet2d/);
    expect(() => configOf('model: unet2d', 'conditions: ["a:b"]')).toThrow(
      /conditions is a:b: 'a:b' is no class/,
    );
  });

  it('condition_dropout: takes each condition from chips by itself', async () => {
    const few = await dropped('condition_dropout: 0.3', 'condition_dropout_all: 0');
    for (const list of [few.group, few.month]) expect(Math.abs(share(list) - 0.3)).toBeLessThan(0.08);
    expect(Math.abs(share(both(few)) - 0.09)).toBeLessThan(0.05);
    const none = await dropped('condition_dropout: 0', 'condition_dropout_all: 0');
    expect(share([...none.group, ...none.month])).toBe(0);
  });

  it('condition_dropout_all: takes all conditions from chips at once', async () => {
    const together = await dropped('condition_dropout: 0', 'condition_dropout_all: 0.3');
    expect(together.group).toEqual(together.month);
    expect(Math.abs(share(both(together)) - 0.3)).toBeLessThan(0.08);
    expect(share(both(await dropped('condition_dropout: 0', 'condition_dropout_all: 1')))).toBe(1);
  });
});

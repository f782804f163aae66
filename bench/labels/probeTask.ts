import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { linearProbe } from 'diffusion-ssl/heads';
import { writeSafetensors } from 'diffusion-ssl/interop';
import type { LabelTask, MakeLabelTask } from './LabelTask.js';
import { plantedRows, type RowSizes } from './plantedRows.js';

/** Part of the objective by which ours may be above the peer's: both end where no slope is above 1e-4. */
const AGREEMENT = 1e-3;

/** A linear probe of one strength, standardisation included. */
export function probeTask(sizes: RowSizes): MakeLabelTask {
  return async (folder): Promise<LabelTask> => {
    const { features, labels, file } = await plantedRows(sizes, folder);
    let head = await linearProbe(features, labels);
    return {
      request: { task: 'probe', file },
      run: async () => {
        const start = performance.now();
        head = await linearProbe(features, labels);
        return (performance.now() - start) / 1000;
      },
      check: async (peer) => {
        const { weight, bias } = head.toJSON();
        const given = path.join(folder, 'probe.safetensors');
        const tensor = (packed: unknown, shape: number[]) => {
          const { buffer, byteOffset, length } = Buffer.from(packed as string, 'base64');
          const data = new Float32Array(buffer.slice(byteOffset, byteOffset + length));
          return { dtype: 'F32' as const, shape, data };
        };
        writeFileSync(
          given,
          writeSafetensors({
            weight: tensor(weight, [head.dims, head.classes]),
            bias: tensor(bias, [head.classes]),
          }),
        );
        const { ours, theirs } = await peer.ask<{ ours: number; theirs: number }>({
          task: 'probe check',
          file,
          given,
        });
        if (!(ours <= theirs * (1 + AGREEMENT))) {
          throw new Error(`the objective is ${ours}, scikit-learn's ${theirs}`);
        }
        return `objective ${ours.toFixed(6)}, scikit-learn's ${theirs.toFixed(6)}`;
      },
      dispose: () => tf.disposeVariables(),
    };
  };
}

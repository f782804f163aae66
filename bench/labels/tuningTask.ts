import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { writeSafetensors } from 'diffusion-ssl/interop';
import { crossEntropy } from 'diffusion-ssl/losses';
import { normalBatch } from '../benchModel.js';
import { findNetwork, sampledNetworks } from '../networks.js';
import type { LabelTask, MakeLabelTask } from './LabelTask.js';
import { classes, segmenter } from './segmenter.js';

/** Losses of the first steps may differ by such a part: Adam moves a weight by its rate whatever its gradient is. */
const AGREEMENT = 2e-3;
const CHECKED = 3;
const STEPS = 5;

/** A step of fine-tuning, on running statistics: forward, cross-entropy, backward and AdamW. */
export function tuningTask(name: string, frozen: boolean): MakeLabelTask {
  return async (folder): Promise<LabelTask> => {
    const network = findNetwork(sampledNetworks, name)!;
    const tuning = await segmenter({ ...network, name }, folder, { frozen });
    const images = await normalBatch(network, 1);
    const { batch, size } = network;
    // Blobs, some without a label.
    const labels = Int32Array.from({ length: batch * size * size }, (_, i) => {
      const [column, row] = [i % size, Math.floor(i / size)];
      return (row >> 4) % 3 === 2 ? 255 : ((row >> 3) + (column >> 3)) % classes;
    });
    const shape = [batch, size, size];
    const file = path.join(folder, 'labelled.safetensors');
    writeFileSync(file, writeSafetensors({ images, labels: { dtype: 'I32', shape, data: labels } }));
    const x = tf.tensor(images.data as Float32Array, images.shape);
    const y = tf.tensor(labels, shape, 'int32');
    const loss = (logits: tf.Tensor, given: tf.Tensor) => crossEntropy(logits, given, { ignoreIndex: 255 });
    let step = 0;
    const train = async () => (await tuning.step([{ x, labels: y }], { step: step++, loss })).loss;
    const losses: number[] = [];
    while (losses.length < CHECKED) losses.push(await train());
    const request = { task: 'tuning', folder, file, frozen, steps: STEPS };
    return {
      request,
      steps: STEPS,
      run: async () => {
        const start = performance.now();
        for (let i = 0; i < STEPS; i++) await train();
        return (performance.now() - start) / 1000 / STEPS;
      },
      check: async (peer) => {
        const { theirs } = await peer.ask<{ theirs: number[] }>({
          ...request,
          task: 'tuning check',
          steps: CHECKED,
        });
        if (!losses.every((ours, i) => Math.abs(ours - theirs[i]) <= AGREEMENT * theirs[i])) {
          throw new Error(`the first losses are ${losses.join(', ')}, in PyTorch ${theirs.join(', ')}`);
        }
        return `loss ${losses.map((one) => one.toFixed(5)).join(', ')}, the same in PyTorch`;
      },
      dispose: () => tf.dispose([x, y]),
    };
  };
}

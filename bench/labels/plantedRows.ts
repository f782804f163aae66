import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { writeSafetensors } from 'diffusion-ssl/interop';

/** Rows with labels, and their file for the peer. */
export interface RowsFile {
  features: Float32Array;
  labels: Int32Array;
  /** Holds `features` and `labels`. */
  file: string;
}

/** How many rows there are. */
export interface RowSizes {
  rows: number;
  dims: number;
  classes: number;
}

/**
 * Rows like those of a network's features: a quarter as many causes as dimensions, which overlap in them, and classes
 * that show in six of the causes and overlap too.
 */
export async function plantedRows({ rows, dims, classes }: RowSizes, folder: string): Promise<RowsFile> {
  const labels = Int32Array.from({ length: rows }, (_, i) => (7 * i + ((i * i) % 5)) % classes);
  const values = tf.tidy(() => {
    const causes = Math.max(8, dims >> 2);
    const normal = (shape: [number, number], seed: number, deviation = 1) =>
      tf.randomNormal<tf.Rank.R2>(shape, 0, deviation, 'float32', seed);
    const centres = tf.pad(normal([classes, 6], 1, 0.9), [
      [0, 0],
      [0, causes - 6],
    ]);
    const of = tf.add<tf.Tensor2D>(
      tf.gather(centres, tf.tensor1d(labels, 'int32')),
      normal([rows, causes], 2),
    );
    const mixed = tf.matMul(of, normal([causes, dims], 3, causes ** -0.5));
    return tf.mul(tf.add(mixed, normal([rows, dims], 4, 0.3)), tf.exp(normal([1, dims], 5)));
  });
  const features = (await values.data()) as Float32Array;
  values.dispose();
  const file = path.join(folder, `rows-${rows}-${dims}.safetensors`);
  writeFileSync(
    file,
    writeSafetensors({
      features: { dtype: 'F32', shape: [rows, dims], data: features },
      labels: { dtype: 'I32', shape: [rows], data: labels },
    }),
  );
  return { features, labels, file };
}

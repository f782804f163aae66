import { readFileSync } from 'node:fs';
import type { AugmentationSample } from '../../src/augmentation/index.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { fixturePath, readFixture } from '../support/fixtures.js';

export interface AugmentationCase {
  id: string;
  function: string;
  input: string;
  params: Record<string, unknown>;
  draws: { function: string; value: number; value_key?: string }[];
  image_key: string;
  label_key?: string;
  mask_key?: string;
  /** What the reference documents, where its code does something else. */
  documented_behaviour_key?: string;
  tolerance: {
    abs: number;
    mean_abs?: number;
    label_max_differing_fraction?: number;
    max_differing_pixel_fraction?: number;
  };
}

export const cases = readFixture<{ cases: AugmentationCase[] }>('augmentation/augmentation.json').cases;
const { tensors } = readSafetensors(readFileSync(fixturePath('augmentation/augmentation.safetensors')));

/** A tensor's values as float32. */
export function values(key: string): Float32Array {
  const tensor = tensors.get(key);
  if (!tensor) throw new Error(`no tensor ${key}`);
  return Float32Array.from(tensor.data as Float32Array);
}

/** The named input with its label and mask. */
export function inputSample(name: string): AugmentationSample {
  const raster = (part: string) => {
    const [height, width, channels = 1] = tensors.get(`input/${name}/${part}`)!.shape;
    return { height, width, channels, data: values(`input/${name}/${part}`) };
  };
  return { image: raster('image'), label: raster('label'), mask: raster('mask') };
}

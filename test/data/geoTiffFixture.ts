import { readFileSync } from 'node:fs';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { fixturePath, readFixture } from '../support/fixtures.js';

export interface FileCase {
  file: string;
  width: number;
  height: number;
  count: number;
  dtype: string;
  epsg: number;
  nodata: number | 'NaN' | null;
  transform_a_b_c_d_e_f: number[];
  raw_key: string;
}

export interface ChipCase {
  id: string;
  paths: string[];
  usage: string;
  buffer: number;
  apply_normalization: boolean;
  normal_strategy: 'min_max' | 'z_value';
  stat_procedure: 'lab' | 'lpb' | 'gab' | 'gpb';
  clip_val: number;
  nodata: number[] | null;
  global_stats: Record<string, number[]> | null;
  raises: string | null;
  key?: string;
  shape_hwc?: number[];
}

export const expected = readFixture<{
  files: FileCase[];
  tolerance: { abs: number; rel: number; z_value: { abs: number; rel: number } };
  cases: ChipCase[];
  datasets: {
    catalog: string;
    img_path_cols: string[];
    usage: string;
    buffer: number;
    item_keys: string[];
  }[];
  labels: { file: string; key: string }[];
}>('geotiff/expected.json');

const load = (name: string) => readSafetensors(readFileSync(fixturePath(name))).tensors;
const raw = load('geotiff/raw.safetensors');
const tensors = load('geotiff/expected.safetensors');

/** Values and shape of a named tensor. */
export function tensor(key: string): { shape: number[]; data: Float32Array } {
  const found = raw.get(key) ?? tensors.get(key);
  if (!found) throw new Error(`no tensor ${key}`);
  return { shape: found.shape, data: Float32Array.from(found.data as Float32Array) };
}

export function readBytes(file: string): Uint8Array {
  return readFileSync(fixturePath(file));
}

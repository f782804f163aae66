import { checkInteger } from './checks.js';

/** Names one sequence of random numbers: the run's seed, what the numbers are for, and when. */
export interface RandomKey {
  /** Integer in [0, 2^53). */
  seed: number;
  /** What the numbers are for (an integer in [0, 2^32)): streams of one seed are independent. */
  stream: number;
  /** When: the training step, epoch or sampling step, an integer in [0, 2^32). */
  step: number;
}

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const TWO_POW_32 = 4294967296;

/** High 32 bits of the unsigned product of two 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/**
 * Philox4x32-10: writes the four 32-bit words of one counter block to `out[offset..offset+3]`.
 *
 * Follows J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). Counter-based:
 * any block can be computed alone, so a resumed run draws what an uninterrupted one draws.
 */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
  offset = 0,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = mulHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[offset] = c0;
  out[offset + 1] = c1;
  out[offset + 2] = c2;
  out[offset + 3] = c3;
}

/**
 * The two key words of Philox.
 *
 * @throws If the key is out of range.
 */
export function keyWords({ seed, stream, step }: RandomKey): [number, number] {
  checkInteger('RandomKey: seed', seed, 0);
  checkInteger('RandomKey: stream', stream, 0, TWO_POW_32 - 1);
  checkInteger('RandomKey: step', step, 0, TWO_POW_32 - 1);
  return [seed >>> 0, Math.floor(seed / TWO_POW_32)];
}

/** The first `count` 32-bit words of the sequence that `key` names. */
export function randomWords(count: number, key: RandomKey): Uint32Array {
  const blocks = Math.ceil(count / 4);
  const words = new Uint32Array(blocks * 4);
  const philoxKey = keyWords(key);
  for (let block = 0; block < blocks; block++) {
    philox4x32([block, key.step, key.stream, 0], philoxKey, words, block * 4);
  }
  return words.subarray(0, count);
}

/** `count` float32 uniforms in [0, 1), multiples of 2^-24: the same on every machine. */
export function randomUniform(count: number, key: RandomKey): Float32Array {
  const words = randomWords(count, key);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = (words[i] >>> 8) * 2 ** -24;
  return out;
}

/** Two standard normals of two 32-bit words: Box-Muller in float64. */
export function normalPair(first: number, second: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log((first + 0.5) / TWO_POW_32));
  const angle = 2 * Math.PI * (second / TWO_POW_32);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** `count` standard normals (Box-Muller in float64, rounded to float32). */
export function randomNormal(count: number, key: RandomKey): Float32Array {
  const words = randomWords(count + (count % 2), key);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const [cosine, sine] = normalPair(words[i], words[i + 1]);
    out[i] = cosine;
    if (i + 1 < count) out[i + 1] = sine;
  }
  return out;
}

/** A generator of float64 uniforms in [0, 1) with 32 random bits each, one a call. */
export function uniformGenerator(key: RandomKey): () => number {
  const philoxKey = keyWords(key);
  const words = new Uint32Array(4);
  let position = 0;
  return () => {
    if (position % 4 === 0) philox4x32([position / 4, key.step, key.stream, 0], philoxKey, words);
    return words[position++ % 4] / TWO_POW_32;
  };
}

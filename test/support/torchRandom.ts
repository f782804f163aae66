/** MT19937 (Matsumoto & Nishimura 1998) seeded by `init_genrand`: a generator of 32-bit words. */
function mersenneTwister(seed: number): () => number {
  const n = 624;
  const state = new Uint32Array(n);
  state[0] = seed;
  for (let i = 1; i < n; i++) {
    state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  }
  let position = n;
  return () => {
    if (position === n) {
      for (let i = 0; i < n; i++) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % n] & 0x7fffffff);
        state[i] = state[(i + 397) % n] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      position = 0;
    }
    let y = state[position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}

/**
 * torch's `randn` on the CPU after `manual_seed(seed)`, for sizes divisible by 16: each call gives the next `size`
 * values.
 */
export function torchRandn(seed: number): (size: number) => Float32Array {
  const next = mersenneTwister(seed);
  return (size) => {
    if (size % 16 !== 0) throw new Error(`torchRandn: size ${size} is not divisible by 16`);
    const uniforms = Float64Array.from({ length: size }, () => (next() & 0xffffff) * 2 ** -24);
    const out = new Float32Array(size);
    for (let i = 0; i < size; i += 16) {
      for (let j = i; j < i + 8; j++) {
        const radius = Math.sqrt(-2 * Math.log(1 - uniforms[j]));
        const angle = 2 * Math.PI * uniforms[j + 8];
        out[j] = radius * Math.cos(angle);
        out[j + 8] = radius * Math.sin(angle);
      }
    }
    return out;
  };
}

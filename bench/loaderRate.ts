import type { ChipLoader } from 'diffusion-ssl/data/node';

/** Chips a second of a loader, the median over epochs for so many seconds and at least three; the first warms up. */
export async function loaderRate(loader: ChipLoader, seconds: number): Promise<number> {
  const rates: number[] = [];
  // The first epoch warms up, as the peer's does.
  for (let epoch = 0, begin = 0; epoch < 4 || performance.now() - begin < 1000 * seconds; epoch++) {
    const start = performance.now();
    let seen = 0;
    for await (const { indices } of loader.epoch(epoch)) seen += indices.length;
    const end = performance.now();
    if (epoch === 0) begin = end;
    else rates.push((1000 * seen) / (end - start));
  }
  rates.sort((a, b) => a - b);
  return rates[Math.floor(rates.length / 2)];
}

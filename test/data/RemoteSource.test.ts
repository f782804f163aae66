import { expect, it } from 'vitest';
import type { RangeRequest } from '../../src/data/RangeRequest.js';
import { RemoteSource } from '../../src/data/RemoteSource.js';

it('keeps what is fetched while a reader uses it, and no longer, however readers overlap', async () => {
  const size = 2 ** 20;
  const asked: number[] = [];
  const ask: RangeRequest = async (_, headers) => {
    const [from, to] = (/(\d+)-(\d+)/.exec(headers.Range) ?? []).slice(1).map(Number);
    asked.push(from);
    return {
      status: 206,
      statusText: '',
      header: (name) => (name === 'content-range' ? `bytes ${from}-${to}/${size}` : null),
      receive: async (take) => take(new Uint8Array(to - from + 1)),
      cancel: async () => {},
    };
  };
  const source = new RemoteSource('http://host/a.tif', {}, ask);
  const fetchedAnew = async (offset: number) => {
    asked.length = 0;
    await source.read(offset, 2 ** 16);
    return asked.length > 0;
  };
  const [a, b, c] = [1, 2, 3].map((part) => part * 2 ** 17);
  const endFirst = source.begin();
  await source.prefetch([{ offset: a, length: 2 ** 16 }]);
  await source.prefetch([{ offset: c, length: 2 ** 16 }]);
  const endSecond = source.begin();
  await source.prefetch([{ offset: b, length: 2 ** 16 }]);
  expect([await fetchedAnew(c), await fetchedAnew(b)]).toEqual([false, false]);
  endFirst();
  // The second one has used b and c.
  expect([await fetchedAnew(b), await fetchedAnew(c), await fetchedAnew(a)]).toEqual([false, false, true]);
  const endThird = source.begin();
  endSecond();
  expect([await fetchedAnew(a), await fetchedAnew(b)]).toEqual([true, true]);
  endThird();
  expect([await fetchedAnew(a), await fetchedAnew(b)]).toEqual([true, true]);
});

import type { RangeAnswer } from './RangeRequest.js';

/** A {@link RangeRequest} by the platform's `fetch`. */
export async function fetchRange(
  address: string,
  headers: Record<string, string>,
  timeout: number,
): Promise<RangeAnswer> {
  const response = await fetch(address, { headers, signal: AbortSignal.timeout(timeout) });
  return {
    status: response.status,
    statusText: response.statusText,
    header: (name) => response.headers.get(name),
    async receive(take) {
      const reader = response.body?.getReader();
      try {
        for (;;) {
          const { value, done } = (await reader?.read()) ?? { done: true };
          if (done || !value) return;
          take(value);
        }
      } catch (error) {
        await reader?.cancel().catch(() => {});
        throw error;
      }
    },
    async cancel() {
      await response.body?.cancel();
    },
  };
}

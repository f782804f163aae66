import type { Api, Events, Reply, Request } from '../shared/Api.js';
import { Workshop } from './Workshop.js';

// The computing half of the page: answers one message after the other, each with one reply.

/** A message may quote what is in a file. */
const MAX_MESSAGE = 1000;

const post = (reply: Reply, transfer: Transferable[] = []) => self.postMessage(reply, { transfer });

const workshop: Api = new Workshop(<K extends keyof Events>(event: K, value: Events[K]) =>
  post({ event, value }),
);

self.onmessage = async ({ data: { id, name, args } }: MessageEvent<Request>) => {
  try {
    const call = workshop[name] as (...args: unknown[]) => Promise<unknown>;
    post({ id, value: await call.apply(workshop, args) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    post({ id, error: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message });
  }
};

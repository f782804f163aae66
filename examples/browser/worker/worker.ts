import type { Api, Events, Reply, Request } from '../shared/Api.js';
import type { MapWorkshop } from './map/MapWorkshop.js';
import { Workshop } from './Workshop.js';

// The computing half of the page: answers one message after the other, each with one reply.

/** A message may quote what is in a file. */
const MAX_MESSAGE = 1000;

const post = (reply: Reply, transfer: Transferable[] = []) => self.postMessage(reply, { transfer });
const tell = <K extends keyof Events>(event: K, value: Events[K]) => post({ event, value });

const workshop = new Workshop(tell, () => maps?.forgetBackend());
/** What works for the second room, once something is asked of it. */
let maps: MapWorkshop | undefined;

async function roomOf(name: keyof Api): Promise<Partial<Api>> {
  if (name in workshop) return workshop;
  const { MapWorkshop } = await import('./map/MapWorkshop.js');
  maps ??= new MapWorkshop({
    ...{ tell, turns: workshop.turns, run: () => workshop.run(), chips: () => workshop.chipsAtHand },
    readCheckpoint: (checkpoint) => workshop.folder.read(checkpoint),
  });
  return maps;
}

self.onmessage = async ({ data: { id, name, args } }: MessageEvent<Request>) => {
  try {
    const room = await roomOf(name);
    const call = room[name] as (...args: unknown[]) => Promise<unknown>;
    post({ id, value: await call.apply(room, args) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    post({ id, error: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message });
  }
};

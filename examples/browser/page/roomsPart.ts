import { element } from './element.js';
import type { MapRoom } from './map/mapRoom.js';
import { attempt } from './notices.js';
import type { Page } from './Page.js';

const ROOMS = ['train', 'map'] as const;

/** Goes from room to room by the address's fragment; the second is furnished when somebody enters it. */
export function roomsPart(page: Page): {
  currentRoom(): (typeof ROOMS)[number];
  mapRoom(): Promise<MapRoom>;
} {
  let furnished: Promise<MapRoom> | undefined;
  const currentRoom = () => (location.hash === '#map' ? 'map' : 'train');
  const mapRoom = () => {
    furnished ??= import('./map/mapRoom.js').then((module) => module.mapRoom(page));
    // Where it did not load, it is tried again.
    furnished.catch(() => {
      furnished = undefined;
    });
    return furnished;
  };
  const show = () =>
    attempt(async () => {
      const current = currentRoom();
      for (const name of ROOMS) {
        element(`${name}-room`, HTMLElement).hidden = name !== current;
        const link = element(`to-${name}`, HTMLAnchorElement);
        if (name === current) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
      }
      if (current === 'map') await (await mapRoom()).enter();
    });
  window.addEventListener('hashchange', show);
  show();
  return { currentRoom, mapRoom };
}

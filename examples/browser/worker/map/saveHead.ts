import type { Head } from 'diffusion-ssl/heads';
import type { MapClass, SavedFiles } from '../../shared/mapTypes.js';
import type { KeptFeatures } from './KeptFeatures.js';

/** The head as JSON, with all that it takes to map another scene by the same network. */
export function saveHead(kept: KeptFeatures, head: Head, classes: readonly MapClass[]): SavedFiles {
  const { network, features, layout } = kept.plan;
  const { alphaBars, normalization, ...layers } = features;
  const saved = {
    model: { name: network.name, bands: network.bands },
    classes,
    features: {
      ...layers,
      ...(alphaBars && { alphaBars: Array.from(alphaBars) }),
      normalization: plain(normalization),
    },
    windows: layout,
    coarser: kept.scene.images[0].coarser,
    head,
  };
  const file = new Blob([JSON.stringify(saved)], { type: 'application/json' });
  return { files: [{ name: 'head.json', file }] };
}

/** Arrays of numbers as JSON has them. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part) => (ArrayBuffer.isView(part) ? Array.from(part as never) : part)),
  );

import { findPeer } from './findPeer.js';

/** The Python with PyTorch to compare with on a device, if there is one: none for `'none'`; says so where it lacks. */
export function torchPeer(device: string): string | undefined {
  if (device === 'none') return undefined;
  const peer = findPeer();
  if (!peer) console.log('No Python with PyTorch: run bench/peers/setup.sh to compare with it.');
  return peer;
}

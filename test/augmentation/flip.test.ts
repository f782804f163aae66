import { describe, expect, it } from 'vitest';
import { FLIP_DIRECTIONS, type FlipDirection, flip } from '../../src/augmentation/index.js';
import { cases, inputSample, values } from './augmentationFixture.js';

// The reference names a flip after the axis it leaves alone.
const directions: Record<string, FlipDirection> = { hflip: 'vertical', vflip: 'horizontal', dflip: 'both' };

describe('flip', () => {
  it.each(cases.filter((c) => c.function === 'flip').map((c) => [c.id, c] as const))('%s', (_, c) => {
    const sample = inputSample(c.input);
    const flipped = flip(sample, directions[c.params.ftype as string]);
    expect(flipped.image.data).toEqual(values(c.image_key));
    if (c.label_key) expect(flipped.label!.data).toEqual(values(c.label_key));
    if (c.mask_key) expect(flipped.mask!.data).toEqual(values(c.mask_key));
    expect(sample).toEqual(inputSample(c.input));
  });

  it.each(FLIP_DIRECTIONS)('%s twice is the sample itself', (direction) => {
    const image = { height: 2, width: 3, channels: 2, data: Float32Array.from({ length: 12 }, (_, i) => i) };
    const once = flip({ image }, direction);
    expect(once.image.data).not.toEqual(image.data);
    expect(flip(once, direction)).toEqual({ image });
  });

  it('refuses another direction', () => {
    const image = { height: 1, width: 1, channels: 1, data: new Float32Array(1) };
    expect(() => flip({ image }, 'diagonal' as FlipDirection)).toThrow("flip: direction is 'diagonal'");
  });
});

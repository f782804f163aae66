// A user's TypeScript file: compiled against the packed tarball's types by checkPackage.ts, never run.
import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';

const betas: Float64Array = makeBetaSchedule(1000, { type: 'cosine', betaStart: 1e-6, betaEnd: 0.02 });
const alphaBars: Float64Array = computeAlphaSchedule(betas).alphaBars;

// @ts-expect-error an unknown schedule is refused by the types
makeBetaSchedule(1000, { type: 'quadratic' });
// @ts-expect-error timesteps is a number
makeBetaSchedule('1000');

export { alphaBars };

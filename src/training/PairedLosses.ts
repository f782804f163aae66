/** The loss of samples whose condition is another one's, beside that with their own. */
export interface ShuffledLoss {
  /** Mean loss with the other's. */
  loss: number;
  /** By how much that is above the loss with their own. */
  increase: number;
  /** Standard error of the increase, from its spread over the samples; infinite of a single one. */
  standardError: number;
}

/** The loss of one part of the schedule. */
export interface EffectBin {
  /** First and last timestep of the part. */
  from: number;
  to: number;
  samples: number;
  /** Mean loss with each sample's own condition. */
  loss: number;
}

/** How much a loss rises where a field is another sample's, over all timesteps and in each of `bins`. */
export interface FieldEffect extends ShuffledLoss {
  bins: ShuffledLoss[];
}

/** What `conditionEffect` measures. */
export interface ConditionEffect {
  /** Mean loss with each sample's own condition. */
  loss: number;
  samples: number;
  /** The parts of the schedule in which samples fell. */
  bins: EffectBin[];
  /** The effect of each field alone. */
  fields: Record<string, FieldEffect>;
  /** The effect of all fields together, each sample's being those of one other. */
  together: FieldEffect;
}

/** Sums of one part of the schedule: of the losses with the right condition, and of each kind of wrong one. */
interface Sums {
  samples: number;
  own: number;
  /** Of the differences, and their mean and squared deviations so far (Welford 1962). */
  others: { sum: number; mean: number; squares: number }[];
}

/** Losses of the same samples with their own condition and with others, by part of the schedule. */
export class PairedLosses {
  private readonly whole: Sums;
  private readonly parts: Sums[];

  constructor(
    readonly names: readonly string[],
    private readonly timesteps: number,
    bins: number,
  ) {
    const empty = (): Sums => ({
      samples: 0,
      own: 0,
      others: [...names, ''].map(() => ({ sum: 0, mean: 0, squares: 0 })),
    });
    this.whole = empty();
    this.parts = Array.from({ length: bins }, empty);
  }

  /** Takes the losses of a batch; those with other conditions field by field, then with all. */
  add(t: ArrayLike<number>, own: Float32Array, others: readonly Float32Array[]): void {
    for (let i = 0; i < t.length; i++) {
      const part = Math.min(Math.floor((t[i] * this.parts.length) / this.timesteps), this.parts.length - 1);
      for (const sums of [this.whole, this.parts[part]]) {
        sums.samples++;
        sums.own += own[i];
        for (const [k, other] of sums.others.entries()) {
          const difference = others[k][i] - own[i];
          const fromMean = difference - other.mean;
          other.sum += others[k][i];
          other.mean += fromMean / sums.samples;
          other.squares += fromMean * (difference - other.mean);
        }
      }
    }
  }

  result(): ConditionEffect {
    const { whole, parts, timesteps, names } = this;
    const used = parts.filter(({ samples }) => samples > 0);
    const effectOf = (k: number): FieldEffect => ({
      ...shuffled(whole, k),
      bins: used.map((part) => shuffled(part, k)),
    });
    return {
      loss: whole.own / whole.samples,
      samples: whole.samples,
      bins: used.map((part) => {
        const index = parts.indexOf(part);
        return {
          from: Math.ceil((index * timesteps) / parts.length),
          to: Math.ceil(((index + 1) * timesteps) / parts.length) - 1,
          samples: part.samples,
          loss: part.own / part.samples,
        };
      }),
      fields: Object.fromEntries(names.map((name, k) => [name, effectOf(k)])),
      together: effectOf(names.length),
    };
  }
}

function shuffled({ samples, others }: Sums, k: number): ShuffledLoss {
  const { sum, mean, squares } = others[k];
  const variance = samples > 1 ? squares / (samples - 1) : Number.POSITIVE_INFINITY;
  return { loss: sum / samples, increase: mean, standardError: Math.sqrt(variance / samples) };
}

/** A learning rate schedule over epochs, counted from 0. */
export interface Schedule {
  /** Name and settings, which a checkpoint must match. */
  readonly name: string;
  rate(epoch: number): number;
}

export function constant(rate: number): Schedule {
  return { name: `constant at ${rate}`, rate: () => rate };
}

/** Multiplies the rate by `factor` after every `every` epochs. */
export function stepped(rate: number, every: number, factor: number): Schedule {
  return {
    name: `from ${rate}, times ${factor} every ${every} epochs`,
    rate: (epoch) => rate * factor ** Math.floor(epoch / every),
  };
}

// rate·(1 + cos(π·epoch/epochs))/2 (Loshchilov and Hutter 2017, without restarts)
export function cosine(rate: number, epochs: number): Schedule {
  return {
    name: `cosine from ${rate} over ${epochs} epochs`,
    rate: (epoch) => (rate * (1 + Math.cos((Math.PI * epoch) / epochs))) / 2,
  };
}

/** Cases for each operator, times its effort. */
export const runs = Number(process.env["FULLGRAD_RUNS"] ?? 30);

/** The seed of all cases. */
export const seed = Number(process.env["FULLGRAD_SEED"] ?? 20190502);

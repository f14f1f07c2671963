/** The choices that stand in the page's address, so that it can be sent to others and survives a reload. */
export interface Choices {
  /** Of a bundled photograph. */
  readonly picture?: string;
  readonly target?: string | number;
  readonly versus?: number;
  /** The method whose map is large. */
  readonly method?: string;
}

/** Reads "#picture=chelsea.png&class=285&vs=282&method=grad-cam". Ignores everything else. */
export function parseAddress(hash: string): Choices {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const [picture, target, versus, method] = ["picture", "class", "vs", "method"].map((name) =>
    given.get(name),
  );
  return {
    ...(picture ? { picture } : {}),
    ...(target ? { target: isIndex(target) ? Number(target) : target } : {}),
    ...(versus && isIndex(versus) ? { versus: Number(versus) } : {}),
    ...(method ? { method } : {}),
  };
}

export function formatAddress({ picture, target, versus, method }: Choices): string {
  const parts = Object.entries({ picture, class: target, vs: versus, method });
  const given = parts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return `#${given.join("&")}`;
}

const isIndex = (text: string): boolean => /^\d{1,9}$/.test(text);

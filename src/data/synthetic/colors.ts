import type { Random } from '../../system/random.ts';

/** Red, green, blue, each 0-255. */
export type Rgb = readonly [number, number, number];

/** Of all shadows; how deep they are is a matter of opacity. */
export const SHADOW = '#16151b';

/** Brighter by `factor` > 1, darker below. */
export function shade([red, green, blue]: Rgb, factor: number): Rgb {
  return [red * factor, green * factor, blue * factor];
}

/** @param t 0 = `a`, 1 = `b` */
export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])];
}

/** A relative of the colour: common brightness and each channel vary by `amount` levels (one standard deviation). */
export function vary(color: Rgb, amount: number, random: Random): Rgb {
  const common = random.normal() * amount;
  const channel = (value: number) => value + common + random.normal() * amount * 0.35;
  return [channel(color[0]), channel(color[1]), channel(color[2])];
}

export function css(color: Rgb): string {
  return `#${color
    .map((value) =>
      Math.max(0, Math.min(255, Math.round(value)))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

export function pick<T>(items: readonly T[], random: Random): T {
  return items[random.int(items.length)]!;
}

/** Draws one of the items, each as often as its weight says. */
export function pickWeighted<T>(items: readonly (readonly [item: T, weight: number])[], random: Random): T {
  let rest = random.next() * items.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [item, weight] of items) {
    rest -= weight;
    if (rest < 0) return item;
  }
  return items.at(-1)![0];
}

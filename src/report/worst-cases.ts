import { type PageCase, worstFirst } from '../visualize/evaluation-page/page-case.ts';

/** Keeps the worst of any number of images. */
export interface WorstCases {
  add: (one: PageCase) => void;
  /** The worst first. */
  sorted: () => PageCase[];
}

/** @param most whole number >= 0; up to twice as many are held for a while */
export function createWorstCases(most: number): WorstCases {
  let kept: PageCase[] = [];
  const cut = () => {
    kept = kept.sort(worstFirst).slice(0, most);
  };
  return {
    add: (one) => {
      kept.push(one);
      if (kept.length > 2 * most) cut();
    },
    sorted: () => {
      cut();
      return [...kept];
    },
  };
}

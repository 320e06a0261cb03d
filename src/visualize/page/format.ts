/** @returns "1,234", or with a noun "1,234 images" and "1 image" */
export function plural(count: number, noun = ''): string {
  const number = count.toLocaleString('en-US');
  return noun === '' ? number : `${number} ${noun}${count === 1 ? '' : 's'}`;
}

/** @returns three significant digits, more for large numbers: "0.123", "12.3", "1,234" */
export function figure(value: number): string {
  return value.toLocaleString(
    'en-US',
    Math.abs(value) < 1000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 },
  );
}

/** @returns "12 (8 %)", on one line */
export function withShare(count: number, total: number): string {
  if (count === 0) return '0';
  const percent = (100 * count) / total;
  return `${plural(count)}\u00a0(${percent < 1 ? '<\u00a01' : Math.round(percent)}\u00a0%)`;
}

/** @returns "12.3 %", on one line, or a dash where it is undefined */
export function percent(share: number | null, digits = 1): string {
  return share === null ? '–' : `${(100 * share).toFixed(digits)}\u00a0%`;
}

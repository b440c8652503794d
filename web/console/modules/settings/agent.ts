/* Which browser and system a session's agent text names. Names of products are the same in every language. */
const BROWSERS: [RegExp, string][] = [
  [/MicroMessenger\//, 'WeChat'], [/Edg(?:e|A|iOS)?\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\/|FxiOS\//, 'Firefox'], [/Chrome\/|CriOS\//, 'Chrome'], [/Safari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'], [/Android/, 'Android'], [/HarmonyOS|OpenHarmony/, 'HarmonyOS'], [/Windows/, 'Windows'], [/Mac OS X|Macintosh/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux'],
];

function named(text: string, rows: [RegExp, string][]): string | undefined {
  return rows.find(([pattern]) => pattern.test(text))?.[1];
}

/* "Firefox · Windows"; what is not known is shown as it was sent, cut. */
export function agentName(text: string): string {
  const parts = [named(text, BROWSERS), named(text, SYSTEMS)].filter(Boolean);
  return parts.length > 0 ? parts.join(' · ') : text.slice(0, 40);
}

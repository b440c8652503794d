/* A keyboard key, as the person's keyboard names it. */
const isApple = /mac|iphone|ipad/i.test(navigator.platform);
const NAMES: Record<string, string> = { mod: isApple ? '⌘' : 'Ctrl', Enter: '↵', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };

export function Keys({ keys }: { keys: string }) {
  return (
    <span className="keys">
      {keys.split('+').map((key) => <kbd key={key}>{NAMES[key] ?? key.toUpperCase()}</kbd>)}
    </span>
  );
}

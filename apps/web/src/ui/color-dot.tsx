/** A colour of the design system by its name in the data; anything else is grey. Decorative. */
export function ColorDot({ color, size = 9 }: { readonly color: string; readonly size?: number }) {
  return (
    <span
      aria-hidden="true"
      style={{
        flex: 'none',
        width: size,
        height: size,
        borderRadius: size / 3,
        background: colorValue(color),
      }}
    />
  );
}

const NAMES = new Set([
  'gray',
  'red',
  'pink',
  'grape',
  'violet',
  'indigo',
  'blue',
  'cyan',
  'teal',
  'green',
  'lime',
  'yellow',
  'orange',
]);

export const COLOR_NAMES: readonly string[] = [...NAMES];

function colorValue(color: string): string {
  return `var(--mantine-color-${NAMES.has(color) ? color : 'gray'}-5)`;
}

import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const iris: MantineColorsTuple = [
  '#f2f2fd',
  '#e2e2f8',
  '#c3c3f0',
  '#a1a1e8',
  '#8383e1',
  '#6c6cdc',
  '#5b5bd6',
  '#4a4abf',
  '#4040a8',
  '#353591',
];

const dark: MantineColorsTuple = [
  '#e4e4e9',
  '#b9b9c2',
  '#92929d',
  '#65656f',
  '#34343b',
  '#2a2a30',
  '#1f1f24',
  '#161619',
  '#111113',
  '#0b0b0d',
];

/** Calm and dense: small type, thin lines, one accent. */
export const theme = createTheme({
  colors: { iris, dark },
  primaryColor: 'iris',
  primaryShade: { light: 6, dark: 5 },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily:
    'Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.25rem' }, h2: { fontSize: '1rem' }, h3: { fontSize: '0.875rem' } },
  },
  components: {
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false, fz: 'xs' } },
    Select: { defaultProps: { size: 'xs', checkIconPosition: 'right', comboboxProps: { shadow: 'md' } } },
    MultiSelect: { defaultProps: { size: 'xs', checkIconPosition: 'right' } },
    TextInput: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Button: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Table: { defaultProps: { fz: 'sm', verticalSpacing: 6 } },
    Menu: { defaultProps: { shadow: 'md' } },
  },
});

/** Secondary text with enough contrast for small type. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#62626d',
    '--mantine-color-placeholder': '#71717c',
    '--mantine-color-text': '#1b1b1f',
    '--mantine-color-default-border': '#dcdce2',
  },
  dark: {
    '--mantine-color-dimmed': '#92929d',
    '--mantine-color-placeholder': '#7d7d88',
    '--mantine-color-default-border': '#33333a',
  },
});

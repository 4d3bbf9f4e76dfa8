import type { CSSProperties } from 'react';

/**
 * The look of the banner and the notice without any library. Each colour is a CSS variable with a fallback from the
 * system's own colours, which follow `color-scheme`, so that an application themes them by setting the variables.
 */
export const bar: CSSProperties = {
  display: 'flex',
  alignItems: 'flex-start',
  gap: '0.75rem',
  padding: '0.625rem 1rem',
  font: 'inherit',
  fontSize: '0.8125rem',
  lineHeight: 1.45,
  color: 'var(--lockstep-banner-color, CanvasText)',
  background: 'var(--lockstep-banner-background, Canvas)',
  borderBottom: '1px solid var(--lockstep-banner-border, GrayText)',
};

export const body: CSSProperties = { flex: 1, minWidth: 0 };
export const strong: CSSProperties = { fontWeight: 600 };
export const dimmed: CSSProperties = { color: 'var(--lockstep-banner-dimmed, GrayText)' };
export const list: CSSProperties = { margin: '0.125rem 0 0', paddingInlineStart: '1.1rem' };

export const button: CSSProperties = {
  font: 'inherit',
  fontWeight: 600,
  padding: '0.125rem 0.625rem',
  borderRadius: '0.25rem',
  border: '1px solid var(--lockstep-banner-border, GrayText)',
  background: 'transparent',
  color: 'inherit',
  cursor: 'pointer',
};

export const primaryButton: CSSProperties = {
  ...button,
  borderColor: 'transparent',
  background: 'var(--lockstep-accent, Highlight)',
  color: 'var(--lockstep-accent-contrast, HighlightText)',
};

export const spinner: CSSProperties = {
  flex: 'none',
  width: '0.875rem',
  height: '0.875rem',
  marginTop: '0.15rem',
  borderRadius: '50%',
  border: '2px solid var(--lockstep-banner-border, GrayText)',
  borderTopColor: 'var(--lockstep-accent, Highlight)',
  animation: 'lockstep-spin 0.8s linear infinite',
};

export const spinnerKeyframes = `@keyframes lockstep-spin { to { transform: rotate(360deg) } }
@media (prefers-reduced-motion: reduce) { .lockstep-spinner { animation-duration: 4s !important } }`;

export const track: CSSProperties = {
  height: '3px',
  marginTop: '0.375rem',
  borderRadius: '2px',
  overflow: 'hidden',
  background: 'var(--lockstep-banner-track, color-mix(in srgb, currentColor 15%, transparent))',
};

export function fill(percent: number): CSSProperties {
  return {
    width: `${percent}%`,
    height: '100%',
    background: 'var(--lockstep-accent, Highlight)',
    transition: 'width 150ms ease-out',
  };
}

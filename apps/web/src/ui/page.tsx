import type { ReactNode } from 'react';
import classes from './page.module.css';

export interface PageProps {
  readonly title: string;
  readonly intro?: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page that scrolls, with its heading. */
export function Page({ title, intro, actions, children }: PageProps) {
  return (
    <div className={classes.page}>
      <title>{`${title} · Lockstep`}</title>
      <div className={classes.inner}>
        <header className={classes.head}>
          <div>
            <h1 className={classes.title}>{title}</h1>
            {intro !== undefined && <p className={classes.intro}>{intro}</p>}
          </div>
          {actions}
        </header>
        {children}
      </div>
    </div>
  );
}

export interface SectionProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, note, children }: SectionProps) {
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.sectionHead}>
        <h2 className={classes.sectionTitle}>{title}</h2>
        {note !== undefined && <div className={classes.note}>{note}</div>}
      </div>
      {children}
    </section>
  );
}

/** A frame around a table that may be wider than the screen. */
export function Framed({ children }: { readonly children: ReactNode }) {
  return <div className={classes.framed}>{children}</div>;
}

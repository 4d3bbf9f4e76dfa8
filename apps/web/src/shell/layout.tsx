import { ElectricMigrationBanner, ReloadNotice, useObservable } from '@lockstep/sync/react';
import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { IconMenu2, IconMoon, IconSun, IconX } from '../ui/icons.ts';
import { useAppShellCache } from './app-shell-cache.tsx';
import { IdentityMenu } from './identity-menu.tsx';
import { KeysHelp } from './keys-help.tsx';
import classes from './layout.module.css';
import { Navigation } from './navigation.tsx';
import { useShortcuts } from './shortcuts.ts';
import { SyncIndicator } from './sync-indicator.tsx';

/** Top bar, navigation, and in between what the database has to say: the banner and the reload notice. */
export function Layout({ children }: { readonly children: ReactNode }) {
  const cache = useAppShellCache();
  const isUpdateReady = useObservable(cache.isUpdateReady);
  const [isNavigationOpen, setIsNavigationOpen] = useState(false);
  const [location] = useLocation();
  const [seen, setSeen] = useState(location);
  if (location !== seen) {
    setSeen(location);
    setIsNavigationOpen(false);
  }
  useShortcuts({ Escape: () => setIsNavigationOpen(false) });
  return (
    <div className={classes.shell}>
      <a href="#main" className="skip-link">
        Skip to content
      </a>
      <header className={classes.top}>
        <ActionIcon
          className={classes.burger ?? ''}
          variant="subtle"
          color="gray"
          aria-label={isNavigationOpen ? 'Close navigation' : 'Open navigation'}
          aria-expanded={isNavigationOpen}
          onClick={() => setIsNavigationOpen(!isNavigationOpen)}
        >
          {isNavigationOpen ? <IconX size={18} /> : <IconMenu2 size={18} />}
        </ActionIcon>
        <Link href="/tasks" className={classes.brand ?? ''}>
          <img src="/icon.svg" alt="" width={20} height={20} />
          <span>Lockstep</span>
        </Link>
        <div className={classes.topEnd}>
          <SyncIndicator />
          <ColorSchemeButton />
          <IdentityMenu />
        </div>
      </header>
      <ElectricMigrationBanner className={classes.banner ?? ''} />
      <ReloadNotice className={classes.banner ?? ''} isOffered={isUpdateReady} onReload={cache.reload} />
      <div className={classes.body}>
        <Navigation isOpen={isNavigationOpen} onClose={() => setIsNavigationOpen(false)} />
        <main id="main" className={classes.main} tabIndex={-1}>
          {children}
        </main>
        <KeysHelp />
      </div>
    </div>
  );
}

function ColorSchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`Use the ${next} colours`}
      onClick={() => setColorScheme(next)}
    >
      {scheme === 'dark' ? <IconSun size={16} /> : <IconMoon size={16} />}
    </ActionIcon>
  );
}

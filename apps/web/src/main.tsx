import '@mantine/core/styles.layer.css';
import './app.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { openPersonDatabase } from './db/open.ts';
import { createSession } from './db/session.ts';
import { endSession, renewSession, signInAs } from './db/session-api.ts';
import { SessionProvider } from './db/use-session.tsx';
import { AppShellCacheProvider } from './shell/app-shell-cache.tsx';
import { exposeToConsole } from './shell/console.ts';
import { startAppShellCache } from './shell/service-worker.ts';
import { cssVariables, theme } from './theme.ts';

const cache = await startAppShellCache();
const session = createSession({
  storage: { tab: sessionStorage, device: localStorage },
  signIn: signInAs,
  signOut: endSession,
  renew: renewSession,
  open: openPersonDatabase,
});
exposeToConsole(session);

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <AppShellCacheProvider value={cache}>
        <SessionProvider value={session}>
          <App />
        </SessionProvider>
      </AppShellCacheProvider>
    </MantineProvider>
  </StrictMode>,
);

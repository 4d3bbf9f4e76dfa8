import { LockstepProvider } from '@lockstep/sync/react';
import { Redirect, Route, Switch } from 'wouter';
import { useSessionState } from './db/use-session.tsx';
import { DatabasePage } from './features/database/view/database-page.tsx';
import { PeoplePage } from './features/people/view/people-page.tsx';
import { PlanPage } from './features/plans/view/plan-page.tsx';
import { ProjectsPage } from './features/projects/view/projects-page.tsx';
import { TasksPage } from './features/tasks/view/tasks-page.tsx';
import { WorkspacesPage } from './features/workspaces/view/workspaces-page.tsx';
import { Layout } from './shell/layout.tsx';
import { OpeningFailed, Waiting } from './shell/opening.tsx';
import { SignInPage } from './shell/sign-in-page.tsx';

export function App() {
  const state = useSessionState();
  if (state.kind === 'signed-out') return <SignInPage />;
  if (state.kind === 'opening') return <Waiting>Opening {state.identity.user.name}’s database…</Waiting>;
  if (state.kind === 'leaving') {
    return <Waiting>{state.isErasing ? 'Erasing this device’s data…' : 'Signing out…'}</Waiting>;
  }
  if (state.kind === 'failed') return <OpeningFailed error={state.error} />;
  return (
    // Keyed by person: nothing of one person's screen outlives the switch to another.
    <LockstepProvider key={state.identity.user.id} database={state.database}>
      <Layout>
        <Switch>
          <Route path="/tasks/:id?" component={TasksPage} />
          <Route path="/projects" component={ProjectsPage} />
          <Route path="/workspaces" component={WorkspacesPage} />
          <Route path="/people/:id?" component={PeoplePage} />
          <Route path="/plan" component={PlanPage} />
          <Route path="/database" component={DatabasePage} />
          <Route>
            <Redirect to="/tasks" replace />
          </Route>
        </Switch>
      </Layout>
    </LockstepProvider>
  );
}

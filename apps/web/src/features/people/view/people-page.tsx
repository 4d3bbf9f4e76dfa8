import { useLiveQuery } from '@lockstep/sync/react';
import { useDb } from '../../../db/drizzle.ts';
import { Page } from '../../../ui/page.tsx';
import { peopleWithProfiles } from '../queries.ts';
import classes from './people.module.css';
import { PersonCard } from './person-card.tsx';

export function PeoplePage() {
  const { rows } = useLiveQuery(peopleWithProfiles(useDb()));
  return (
    <Page title="People" intro="Everybody in your workspaces. Your own profile is yours to edit.">
      <ul className={classes.grid}>
        {rows.map((person) => (
          <PersonCard key={person.user.id} person={person} />
        ))}
      </ul>
    </Page>
  );
}

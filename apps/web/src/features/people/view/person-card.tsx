import { useLiveQuery } from '@lockstep/sync/react';
import { Anchor, Badge, Group, Text } from '@mantine/core';
import { profiles, users } from '@org/core';
import { Link } from 'wouter';
import { useDb } from '../../../db/drizzle.ts';
import { useIdentity } from '../../../db/use-session.tsx';
import { Editable } from '../../../ui/editors/editable.tsx';
import { PersonAvatar } from '../../../ui/person.tsx';
import { Property, PropertyList } from '../../../ui/property-list.tsx';
import { useNow } from '../../../ui/use-now.ts';
import { countOf, formatAgo, formatInstant, humanize } from '../../../ui/words.ts';
import { membershipsOf, type PersonRow } from '../queries.ts';
import classes from './people.module.css';

export function PersonCard({ person }: { readonly person: PersonRow }) {
  const { user, profile } = person;
  const now = useNow();
  const isMe = useIdentity().user.id === user.id;
  const memberships = useLiveQuery(membershipsOf(useDb(), user.id)).rows;
  return (
    <li className={classes.card} data-testid="person-card" aria-label={user.name}>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <PersonAvatar name={user.name} size={36} />
        <div className={classes.who}>
          <div className={classes.name}>
            {user.name}{' '}
            {isMe && (
              <Badge size="xs" variant="light">
                You
              </Badge>
            )}
          </div>
          <Anchor href={`mailto:${user.email}`} fz="xs" c="dimmed">
            {user.email}
          </Anchor>
        </div>
      </Group>
      {isMe ? <OwnProfile person={person} /> : <Profile profile={profile} />}
      <div className={classes.facts}>
        {memberships.map(({ workspace, role, joinedAt }) => (
          <span key={workspace.id} title={`Since ${formatInstant(joinedAt)}`}>
            {workspace.name}: {humanize(role)}
          </span>
        ))}
        <Link href={`/tasks?assignee=${user.id}`} className={classes.link ?? ''}>
          {countOf(person.open ?? 0, 'open task')}
        </Link>
        <span>Here since {formatInstant(user.createdAt)}</span>
        {profile !== null && <span>Profile updated {formatAgo(profile.updatedAt, now)}</span>}
      </div>
    </li>
  );
}

function Profile({ profile }: Pick<PersonRow, 'profile'>) {
  if (profile === null) return null;
  return (
    <div className={classes.profile}>
      {profile.title !== '' && <Text fz="sm">{profile.title}</Text>}
      {profile.bio !== '' && (
        <Text fz="sm" c="dimmed">
          {profile.bio}
        </Text>
      )}
      <Text fz="xs" c="dimmed">
        {localTime(profile.timeZone)} {profile.timeZone}
      </Text>
    </div>
  );
}

function OwnProfile({ person: { user, profile } }: { readonly person: PersonRow }) {
  return (
    <PropertyList>
      <Property column="name" label="Name" value={user.name}>
        <Editable
          table={users}
          rowKey={{ id: user.id }}
          property="name"
          value={user.name}
          label="Your name"
        />
      </Property>
      {profile !== null && (
        <>
          <Property column="title" label="Title" value={profile.title}>
            <Editable {...ofProfile(profile, 'title')} label="Your title" />
          </Property>
          <Property column="bio" label="About" value={profile.bio}>
            <Editable {...ofProfile(profile, 'bio')} label="About you" />
          </Property>
          <Property column="time_zone" label="Time zone" value={profile.timeZone}>
            <Editable {...ofProfile(profile, 'timeZone')} label="Your time zone" />
          </Property>
        </>
      )}
    </PropertyList>
  );
}

function ofProfile(profile: NonNullable<PersonRow['profile']>, property: 'title' | 'bio' | 'timeZone') {
  return { table: profiles, rowKey: { userId: profile.userId }, property, value: profile[property] };
}

/** `14:05`; nothing for a zone that this browser doesn't know. */
function localTime(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone }).format(new Date());
  } catch {
    return '';
  }
}

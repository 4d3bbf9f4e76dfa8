import { useLiveQuery } from '@lockstep/sync/react';
import { Badge } from '@mantine/core';
import { useDb } from '../../../db/drizzle.ts';
import { Page, Section } from '../../../ui/page.tsx';
import { countOf } from '../../../ui/words.ts';
import { allMembers, workspacesWithPlans } from '../../workspaces/queries.ts';
import { formatPrice, hasRoom } from '../price.ts';
import { allPlans, type PlanRow } from '../queries.ts';
import classes from './plans.module.css';

/** Each workspace's plan, and the others that it could have. */
export function PlanPage() {
  const db = useDb();
  const plans = useLiveQuery(allPlans(db)).rows;
  const spaces = useLiveQuery(workspacesWithPlans(db)).rows;
  const members = useLiveQuery(allMembers(db)).rows;
  return (
    <Page
      title="Plan"
      intro="What each workspace pays for, and what else it could have. A plan needs a seat for every member."
    >
      {spaces.map(({ workspace, plan }) => {
        const seats = members.filter((member) => member.workspaceId === workspace.id).length;
        return (
          <Section key={workspace.id} title={workspace.name} note={describe(plan, seats)}>
            <ul className={classes.plans} aria-label={`Plans for ${workspace.name}`}>
              {plans.map((option) => (
                <PlanCard
                  key={option.id}
                  plan={option}
                  isCurrent={option.id === workspace.planId}
                  hasRoom={hasRoom(option, seats)}
                />
              ))}
            </ul>
          </Section>
        );
      })}
    </Page>
  );
}

function describe(plan: PlanRow | null, seats: number): string {
  if (plan === null) return `${countOf(seats, 'member')}, no plan`;
  const of = plan.seats === null ? '' : ` of ${plan.seats}`;
  return `${seats}${of} seats in use, ${formatPrice(plan.pricePerSeatCents * seats)} a month`;
}

interface PlanCardProps {
  readonly plan: PlanRow;
  readonly isCurrent: boolean;
  readonly hasRoom: boolean;
}

function PlanCard({ plan, isCurrent, hasRoom: isRoomy }: PlanCardProps) {
  return (
    <li className={classes.plan} aria-current={isCurrent} data-testid="plan-card">
      <div className={classes.name}>
        {plan.name}
        {isCurrent && (
          <Badge size="xs" variant="light" tt="none">
            Current
          </Badge>
        )}
      </div>
      <div>
        <span className={classes.price}>{formatPrice(plan.pricePerSeatCents)}</span>
        <span className={classes.dimmed}> a seat and month</span>
      </div>
      <div className={classes.dimmed}>
        {plan.seats === null ? 'Any number of members' : `Up to ${countOf(plan.seats, 'member')}`}
        {isRoomy ? '' : ': too few for this workspace'}
      </div>
    </li>
  );
}

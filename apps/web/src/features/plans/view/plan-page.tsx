import { useLiveQuery } from '@lockstep/sync/react';
import { Button } from '@mantine/core';
import { workspaces } from '@org/core';
import { useDb } from '../../../db/drizzle.ts';
import { Editable } from '../../../ui/editors/editable.tsx';
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
    <Page title="Plan" intro="What each workspace pays for. A plan needs a seat for every member.">
      {spaces.map(({ workspace, plan }) => {
        const seats = members.filter((member) => member.workspaceId === workspace.id).length;
        return (
          <Section key={workspace.id} title={workspace.name} note={describe(plan, seats)}>
            <Editable
              table={workspaces}
              rowKey={{ id: workspace.id }}
              property="planId"
              value={workspace.planId}
            >
              {({ value, onSave }) => (
                <ul className={classes.plans} aria-label={`Plans for ${workspace.name}`}>
                  {plans.map((option) => (
                    <PlanCard
                      key={option.id}
                      plan={option}
                      isCurrent={option.id === value}
                      hasRoom={hasRoom(option, seats)}
                      onChoose={() => onSave(option.id)}
                    />
                  ))}
                </ul>
              )}
            </Editable>
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
  readonly onChoose: () => void;
}

function PlanCard({ plan, isCurrent, hasRoom: isRoomy, onChoose }: PlanCardProps) {
  return (
    <li className={classes.plan} data-current={isCurrent} aria-current={isCurrent} data-testid="plan-card">
      <div className={classes.name}>{plan.name}</div>
      <div>
        <span className={classes.price}>{formatPrice(plan.pricePerSeatCents)}</span>
        {plan.pricePerSeatCents > 0 && <span className={classes.dimmed}> a seat and month</span>}
      </div>
      <div className={classes.dimmed}>
        {plan.seats === null ? 'Any number of members' : `Up to ${countOf(plan.seats, 'member')}`}
      </div>
      <Button
        variant={isCurrent ? 'light' : 'default'}
        disabled={isCurrent || !isRoomy}
        onClick={onChoose}
        aria-label={isCurrent ? `${plan.name}, current plan` : `Choose ${plan.name}`}
      >
        {isCurrent ? 'Current plan' : isRoomy ? 'Choose' : 'Too few seats'}
      </Button>
    </li>
  );
}

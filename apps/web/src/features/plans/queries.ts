import { plans } from '@org/core';
import { asc } from 'drizzle-orm';
import type { ReadDatabase } from '../../db/drizzle.ts';

export function allPlans(db: ReadDatabase) {
  return db.select().from(plans).orderBy(asc(plans.position));
}

export type PlanRow = Awaited<ReturnType<typeof allPlans>>[number];

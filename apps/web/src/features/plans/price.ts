const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', minimumFractionDigits: 0 });

export function formatPrice(cents: number): string {
  return money.format(cents / 100);
}

/** Whether a workspace with so many members may have the plan. */
export function hasRoom(plan: { readonly seats: number | null }, members: number): boolean {
  return plan.seats === null || members <= plan.seats;
}

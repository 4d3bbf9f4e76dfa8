import { lintFiles } from '../author/lint/lint.ts';
import { lintSettingsSchema } from '../author/lint/settings.ts';
import type { Parser } from '../sql/parser.ts';

export interface LintMeasure {
  readonly files: number;
  readonly statements: number;
  readonly findings: number;
  readonly elapsedMs: number;
  /** Of this process: what other processes take isn't in it. */
  readonly cpuMs: number;
}

/** Lints a history of so many files: tables with keys, columns, indexes and constraints, as drizzle-kit writes them. */
export function measureLint(parser: Parser, fileCount: number): LintMeasure {
  const files = Array.from({ length: fileCount }, (_, index) => {
    const tag = `${String(index).padStart(4, '0')}_step`;
    return { tag, file: `${tag}.sql`, sql: fileOf(index), isReported: true };
  });
  const before = process.cpuUsage();
  const startedMs = performance.now();
  const result = lintFiles(parser, files, { settings: lintSettingsSchema.parse({}), syncedTables: null });
  const { user, system } = process.cpuUsage(before);
  return {
    files: fileCount,
    statements: result.statements.length,
    findings: result.findings.length,
    elapsedMs: performance.now() - startedMs,
    cpuMs: (user + system) / 1000,
  };
}

function fileOf(index: number): string {
  const table = `items_${Math.floor(index / 5)}`;
  if (index % 5 !== 0) {
    return `ALTER TABLE "${table}" ADD COLUMN "c${index}" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "${table}" ADD COLUMN "owner${index}" uuid;--> statement-breakpoint
ALTER TABLE "${table}" ADD CONSTRAINT "owner${index}_fk" FOREIGN KEY ("owner${index}") REFERENCES "public"."items_0"("id") ON DELETE cascade;--> statement-breakpoint
CREATE INDEX "owner${index}_index" ON "${table}" USING btree ("owner${index}");`;
  }
  return `CREATE TABLE "${table}" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"amount" numeric(10, 2),
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "${table}_name" UNIQUE("name"),
	CONSTRAINT "${table}_amount" CHECK ("${table}"."amount" > 0)
);
--> statement-breakpoint
ALTER TABLE "${table}" ENABLE ELECTRIC;
--> statement-breakpoint
CREATE INDEX "${table}_created" ON "${table}" USING btree ("created_at");`;
}

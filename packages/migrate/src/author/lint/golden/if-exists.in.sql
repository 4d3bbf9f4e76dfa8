-- file: 0000_first
CREATE TABLE "items" (
  "id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
  "name" varchar(40) NOT NULL,
  "price" numeric(10, 2),
  "note" text,
  "seen_at" timestamp,
  "owner_id" uuid
);
CREATE TABLE "notes" ("id" uuid PRIMARY KEY, "item_id" uuid, "body" text NOT NULL);

-- file: 0001_change
CREATE TABLE IF NOT EXISTS "more" ("id" uuid PRIMARY KEY);
ALTER TABLE "items" DROP COLUMN IF EXISTS "note";

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
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW."note" := 'x'; RETURN NEW; END $$;
CREATE TRIGGER "items_touch" BEFORE INSERT ON "items" FOR EACH ROW EXECUTE FUNCTION touch();
-- file: 0001_change
ALTER TABLE "items" RENAME COLUMN "note" TO "remark";

-- CREATE TABLE items (id int);
create table if not exists Items (
  id int primary key, -- é ; 😀
  label text default $$;$$
);
--> statement-breakpoint
ALTER TABLE "items" ENABLE ELECTRIC; CREATE TABLE "Mixed Case" (id int) /* ; */ ;
--> statement-breakpoint
ALTER TABLE "Mixed Case" ENABLE ELECTRIC;create	table "app" . items(id int primary key);
--> statement-breakpoint
ALTER TABLE "app"."items" ENABLE ELECTRIC;
CREATE TABLE "weird""name" AS SELECT 1 AS id;
--> statement-breakpoint
ALTER TABLE "weird""name" ENABLE ELECTRIC;
DO $$ BEGIN CREATE TABLE notes (id int); END $$;
SELECT 'CREATE TABLE notes (id int);';
CREATE TEMPORARY TABLE notes (id int);
CREATE TABLE notes (id int);
--> statement-breakpoint
ALTER TABLE "notes" ENABLE ELECTRIC; -- the end
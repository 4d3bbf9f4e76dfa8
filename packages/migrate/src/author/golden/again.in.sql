CREATE TABLE items (id int);
--> statement-breakpoint
ALTER TABLE
  only "items" enable electric;
DROP TABLE items;
CREATE TABLE items (id bigint);
CREATE TABLE IF NOT EXISTS items (id int);

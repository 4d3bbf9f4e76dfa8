-- A profile for every user, however the user is made.
CREATE OR REPLACE FUNCTION create_profile() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO profiles (user_id) VALUES (NEW.id) ON CONFLICT (user_id) DO NOTHING;
  RETURN NEW;
END;
$$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER users_create_profile
  AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION create_profile();
--> statement-breakpoint
INSERT INTO profiles (user_id) SELECT id FROM users ON CONFLICT (user_id) DO NOTHING;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION touch_updated_at() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END;
$$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER tasks_touch_updated_at
  BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER profiles_touch_updated_at
  BEFORE UPDATE ON profiles FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
--> statement-breakpoint
-- Tasks are numbered from 1 in each workspace. The workspace's row is locked, so that two tasks never get one number.
CREATE OR REPLACE FUNCTION number_task() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.number IS NULL THEN
    PERFORM 1 FROM workspaces WHERE id = NEW.workspace_id FOR NO KEY UPDATE;
    SELECT coalesce(max(number), 0) + 1 INTO NEW.number FROM tasks WHERE workspace_id = NEW.workspace_id;
  END IF;
  RETURN NEW;
END;
$$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER tasks_number
  BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION number_task();
--> statement-breakpoint
INSERT INTO plans (id, name, seats, price_per_seat_cents, position) VALUES
  ('free', 'Free', 5, 0, 1),
  ('team', 'Team', 50, 800, 2),
  ('business', 'Business', NULL, 1600, 3)
ON CONFLICT (id) DO UPDATE SET
  name = excluded.name,
  seats = excluded.seats,
  price_per_seat_cents = excluded.price_per_seat_cents,
  position = excluded.position;

-- A session plans the join of old and new rows once, for as many as its first statement had: after a
-- single update, an update of 4,000 customers compared them in a loop and took minutes. What audits
-- joins by hashing, whatever the plan was made for; the penalty that this puts on loops that cannot
-- be avoided must not have each statement compiled, either.

ALTER FUNCTION audit_changes() SET enable_nestloop = off;
ALTER FUNCTION audit_changes() SET jit = off;

-- What keeps search documents calls functions that need their loops, so here only the join itself
-- is planned anew for the rows that there are.

CREATE OR REPLACE FUNCTION search_customers_changed() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    changed uuid[];
BEGIN
    IF coalesce(current_setting('lanewise.defer_search', true), '') <> '' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        changed := ARRAY(SELECT id FROM new_rows);
    ELSE
        EXECUTE 'SELECT ARRAY(
            SELECT n.id FROM old_rows AS o JOIN new_rows AS n USING (id)
            WHERE (o.name, o.email, o.phone, o.anonymised_at)
                IS DISTINCT FROM (n.name, n.email, n.phone, n.anonymised_at)
        )' INTO changed;
    END IF;
    PERFORM refresh_customer_search(changed);
    PERFORM learn_name_words(changed);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION search_parts_changed() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    changed uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        changed := ARRAY(SELECT DISTINCT customer_id FROM new_rows WHERE customer_id IS NOT NULL);
    ELSIF TG_OP = 'DELETE' THEN
        changed := ARRAY(SELECT DISTINCT customer_id FROM old_rows WHERE customer_id IS NOT NULL);
    ELSE
        EXECUTE format(
            'SELECT ARRAY(
                SELECT DISTINCT unnest(ARRAY[o.customer_id, n.customer_id])
                FROM old_rows AS o JOIN new_rows AS n USING (id)
                WHERE (o.customer_id, %1$s) IS DISTINCT FROM (n.customer_id, %2$s)
            )',
            CASE TG_TABLE_NAME WHEN 'vehicles' THEN 'o.vin, o.license_plate' ELSE 'o.ro_number' END,
            CASE TG_TABLE_NAME WHEN 'vehicles' THEN 'n.vin, n.license_plate' ELSE 'n.ro_number' END
        ) INTO changed;
    END IF;
    PERFORM refresh_customer_search(changed);
    RETURN NULL;
END $$;

-- updated_at: right for every write, whichever way it comes.

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;

DO $$
DECLARE audited text;
BEGIN
    FOREACH audited IN ARRAY ARRAY[
        'customers', 'vehicles', 'appointments', 'service_history', 'service_lines',
        'technicians', 'customer_notes', 'data_batches', 'api_tokens'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION touch_updated_at()',
            audited || '_touch', audited
        );
    END LOOP;
END $$;

-- Mileage: falls only inside a correction, which names its reason and is audited.

CREATE FUNCTION refuse_falling_mileage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('lanewise.mileage_correction', true), '') = '' THEN
        RAISE EXCEPTION 'mileage of vehicle % cannot fall from % to %',
            NEW.id, OLD.current_mileage, NEW.current_mileage
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vehicles_mileage_never_falls',
                  TABLE = 'vehicles', HINT = 'Correct it with a reason.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER vehicles_mileage_never_falls BEFORE UPDATE OF current_mileage ON vehicles
FOR EACH ROW WHEN (
    OLD.current_mileage IS NOT NULL
    AND (NEW.current_mileage IS NULL OR NEW.current_mileage < OLD.current_mileage)
) EXECUTE FUNCTION refuse_falling_mileage();

-- Audit: one generic statement trigger. Arguments: column of the customer ('' for none), key column.

CREATE FUNCTION audit_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who bigint := nullif(current_setting('lanewise.actor', true), '')::bigint;
    label text := coalesce(current_setting('lanewise.actor_label', true), '');
    origin text := left(coalesce(
        nullif(current_setting('lanewise.source', true), ''),
        nullif(current_setting('application_name', true), ''),
        'sql'
    ), 40);
    request text := coalesce(current_setting('lanewise.request_id', true), '');
    why text := coalesce(current_setting('lanewise.reason', true), '');
    batch text := nullif(current_setting('lanewise.bulk_batch', true), '');
    owner_column text := TG_ARGV[0];
    key_column text := TG_ARGV[1];
BEGIN
    IF TG_OP = 'INSERT' AND batch IS NOT NULL THEN
        INSERT INTO audit_log (table_name, row_id, action, after, actor_id, actor_label, source, request_id, reason)
        SELECT TG_TABLE_NAME, '', 'bulk_insert', jsonb_build_object('rows', count(*), 'batch', batch),
               who, label, origin, request, why
        FROM new_rows HAVING count(*) > 0;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO audit_log (table_name, row_id, customer_id, action, after, actor_id, actor_label, source, request_id, reason)
        SELECT TG_TABLE_NAME, r ->> key_column, (r ->> owner_column)::uuid, 'insert', r,
               who, label, origin, request, why
        FROM (SELECT to_jsonb(n) AS r FROM new_rows AS n) AS added;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO audit_log (table_name, row_id, customer_id, action, before, actor_id, actor_label, source, request_id, reason)
        SELECT TG_TABLE_NAME, r ->> key_column, (r ->> owner_column)::uuid, 'delete', r,
               who, label, origin, request, why
        FROM (SELECT to_jsonb(o) AS r FROM old_rows AS o) AS removed;
    ELSE
        INSERT INTO audit_log (table_name, row_id, customer_id, action, before, after, actor_id, actor_label, source, request_id, reason)
        SELECT TG_TABLE_NAME, n.r ->> key_column, (n.r ->> owner_column)::uuid, 'update',
               changed.before, changed.after, who, label, origin, request, why
        FROM (SELECT to_jsonb(x) AS r FROM old_rows AS x) AS o
        JOIN (SELECT to_jsonb(x) AS r FROM new_rows AS x) AS n
          ON o.r ->> key_column = n.r ->> key_column
        CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(k, o.r -> k) AS before, jsonb_object_agg(k, n.r -> k) AS after
            FROM jsonb_object_keys(n.r) AS k
            WHERE k NOT IN ('updated_at', 'name') AND o.r -> k IS DISTINCT FROM n.r -> k
        ) AS changed
        WHERE changed.after IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

DO $$
DECLARE
    audited text[];
BEGIN
    FOREACH audited SLICE 1 IN ARRAY ARRAY[
        ARRAY['customers', 'id', 'id'],
        ARRAY['vehicles', 'customer_id', 'id'],
        ARRAY['appointments', 'customer_id', 'id'],
        ARRAY['service_history', 'customer_id', 'id'],
        ARRAY['service_lines', '', 'id'],
        ARRAY['technicians', '', 'id'],
        ARRAY['service_bays', '', 'code'],
        ARRAY['op_codes', '', 'code'],
        ARRAY['opening_hours', '', 'weekday'],
        ARRAY['special_days', '', 'date']
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows
             FOR EACH STATEMENT EXECUTE FUNCTION audit_changes(%L, %L)',
            audited[1] || '_audit_insert', audited[1], audited[2], audited[3]);
        EXECUTE format(
            'CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
             FOR EACH STATEMENT EXECUTE FUNCTION audit_changes(%L, %L)',
            audited[1] || '_audit_update', audited[1], audited[2], audited[3]);
        EXECUTE format(
            'CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
             FOR EACH STATEMENT EXECUTE FUNCTION audit_changes(%L, %L)',
            audited[1] || '_audit_delete', audited[1], audited[2], audited[3]);
    END LOOP;
END $$;

-- The audit log takes new rows only. Anonymising a customer may blank what it remembers of them.

CREATE FUNCTION protect_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND coalesce(current_setting('lanewise.audit_redaction', true), '') <> '' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only'
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'audit_log_append_only', TABLE = 'audit_log';
END $$;

CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION protect_audit_log();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION protect_audit_log();

-- Search document of a customer, kept by the tables that it is made of.

CREATE FUNCTION customer_documents(ids uuid[]) RETURNS TABLE (customer_id uuid, document text)
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
    SELECT c.id, ' ' || concat_ws(' ',
        search_text(c.name),
        -- Without the domain: its letters ("mail", ".com") would stand in every document and make
        -- each search for a name walk through them.
        lower(split_part(c.email, '@', 1)) || '@',
        CASE WHEN c.phone ~ '^\+1[0-9]{10}$' THEN substr(c.phone, 3) ELSE ltrim(c.phone, '+') END,
        (
            SELECT lower(string_agg(concat_ws(' ', v.vin, regexp_replace(v.license_plate, '[^A-Z0-9]', '', 'g')), ' ' ORDER BY v.vin))
            FROM vehicles AS v WHERE v.customer_id = c.id
        ),
        (
            SELECT lower(string_agg(s.ro_number, ' ' ORDER BY s.ro_number))
            FROM service_history AS s WHERE s.customer_id = c.id
        )
    ) || ' '
    -- Two branches, of which one is never run: "ids IS NULL OR ..." would scan the whole table.
    FROM (
        SELECT * FROM customers WHERE ids IS NULL
        UNION ALL SELECT * FROM customers WHERE id = ANY (ids)
    ) AS c
    WHERE c.anonymised_at IS NULL
$$;

CREATE FUNCTION refresh_customer_search(ids uuid[]) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF cardinality(ids) = 0 OR coalesce(current_setting('lanewise.defer_search', true), '') <> '' THEN
        RETURN;
    END IF;
    INSERT INTO customer_search AS s (customer_id, document)
    SELECT d.customer_id, d.document FROM customer_documents(ids) AS d ORDER BY d.customer_id
    ON CONFLICT (customer_id) DO UPDATE SET document = EXCLUDED.document
    WHERE s.document IS DISTINCT FROM EXCLUDED.document;
    DELETE FROM customer_search AS s USING customers AS c
    WHERE s.customer_id = ANY (ids) AND c.id = s.customer_id AND c.anonymised_at IS NOT NULL;
END $$;

CREATE FUNCTION learn_name_words(ids uuid[]) RETURNS void
LANGUAGE sql
SET search_path = public, pg_temp
AS $$
    INSERT INTO name_words (word)
    SELECT DISTINCT parts.word
    FROM (
        SELECT name, anonymised_at FROM customers WHERE ids IS NULL
        UNION ALL SELECT name, anonymised_at FROM customers WHERE id = ANY (ids)
    ) AS c, regexp_split_to_table(search_text(c.name), '[^a-z0-9]+') AS parts (word)
    WHERE c.anonymised_at IS NULL AND length(parts.word) > 2
      AND NOT EXISTS (SELECT FROM name_words AS known WHERE known.word = parts.word)
$$;

CREATE FUNCTION search_customers_changed() RETURNS trigger
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
        changed := ARRAY(
            SELECT n.id FROM old_rows AS o JOIN new_rows AS n USING (id)
            WHERE (o.name, o.email, o.phone, o.anonymised_at)
                IS DISTINCT FROM (n.name, n.email, n.phone, n.anonymised_at)
        );
    END IF;
    PERFORM refresh_customer_search(changed);
    PERFORM learn_name_words(changed);
    RETURN NULL;
END $$;

CREATE FUNCTION search_parts_changed() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM refresh_customer_search(ARRAY(SELECT DISTINCT customer_id FROM new_rows WHERE customer_id IS NOT NULL));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM refresh_customer_search(ARRAY(SELECT DISTINCT customer_id FROM old_rows WHERE customer_id IS NOT NULL));
    ELSIF TG_TABLE_NAME = 'vehicles' THEN
        PERFORM refresh_customer_search(ARRAY(
            SELECT DISTINCT unnest(ARRAY[o.customer_id, n.customer_id]) FROM old_rows AS o JOIN new_rows AS n USING (id)
            WHERE (o.customer_id, o.vin, o.license_plate) IS DISTINCT FROM (n.customer_id, n.vin, n.license_plate)
        ));
    ELSE
        PERFORM refresh_customer_search(ARRAY(
            SELECT DISTINCT unnest(ARRAY[o.customer_id, n.customer_id]) FROM old_rows AS o JOIN new_rows AS n USING (id)
            WHERE (o.customer_id, o.ro_number) IS DISTINCT FROM (n.customer_id, n.ro_number)
        ));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER customers_search_insert AFTER INSERT ON customers
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION search_customers_changed();
CREATE TRIGGER customers_search_update AFTER UPDATE ON customers
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION search_customers_changed();

DO $$
DECLARE part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['vehicles', 'service_history'] LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION search_parts_changed()', part || '_search_insert', part);
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION search_parts_changed()', part || '_search_update', part);
        EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION search_parts_changed()', part || '_search_delete', part);
    END LOOP;
END $$;

-- Documents that contain, for each group of LIKE patterns, one of the group; at most `cap`, in no
-- order. A function, because only it can keep the planner from reading the whole table when it
-- expects (wrongly) to meet `cap` matches soon.

CREATE FUNCTION matching_documents(groups jsonb, cap integer)
RETURNS TABLE (customer_id uuid, document text)
LANGUAGE plpgsql STABLE ROWS 100
SET enable_seqscan = off
SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE (
        SELECT format(
            'SELECT s.customer_id, s.document FROM customer_search AS s WHERE %s LIMIT %s',
            string_agg(any_of.condition, ' AND '), cap)
        FROM jsonb_array_elements(groups) AS g (patterns)
        CROSS JOIN LATERAL (
            SELECT '(' || string_agg(format('s.document LIKE %L', p), ' OR ') || ')' AS condition
            FROM jsonb_array_elements_text(g.patterns) AS p
        ) AS any_of
    );
END $$;

-- Words of customers' names that `typed` may have been meant to be: those with the fewest letters
-- to change, at most `cap`.

CREATE FUNCTION similar_name_words(typed text, cap integer) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET pg_trgm.similarity_threshold = 0.2
SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT closest.word FROM (
        SELECT n.word, rank() OVER (ORDER BY levenshtein(n.word, typed)) AS place
        FROM name_words AS n
        WHERE n.word % typed AND levenshtein_less_equal(n.word, typed, 3) <= 1 + length(typed) / 5
        GROUP BY n.word
    ) AS closest
    WHERE closest.place = 1
    ORDER BY similarity(closest.word, typed) DESC, closest.word
    LIMIT cap;
END $$;
